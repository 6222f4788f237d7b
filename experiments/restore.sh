#!/bin/sh
# Restoring digits: noise, small images, hidden parts; with a discriminator and without one.
# Options are added to every line: sh experiments/restore.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

game="-S model.name=unet -S model.discriminator=r3gan -S objective.loss=rpgan -S objective.penalty=r1_r2"

# super-resolution from 8 × 8 pixels: the recipe
dvc exp run --queue -n restore-small-5 $game -S data.given=small -S objective.pixel_weight=5 "$@"

# a lower weight of the pixels leaves more to D
dvc exp run --queue -n restore-small-1 $game -S data.given=small -S objective.pixel_weight=1 "$@"

# a higher weight is closer to the true image, and more blurred (Blau and Michaeli, 2018)
dvc exp run --queue -n restore-small-20 $game -S data.given=small -S objective.pixel_weight=20 "$@"

# the pixels alone: the same network without a discriminator
dvc exp run --queue -n restore-small-alone -S model.name=unet_regression -S data.given=small "$@"

# noise with a standard deviation of half the range from black to white
dvc exp run --queue -n restore-noisy $game -S data.given=noisy "$@"

# the same without a discriminator
dvc exp run --queue -n restore-noisy-alone -S model.name=unet_regression -S data.given=noisy "$@"

# a hidden box of 12 × 12 pixels: many answers are right
dvc exp run --queue -n restore-masked $game -S data.given=masked "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
