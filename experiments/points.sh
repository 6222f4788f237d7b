#!/bin/sh
# The objectives side by side on eight points of a ring, and the recipe on a grid of 25; a minute or two each.
# Options are added to every line: sh experiments/points.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the same players, learning rates and number of points for all
same="-S data.name=ring8 -S model.name=dense -S model.discriminator=dense -S train.images=1M \
  -S train.sample_every=50k -S train.evaluate_every=50k -S train.log_every=10k"

# the game of the theory: G saturates where D wins
dvc exp run --queue -n points-minimax $same -S objective.loss=minimax -S objective.penalty=none "$@"

# G's loss that does not saturate
dvc exp run --queue -n points-nonsaturating $same -S objective.loss=non_saturating -S objective.penalty=none "$@"

# least squares
dvc exp run --queue -n points-lsgan $same -S objective.loss=lsgan -S objective.penalty=none "$@"

# hinge
dvc exp run --queue -n points-hinge $same -S objective.loss=hinge -S objective.penalty=none "$@"

# a Wasserstein critic with clipped weights
dvc exp run --queue -n points-wgan-clip $same -S objective.loss=wgan -S objective.penalty=clip "$@"

# a Wasserstein critic with a gradient penalty
dvc exp run --queue -n points-wgan-gp $same -S objective.loss=wgan -S objective.penalty=wgan_gp "$@"

# real and fake in pairs, with R1 and R2
dvc exp run --queue -n points-r3gan $same -S objective.loss=rpgan -S objective.penalty=r1_r2 "$@"

# the recipe of points on the grid that papers on lost modes use
dvc exp run --queue -n points-grid25 -S data.name=grid25 -S model.name=dense -S model.discriminator=dense \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
