#!/bin/sh
# The models without a game before a judge: as they draw, and corrected by the score of a discriminator.
# Options are added to every line: sh experiments/judge.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."
. experiments/classic
small="$classic -S model.width=16 -S train.images=64k"

# the normal distribution, corrected by its own random walk alone
dvc exp run --queue -n judge-gaussian -S model.name=gaussian $small -S generate.correct=none "$@"

# its walk with a requirement that half of the real images meet
dvc exp run --queue -n judge-gaussian-walk -S model.name=gaussian $small -S generate.correct=none \
  -S generate.share=0.5 "$@"

# Azadi et al., 2019: rejection by a discriminator that is trained against its samples
dvc exp run --queue -n judge-gaussian-reject -S model.name=gaussian $small -S generate.correct=reject \
  -S generate.share=0.5 -S generate.steps=100 "$@"

# Turner et al., 2019: chains of its samples
dvc exp run --queue -n judge-gaussian-metropolis -S model.name=gaussian $small -S generate.correct=metropolis \
  -S generate.steps=20 "$@"

# Kingma and Welling, 2014
dvc exp run --queue -n judge-vae -S model.name=vae $small -S train.lr_generator=0.001 -S generate.correct=none "$@"

# the same, corrected
dvc exp run --queue -n judge-vae-reject -S model.name=vae $small -S train.lr_generator=0.001 \
  -S generate.correct=reject -S generate.share=0.5 -S generate.steps=100 "$@"

# Larsen et al., 2016: the judge takes part in the training
dvc exp run --queue -n judge-vae-gan -S model.name=vae_gan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=none $small -S train.lr_generator=0.001 \
  -S train.lr_discriminator=0.0005 -S generate.correct=none "$@"

# the same, corrected by the discriminator that it learned with
dvc exp run --queue -n judge-vae-gan-reject -S model.name=vae_gan -S model.discriminator=conv \
  -S objective.loss=non_saturating -S objective.penalty=none $small -S train.lr_generator=0.001 \
  -S train.lr_discriminator=0.0005 -S generate.correct=reject -S generate.share=0.5 -S generate.steps=100 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
