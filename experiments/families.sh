#!/bin/sh
# Every family of models, each with the objective it is known for.
# Options are added to every line: sh experiments/families.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic

# those of a discriminator without normalisation, bounded by R1 and R2
modern="-S model.width=48 -S train.images=112k -S train.lr_generator=0.002 -S train.lr_discriminator=0.002 \
  -S train.lr_end=0.1 -S train.beta1=0.0 -S train.beta2=0.99 -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0 \
  -S objective.penalty_weight=null"

# fully connected players and the classic game, as introductions have them
dvc exp run --queue -n families-mlp -S model.name=mlp -S model.discriminator=mlp \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# Radford et al., 2016
dvc exp run --queue -n families-dcgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# the same, told the classes
dvc exp run --queue -n families-dcgan-classes -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=non_saturating -S objective.penalty=none $classic -S model.conditional=true "$@"

# Huang et al., 2024: residual players without normalisation
dvc exp run --queue -n families-r3gan -S model.name=r3gan -S model.discriminator=r3gan \
  $modern -S model.conditional=false "$@"

# the same, told the classes: the default
dvc exp run --queue -n families-r3gan-classes -S model.name=r3gan -S model.discriminator=r3gan \
  $modern -S model.conditional=true "$@"

# Kingma and Welling, 2014: no discriminator, reconstruction and Kullback-Leibler divergence
dvc exp run --queue -n families-vae -S model.name=vae $classic -S train.lr_generator=0.001 "$@"

# Larsen et al., 2016: the same encoder and decoder, a discriminator, and reconstruction in its features
dvc exp run --queue -n families-vae-gan -S model.name=vae_gan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# no network: the normal distribution of the training images, sampled by a random walk
dvc exp run --queue -n families-gaussian -S model.name=gaussian $classic "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
