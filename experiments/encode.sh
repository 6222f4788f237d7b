#!/bin/sh
# Images to vectors and back: three ways to an encoder, and a digit that no training saw.
# Options are added to every line: sh experiments/encode.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# players without normalisation that are not told the classes, small enough for minutes on one thread
same="-S model.name=r3gan -S model.discriminator=r3gan -S model.conditional=false -S model.latent=64 -S model.width=32 \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0 -S train.images=64k -S train.evaluate_every=0"

# the inverse of the generator, learned beside the game: the same game as without it
dvc exp run --queue -n encode-inverse $same -S model.encoder=inverse "$@"

# Donahue et al., 2017: the encoder plays, D judges pairs of image and vector
dvc exp run --queue -n encode-bigan $same -S model.encoder=adversarial "$@"

# Kingma and Welling, 2014: the encoder of a variational autoencoder
dvc exp run --queue -n encode-vae -S model.name=vae -S model.conditional=false -S model.latent=64 -S model.width=16 \
  -S train.images=160k -S train.lr_generator=0.001 -S train.lr_end=1.0 -S train.beta1=0.5 -S train.beta2=0.999 \
  -S train.evaluate_every=0 "$@"

# no sevens in the training: are they told from the other digits?
dvc exp run --queue -n encode-anomalies $same -S model.encoder=inverse -S 'split.without_classes=[7]' "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
