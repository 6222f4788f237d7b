#!/bin/sh
# Translating scikit-learn's digits to MNIST's, and back, without pairs and without labels (Zhu et al., 2017).
# Options are added to every line: sh experiments/translate.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

same="-S model.name=unet_cycle -S model.discriminator=r3gan"
game="$same -S objective.loss=rpgan -S objective.penalty=r1_r2"

# the images that come back are to be what they were
dvc exp run --queue -n translate-digits $game -S data.name=mnist5k -S data.other=digits8 "$@"

# the game alone: nothing keeps a digit what it is
dvc exp run --queue -n translate-free $game -S data.name=mnist5k -S data.other=digits8 \
  -S objective.pixel_weight=0 "$@"

# the paper's loss, least squares, with a bounded discriminator
dvc exp run --queue -n translate-lsgan $same -S objective.loss=lsgan -S objective.penalty=r1 \
  -S data.name=mnist5k -S data.other=digits8 "$@"

# the classifier of the other dataset reads what came the other way
dvc exp run --queue -n translate-mnist $game -S data.name=digits8 -S data.other=mnist5k "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
