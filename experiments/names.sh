#!/bin/sh
# Last names: three ways to learn characters, and four discriminators, compared with names that no training saw.
# Options are added to every line: sh experiments/names.sh -S 'train.seed=0,1,2'
set -e
cd "$(dirname "$0")/.."

# half of the 17,600 names to train on, the other half to compare as many samples with
same="-S data.name=names -S split.validation=0 -S split.test=0.5 -S reference.split=test -S reference.images=8800 \
  -S generate.samples=8800 -S objective.penalty=r1_r2"
# of generators whose characters have a gradient: the game of R3GAN, 1 to 2 minutes of processor time a line
r3gan="-S model.latent=384 -S model.width=32 -S train.images=100k -S train.lr_generator=0.003 \
  -S train.lr_discriminator=0.003 -S objective.loss=rpgan -S objective.penalty_weight=0.05"

# Yu et al., 2017: maximum likelihood, in the second half with D's answer as the reward of what was drawn
dvc exp run --queue -n names-seqgan $same \
  -S model.name=seqgan -S model.discriminator=pyramid1d -S objective.loss=non_saturating "$@"

# Jang et al., 2017: characters are drawn, and the gradient is that of the Gumbel-softmax
dvc exp run --queue -n names-gumbel $same $r3gan \
  -S model.name=gumbel -S model.discriminator=pyramid1d "$@"

# the same generator, judged by a long short-term memory that reads position by position
dvc exp run --queue -n names-gumbel-lstm $same $r3gan \
  -S model.name=gumbel -S model.discriminator=lstm "$@"

# and by gated recurrent units
dvc exp run --queue -n names-gumbel-gru $same $r3gan \
  -S model.name=gumbel -S model.discriminator=gru "$@"

# Gulrajani et al., 2017: residual convolutions and probabilities instead of characters
dvc exp run --queue -n names-residual $same $r3gan \
  -S model.name=residual1d -S model.discriminator=residual1d "$@"

echo 'start: dvc queue start -j 1    then: nashgan compare'
