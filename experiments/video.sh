#!/bin/sh
# Clips of moving digits: one digit, two digits, and players that know nothing of motion; some minutes each.
# Options are added to every line: sh experiments/video.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# one digit: the recipe
dvc exp run --queue -n video-one-digit -S data.name=moving_digits -S data.digits=1 "$@"

# two digits, the clips' classes are pairs of digits
dvc exp run --queue -n video-two-digits -S data.name=moving_digits -S data.digits=2 "$@"

# one digit, fully connected players: content and motion are not apart
dvc exp run --queue -n video-dense -S data.name=moving_digits -S data.digits=1 \
  -S model.name=dense -S model.discriminator=dense -S model.width=32 "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
