#!/bin/sh
# Sine waves: fully connected, convolutional and recurrent players side by side, in the same game.
# Options are added to every line: sh experiments/series.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the recipe sees 1M series; with 400,000 each of these takes at most five minutes on one core
same="-S data.name=sines -S objective.loss=rpgan -S objective.penalty=r1_r2 -S objective.penalty_weight=null \
  -S train.images=400k"

# the recipe's players: fully connected layers draw, one-dimensional convolutions judge
dvc exp run --queue -n series-dense $same \
  -S model.name=dense -S model.discriminator=conv1d "$@"

# convolutions draw and judge
dvc exp run --queue -n series-conv1d $same \
  -S model.name=conv1d -S model.discriminator=conv1d "$@"

# Hochreiter and Schmidhuber, 1997: an LSTM draws, convolutions judge
dvc exp run --queue -n series-lstm $same \
  -S model.name=lstm -S model.discriminator=conv1d "$@"

# Cho et al., 2014: gated recurrent units draw, convolutions judge
dvc exp run --queue -n series-gru $same \
  -S model.name=gru -S model.discriminator=conv1d "$@"

# gated recurrent units draw and judge
dvc exp run --queue -n series-gru-gru $same \
  -S model.name=gru -S model.discriminator=gru "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
