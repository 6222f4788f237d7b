#!/bin/sh
# The known collapse beside its cure: players without normalisation, weights from N(0, 0.02).
# Options are added to every line: sh experiments/collapse.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# the classic saturating game: D wins, G's gradient vanishes, all latents give one image
dvc exp run --queue -n collapse-collapsed -S model.name=mlp -S model.discriminator=conv \
  -S objective.loss=minimax -S objective.penalty=none "$@"

# the same players, judged in pairs and with R1 and R2: latents give different images
dvc exp run --queue -n collapse-cured -S model.name=mlp -S model.discriminator=conv \
  -S objective.loss=rpgan -S objective.penalty=r1_r2 -S objective.penalty_weight=null "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
