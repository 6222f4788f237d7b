#!/bin/sh
# DCGAN at 64 × 64 (Radford et al., 2016): weights from N(0, 0.02), Adam with 2e-4 and β1 0.5.
# The paper's players have a width of 128 and batches of 128 images; these have 32 and 64, so that two CPU cores need
# minutes: `-S model.width=128 -S train.batch=128` on a GPU. The report shows gradient norms and peak memory.
# Options are added to every line: sh experiments/dcgan64.sh -S 'train.seed=0,1,2'
# Photographs of your own, too: FACES=/home/me/faces sh experiments/dcgan64.sh
set -e
cd "$(dirname "$0")/.."

same="-S data.image_size=64 -S model.name=dcgan -S model.conditional=false -S model.latent=100 -S model.width=32 \
  -S objective.loss=non_saturating -S objective.d_steps=1 -S train.images=48k -S train.batch=64 \
  -S train.lr_generator=0.0002 -S train.lr_discriminator=0.0002 -S train.lr_end=1.0 -S train.beta1=0.5 \
  -S train.beta2=0.999 -S train.log_every=1280 -S train.sample_every=8k -S train.evaluate_every=8k"
paper="-S model.discriminator=dcgan -S objective.penalty=none"
bounded="-S model.discriminator=conv -S objective.penalty=r1 -S objective.penalty_weight=null"

# the paper's game on the 4,000 digits of the training split, twelve epochs: D wins, and the samples collapse
dvc exp run --queue -n dcgan64-digits $same $paper -S data.name=mnist5k "$@"

# the same generator against a D without batch norm, bounded by R1 (Mescheder et al., 2018)
dvc exp run --queue -n dcgan64-digits-r1 $same $bounded -S data.name=mnist5k "$@"

# an absolute path, because an experiment in the queue has a workspace of its own
if [ "$FACES" ]; then
  # colour photographs, cropped to the square in their middle: the paper's game
  dvc exp run --queue -n dcgan64-faces $same $paper -S data.name=folder -S "data.path=$FACES" -S data.channels=3 "$@"
  # and the bounded one
  dvc exp run --queue -n dcgan64-faces-r1 $same $bounded -S data.name=folder -S "data.path=$FACES" \
    -S data.channels=3 "$@"
fi

echo 'start: dvc queue start -j 1    then: nashgan compare'
