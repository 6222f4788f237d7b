#!/bin/sh
# 100 labels, ten of each digit: three draws of labels, each with a training of its own, and fewer and more labels.
# Options are added to every line: sh experiments/few_labels.sh -S train.images=160k
set -e
cd "$(dirname "$0")/.."

# Salimans et al., 2016: K + 1 answers and feature matching; the players of DCGAN
same="-S model.name=dcgan -S model.discriminator=dcgan -S objective.loss=non_saturating -S objective.penalty=none"

# ten labels a class, three draws (train.seed draws the labels, too)
dvc exp run --queue -n few_labels-100-a $same -S objective.labelled=100 -S train.seed=0 "$@"

# another draw
dvc exp run --queue -n few_labels-100-b $same -S objective.labelled=100 -S train.seed=1 "$@"

# and a third
dvc exp run --queue -n few_labels-100-c $same -S objective.labelled=100 -S train.seed=2 "$@"

# five labels a class
dvc exp run --queue -n few_labels-50 $same -S objective.labelled=50 "$@"

# twenty labels a class
dvc exp run --queue -n few_labels-200 $same -S objective.labelled=200 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
