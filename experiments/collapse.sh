#!/bin/sh
# The known collapse beside its cure: players without normalisation, weights from N(0, 0.02); some minutes in all.
# Options are added to every line: sh experiments/collapse.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the same players, learning rates and images for both, no labels
same="-S model.name=mlp -S model.discriminator=conv -S model.conditional=false -S model.latent=64 -S model.width=32 \
  -S objective.d_steps=1 -S train.images=48k -S train.batch=64 -S train.lr_generator=0.001 \
  -S train.lr_discriminator=0.001 -S train.lr_end=1.0 -S train.beta1=0.5 -S train.beta2=0.999 \
  -S train.ema_half_life=10k -S train.keep=last -S train.log_every=3200 -S train.sample_every=8k \
  -S train.evaluate_every=8k"

# the classic saturating game: D wins, G's gradient vanishes, all latents give one image
dvc exp run --queue -n collapse-collapsed $same \
  -S objective.loss=minimax -S objective.penalty=none "$@"

# judged in pairs and with R1 and R2: different latents give different images
dvc exp run --queue -n collapse-cured $same \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0 -S objective.penalty_weight=null "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
