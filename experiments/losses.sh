#!/bin/sh
# Every loss, on the same two players: DCGAN's.
# Options are added to every line: sh experiments/losses.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic

# Goodfellow et al., 2014: the saturating game they analyse
dvc exp run --queue -n losses-minimax -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=minimax -S objective.penalty=none $classic "$@"

# Goodfellow et al., 2014: the game they train
dvc exp run --queue -n losses-non-saturating -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=non_saturating -S objective.penalty=none $classic "$@"

# cross entropy for D, squared distance from "real" for G
dvc exp run --queue -n losses-bce-mse -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=bce_mse -S objective.penalty=none $classic "$@"

# Mao et al., 2017: least squares
dvc exp run --queue -n losses-lsgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=lsgan -S objective.penalty=none $classic "$@"

# Arjovsky et al., 2017: Wasserstein; unbounded without clipping
dvc exp run --queue -n losses-wgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=wgan -S objective.penalty=clip -S objective.penalty_weight=null $classic "$@"

# Lim and Ye, 2017; Miyato et al., 2018: hinge
dvc exp run --queue -n losses-hinge -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=hinge -S objective.penalty=none $classic "$@"

# Jolicoeur-Martineau, 2019: real and generated images judged in pairs
dvc exp run --queue -n losses-rpgan -S model.name=dcgan -S model.discriminator=dcgan \
  -S objective.loss=rpgan -S objective.penalty=none $classic "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
