#!/bin/sh
# CIFAR-10 with its classes: the networks and schedules of R3GAN's authors for a GPU, and the recipe for a CPU.
# Options are added to every line: sh experiments/cifar10.sh -S data.root=/home/me/datasets
set -e
cd "$(dirname "$0")/.."

# Huang et al., 2024, their program's preset CIFAR10, made for eight GPUs. One thing differs: the probability of the
# augmentation follows how much D overfits, where theirs rises along a schedule
dvc exp run --queue -n cifar10-paper -S data.name=cifar10 -S reference.protocol=50k-train -S split.validation=0 \
  -S model.name=r3gan_paper -S model.discriminator=r3gan_paper -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S model.latent=64 -S model.width=768 -S model.conditional=true \
  -S objective.penalty_weight=0.05 -S objective.penalty_weight_end=0.005 -S objective.penalty_share=1.0 \
  -S objective.augment=flip+rotate90+colour+geometry+cutout -S train.images=20M -S train.batch=512 \
  -S train.lr_generator=0.0002 -S train.lr_discriminator=0.0002 -S train.lr_end=0.25 -S train.beta2=0.9 \
  -S train.beta2_end=0.99 -S train.ema_half_life=0 -S train.ema_half_life_end=5M -S train.ema_ramp=null \
  -S train.evaluate_every=500k -S train.sample_every=500k -S train.checkpoint_every=200k -S train.log_every=50k "$@"

# the default recipe in colour: 10,000 samples against the published test set
dvc exp run --queue -n cifar10-minutes -S data.name=cifar10 -S reference.protocol=10k-test -S model.name=r3gan \
  -S model.discriminator=r3gan -S objective.loss=rpgan -S objective.penalty=r1_r2 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
