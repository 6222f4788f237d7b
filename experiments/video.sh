#!/bin/sh
# Clips of moving digits: one digit, two digits, MoCoGAN, and players that know nothing of motion; some minutes each.
# Options are added to every line: sh experiments/video.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

same="-S data.name=moving_digits -S objective.loss=rpgan -S objective.penalty=r1_r2"

# one digit: the recipe
dvc exp run --queue -n video-one-digit $same -S data.digits=1 \
  -S model.name=sprites -S model.discriminator=sprites "$@"

# two digits, the clips' classes are pairs of digits
dvc exp run --queue -n video-two-digits $same -S data.digits=2 \
  -S model.name=sprites -S model.discriminator=sprites "$@"

# one digit, every frame is drawn by a decoder: content and motion have to be told apart by learning
dvc exp run --queue -n video-mocogan $same -S data.digits=1 -S model.name=mocogan -S model.discriminator=mocogan \
  -S train.images=40k -S train.batch=32 -S objective.penalty_weight=0.4 "$@"

# one digit, fully connected players: content and motion are not apart
dvc exp run --queue -n video-mlp $same -S data.digits=1 -S model.name=mlp -S model.discriminator=mlp \
  -S train.images=40k -S train.batch=32 -S objective.penalty_weight=0.4 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
