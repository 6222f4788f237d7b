#!/bin/sh
# Every penalty, on DCGAN's generator and a discriminator without batch norm, which gradient penalties need.
# Options are added to every line: sh experiments/penalties.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic

# nothing bounds D: what the others are compared with
dvc exp run --queue -n penalties-none -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# Kodali et al., 2017: slope one around real images
dvc exp run --queue -n penalties-dragan -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=dragan -S objective.penalty_weight=null $classic "$@"

# Mescheder et al., 2018: small slope at real images
dvc exp run --queue -n penalties-r1 -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=r1 -S objective.penalty_weight=null $classic "$@"

# the same at generated images
dvc exp run --queue -n penalties-r2 -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=r2 -S objective.penalty_weight=null $classic "$@"

# Huang et al., 2024: both
dvc exp run --queue -n penalties-r1-r2 -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0 -S objective.penalty_weight=null $classic "$@"

# Miyato et al., 2018: each layer divided by its largest singular value
dvc exp run --queue -n penalties-spectral -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=spectral -S objective.penalty_weight=null $classic "$@"

# Arjovsky et al., 2017: clipped weights, which only WGAN asks for
dvc exp run --queue -n penalties-wgan-clip -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=wgan -S objective.penalty=clip -S objective.penalty_weight=null $classic "$@"

# Gulrajani et al., 2017: slope one between real and generated images
dvc exp run --queue -n penalties-wgan-gp -S model.name=dcgan -S model.discriminator=conv \
  -S objective.loss=wgan -S objective.penalty=wgan_gp -S objective.penalty_weight=null $classic "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
