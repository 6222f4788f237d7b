#!/bin/sh
# What the theory says: D tends to 1/2 on a normal distribution, and why the gradient of G vanishes.
# Options are added to every line: sh experiments/theory.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the minimax game with several steps of D for each of G: the report shows p, q, D and the optimal D on the way
dvc exp run --queue -n theory-minimax -S data.name=gaussian1d -S model.name=dense -S model.discriminator=dense \
  -S model.latent=1 -S objective.loss=minimax -S objective.penalty=none -S objective.d_steps=4 \
  -S train.images=2M -S train.lr_generator=0.0002 -S train.lr_discriminator=0.001 "$@"

# G stands still and D learns: G's gradient (grad_norm_g) against D's steps (Arjovsky and Bottou, 2017, figure 2)
still="-S data.name=mnist5k -S model.name=mlp -S model.discriminator=mlp -S model.conditional=false \
  -S model.latent=64 -S model.width=32 -S objective.d_steps=1 -S train.images=128k -S train.lr_generator=1e-12 \
  -S train.lr_discriminator=0.0002 -S train.beta1=0.5 -S train.beta2=0.999 -S train.lr_end=1.0 -S train.precision=fp32"

# it vanishes as D gets better
dvc exp run --queue -n theory-still-minimax $still -S objective.loss=minimax -S objective.penalty=none "$@"

# it grows
dvc exp run --queue -n theory-still-nonsaturating $still -S objective.loss=non_saturating \
  -S objective.penalty=none "$@"

# it stays the same
dvc exp run --queue -n theory-still-wgan $still -S objective.loss=wgan -S objective.penalty=clip "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
