#!/bin/sh
# How many moves D has for each of G, and how soon a Wasserstein critic gets there; minutes each.
# Options are added to every line: sh experiments/steps.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic

# the same players and as many images for D in each line; the fcd is measured often
same="$classic -S model.name=dcgan -S model.discriminator=dcgan -S train.evaluate_every=8k"

# one move of D for each of G
dvc exp run --queue -n steps-gan-1 $same -S objective.loss=non_saturating -S objective.penalty=none \
  -S objective.d_steps=1 "$@"

# Goodfellow et al., 2014, algorithm 1: k moves of D for each of G
dvc exp run --queue -n steps-gan-5 $same -S objective.loss=non_saturating -S objective.penalty=none \
  -S objective.d_steps=5 "$@"

# Arjovsky et al., 2017: Wasserstein, clipped weights
dvc exp run --queue -n steps-wgan-1 $same -S objective.loss=wgan -S objective.penalty=clip \
  -S objective.penalty_weight=null -S objective.d_steps=1 "$@"

# the same with the paper's five moves of D
dvc exp run --queue -n steps-wgan-5 $same -S objective.loss=wgan -S objective.penalty=clip \
  -S objective.penalty_weight=null -S objective.d_steps=5 "$@"

# Gulrajani et al., 2017: a penalty instead of clipping, D without batch norm, five moves
dvc exp run --queue -n steps-gp-5 $classic -S model.name=dcgan -S model.discriminator=conv -S train.evaluate_every=8k \
  -S objective.loss=wgan -S objective.penalty=wgan_gp -S objective.penalty_weight=null -S objective.d_steps=5 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
