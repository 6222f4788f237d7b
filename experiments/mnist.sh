#!/bin/sh
# Full MNIST by the protocol of "Are GANs Created Equal?" (Lucic et al., 2018): 10,000 samples, the published test set.
# Options are added to every line: sh experiments/mnist.sh -S data.root=/home/me/datasets
set -e
cd "$(dirname "$0")/.."

same="-S data.name=mnist -S reference.protocol=10k-test -S model.name=r3gan -S model.discriminator=r3gan \
  -S objective.loss=rpgan -S objective.penalty=r1_r2"

# twenty epochs, as in the paper's table: an hour and more on two CPU cores
dvc exp run --queue -n mnist-20-epochs $same -S train.images=1.2M -S train.evaluate_every=100k \
  -S train.sample_every=100k -S train.checkpoint_every=50k "$@"

# a quarter of it
dvc exp run --queue -n mnist-5-epochs $same -S train.images=300k "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
