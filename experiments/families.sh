#!/bin/sh
# Every family of models, each with the objective it is known for.
# Options are added to every line: sh experiments/families.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# fully connected players and the classic game, as introductions have them
dvc exp run --queue -n families-mlp -S model.name=mlp -S model.discriminator=mlp \
  -S objective.loss=non_saturating -S objective.penalty=none "$@"

# Radford et al., 2016
dvc exp run --queue -n families-dcgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=non_saturating -S objective.penalty=none "$@"

# DCGAN's generator, its discriminator without batch norm and with R1 and R2
dvc exp run --queue -n families-dcgan-r1-r2 -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 -S objective.penalty_weight=null "$@"

# Huang et al., 2024: the modern baseline
dvc exp run --queue -n families-r3gan -S model.name=r3gan -S model.discriminator=r3gan \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 -S objective.penalty_weight=null "$@"

# Kingma and Welling, 2014: no discriminator, reconstruction and Kullback-Leibler divergence
dvc exp run --queue -n families-vae -S model.name=vae -S train.lr_generator=0.001 "$@"

# no network: the normal distribution of the training images, sampled by a random walk
dvc exp run --queue -n families-gaussian -S model.name=gaussian "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
