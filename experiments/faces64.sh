#!/bin/sh
# Photographs at 64 × 64 pixels in colour: the networks and schedules of R3GAN's authors, and small ones for a CPU.
# FACES=/home/me/faces sh experiments/faces64.sh; options are added to every line
set -e
cd "$(dirname "$0")/.."

# an absolute path, because an experiment in the queue has a workspace of its own
same="-S data.name=folder -S data.path=${FACES:?a folder with images, an absolute path} -S data.image_size=64 \
  -S data.channels=3 -S objective.loss=rpgan -S objective.penalty=r1_r2"

# Huang et al., 2024, their program's preset FFHQ-64, for a GPU; γ and β2 are the recipe's at this size
dvc exp run --queue -n faces64-paper $same -S model.name=r3gan_paper -S model.discriminator=r3gan_paper -S model.latent=64 \
  -S model.width=384 \
  -S objective.augment=flip+rotate90+colour+geometry+cutout -S train.images=20M -S train.batch=256 \
  -S train.lr_generator=0.0002 -S train.lr_discriminator=0.0002 -S train.lr_end=0.25 -S train.ema_half_life=0 \
  -S train.ema_half_life_end=500k -S train.ema_ramp=null -S train.evaluate_every=500k -S train.sample_every=500k \
  -S train.checkpoint_every=200k -S train.log_every=50k "$@"

# the default's networks, with flips
dvc exp run --queue -n faces64-minutes $same -S model.name=r3gan -S model.discriminator=r3gan -S objective.augment=flip "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
