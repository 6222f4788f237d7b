#!/bin/sh
# Every discriminator against DCGAN's generator in the classic game.
# Options are added to every line: sh experiments/discriminators.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic

# fully connected
dvc exp run --queue -n discriminators-mlp -S model.name=dcgan -S model.discriminator=mlp \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# strided convolutions with batch norm
dvc exp run --queue -n discriminators-dcgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# strided convolutions alone
dvc exp run --queue -n discriminators-conv -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# convolution, pooling, batch norm, ReLU
dvc exp run --queue -n discriminators-pool -S model.name=dcgan -S model.discriminator=pool \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# LSTM reading the image row by row
dvc exp run --queue -n discriminators-lstm -S model.name=dcgan -S model.discriminator=lstm \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# GRU reading the image row by row
dvc exp run --queue -n discriminators-gru -S model.name=dcgan -S model.discriminator=gru \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# residual blocks, in the objective they are made for
dvc exp run --queue -n discriminators-r3gan -S model.name=dcgan -S model.discriminator=r3gan \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0 -S objective.penalty_weight=null $classic "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
