#!/bin/sh
# Exploding gradients beside their cure: a Wasserstein critic must be bounded; some minutes in all.
# Options are added to every line: sh experiments/explosion.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the same players, learning rates and images for both, no labels; every window is short, because it goes fast
same="-S model.name=mlp -S model.discriminator=conv -S model.conditional=false -S model.latent=64 -S model.width=32 \
  -S objective.loss=wgan -S objective.d_steps=1 -S train.images=19200 -S train.batch=64 \
  -S train.lr_generator=0.001 -S train.lr_discriminator=0.001 -S train.lr_end=1.0 -S train.beta1=0.5 \
  -S train.beta2=0.999 -S train.ema_half_life=10k -S train.keep=last -S train.log_every=640 \
  -S train.sample_every=6400 -S train.evaluate_every=6400 -S train.checkpoint_every=32k"

# clipped at 1, which no weight reaches: the norms grow a hundredfold, and the watchdog goes back to the start with half
# the learning rates
dvc exp run --queue -n explosion-exploded $same \
  -S objective.penalty=clip -S objective.penalty_weight=1.0 "$@"

# Gulrajani et al., 2017: slope one between real and generated images; the norms stay where they begin
dvc exp run --queue -n explosion-cured $same \
  -S objective.penalty=wgan_gp -S objective.penalty_weight=null "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
