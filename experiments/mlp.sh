#!/bin/sh
# The GAN of introductions: fully connected players without normalisation, weights from N(0, 0.02); minutes in all.
# Options are added to every line: sh experiments/mlp.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the same players, learning rates and images for both, no labels
same="-S model.name=mlp -S model.discriminator=mlp -S model.conditional=false -S model.latent=100 -S model.width=64 \
  -S objective.penalty=none -S objective.d_steps=1 -S train.images=320k -S train.batch=64 \
  -S train.lr_generator=0.0002 -S train.lr_discriminator=0.0002 -S train.lr_end=1.0 -S train.beta1=0.5 \
  -S train.beta2=0.999"

# Goodfellow et al., 2014: both players by binary cross-entropy; G takes D(G(z)) for "real"
dvc exp run --queue -n mlp-bce $same -S objective.loss=non_saturating "$@"

# D by binary cross-entropy, G by the squared distance of D(G(z)) from "real"
dvc exp run --queue -n mlp-bce-mse $same -S objective.loss=bce_mse "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
