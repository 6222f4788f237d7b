#!/bin/sh
# Exploding gradients beside their cure: a Wasserstein critic must be bounded.
# Options are added to every line: sh experiments/explosion.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# weights clipped at 1000, which is not at all: within 10,000 images the norms grow a thousandfold
dvc exp run --queue -n explosion-exploded -S model.name=mlp -S model.discriminator=conv \
  -S objective.loss=wgan -S objective.penalty=clip -S objective.penalty_weight=1000.0 \
  -S train.lr_generator=0.001 -S train.lr_discriminator=0.001 -S train.log_every=640 "$@"

# clipped at the paper's bound
dvc exp run --queue -n explosion-cured -S model.name=mlp -S model.discriminator=conv \
  -S objective.loss=wgan -S objective.penalty=clip -S objective.penalty_weight=null \
  -S train.lr_generator=0.001 -S train.lr_discriminator=0.001 -S train.log_every=640 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
