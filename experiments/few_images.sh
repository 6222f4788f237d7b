#!/bin/sh
# Few images: 500 digits to learn from, and what D sees of them. Samples are compared with digits that no training saw.
# Options are added to every line: sh experiments/few_images.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# 500 digits to train on, 500 for validation, 4,000 to compare with; fcd and the floor have as many as the training has
same="-S data.name=mnist5k -S split.validation=0.1 -S split.test=0.8 -S reference.split=test \
  -S model.name=r3gan -S model.discriminator=r3gan -S model.width=48 \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 \
  -S objective.penalty_share=1.0"

# the default recipe, without augmentation
dvc exp run --queue -n few_images-none $same "$@"

# two changes of Zhao et al., 2020: digits that are moved, and a hidden box, each with a fixed probability (theirs is 1)
dvc exp run --queue -n few_images-diffaugment $same \
  -S objective.augment=translation+cutout -S objective.augment_p=0.3 "$@"

# Karras et al., 2020: the probability follows how much D overfits
dvc exp run --queue -n few_images-ada $same \
  -S objective.augment=translation+cutout -S objective.augment_p=adaptive "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare --group-seeds'
