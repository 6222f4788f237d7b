"""The terms that the report, the documentation and the messages use, each in one to four plain sentences.

docs/glossary.md is made from this file: ``python -m nashgan.pages.glossary > docs/glossary.md``.
"""

import re
from textwrap import fill

TERMS = {
    "advice": (
        "What a discriminator would change in an image: the gradient of its score in the pixels, and the image moved "
        "along it until the score has risen. A higher score is the discriminator's opinion, not a proof of quality."
    ),
    "amplitude distance": (
        "For sine waves: the Wasserstein distance of the fitted amplitudes from the distribution that the amplitudes "
        "of real ones were drawn from. Lower is better."
    ),
    "augmentation": (
        "Random changes of the images that the discriminator sees, real and generated: mirrored, moved, turned, other "
        "colours, a hidden box. With few training images the discriminator may otherwise memorise them. The "
        "generator’s own images are not changed. augment_p is the probability of each change; with "
        "objective.augment_p: adaptive it rises while the discriminator overfits."
    ),
    "AUROC": (
        "The area under the ROC curve: how often a score is higher for an example of one kind than for one of another "
        "kind. 0.5 is chance, 1 separates all. Here it says whether images of a class that was left out of the "
        "training are told from the others."
    ),
    "auto": (
        "In params.yaml: the value of the recipe. The recipe depends on the kind of data, on the question, on the size "
        "of images, and on reference.protocol. src/nashgan/recipes has a recipe for each kind."
    ),
    "autocorrelation distance": (
        "The root mean square difference of the correlations of values that are some positions apart, in generated "
        "and in real series. It sees second moments only. Lower is better."
    ),
    "baseline": (
        "The result that an experiment is compared with: that of the commit the experiment started from. In an "
        "evaluation it is the score of a simple method that is no GAN."
    ),
    "BiGAN": (
        "A game with an encoder (Donahue et al., 2017). The discriminator judges pairs of an image and a vector, and "
        "the encoder plays on the generator’s side."
    ),
    "calibration": (
        "A logistic regression of real and generated examples on the discriminator's logits. Afterwards the logit is "
        "the logarithm of how many times likelier an example is among the real ones."
    ),
    "challenger": (
        "The alias in MLflow of the model version that was registered last. It becomes the champion by nashgan "
        "promote, if its FID is lower under the same protocol."
    ),
    "champion": "The alias in MLflow of the model version that was promoted last. It is the one to use.",
    "checkpoint": (
        "The whole state of a training on disk: weights, running average, optimizers and history. An interrupted "
        "training goes on from its newest checkpoint. The checkpoints are removed when the training is complete. Where "
        "nothing depends on the length, the last state is kept, so that a longer training goes on from it."
    ),
    "class accuracy": (
        "The share of samples that the classifier puts into the class they were drawn for. It lies between 0 and 1; "
        "higher is better."
    ),
    "class KL": (
        "The Kullback-Leibler divergence, in nats, of the samples' histogram of classes from that of real images. The "
        "classifier finds the classes of both. 0 means equal histograms; lower is better."
    ),
    "class-conditional": "A class-conditional generator is told which class to draw. Its training needs labels.",
    "classifier": (
        "A small convolutional network that the pipeline trains to name the class of an image, or, where there are no "
        "labels, by how many quarter turns an image was rotated (Gidaris et al., 2018). The 128 values before its last "
        "layer are its features. It is trained in cycles, each three times as long as the one before, until one raises "
        "the accuracy on the validation split by no more than the standard error of the difference, or until the "
        "budget classifier.images is used up. If it is right on less than 75 % of the test split, the report warns, "
        "and the protocol of everything that rests on it says doubtful."
    ),
    "classifier score": (
        "The Inception score (Salimans et al., 2016) with the pipeline's classifier in place of Inception. It is high "
        "when the classifier is sure of each sample and all classes are equally frequent. It lies between 1 and the "
        "number of classes."
    ),
    "CMMD": (
        "CLIP maximum mean discrepancy: the squared distance of two sets of images, by a Gaussian kernel of CLIP's "
        "features, times 1,000. It needs weights that the user has. Lower is better (Jayasumana et al., 2024)."
    ),
    "collapse": (
        "The generator draws almost the same image for different latent vectors, or one image for each class. The "
        "watchdog reports it when samples differ from each other by less than the share train.watchdog.collapse of "
        "what real images differ by."
    ),
    "coverage": (
        "The share of real images that have a sample in their neighbourhood. The neighbourhood of a real image "
        "reaches to its fifth nearest real image. Higher is better (Naeem et al., 2020)."
    ),
    "critic gap": (
        "How often the discriminator gives a training image a higher score than a held-out image. ½ means that it "
        "cannot tell them apart. A higher value means that it has memorised training images."
    ),
    "cycle error": (
        "The mean absolute difference, where white is 1, of images that were translated there and back from what they "
        "were. Its floor is 0, its baseline the difference of two images of the dataset. Lower is better."
    ),
    "D error": (
        "For points from a known density: the mean difference between D and the optimal discriminator D* = p / (p + "
        "q), where p is the density and q that of the generator D plays against. 0 is best (Goodfellow et al., 2014, "
        "proposition 1)."
    ),
    "D(x) and D(G(z))": (
        "The mean of the discriminator's output after a sigmoid, for real images x and for generated images G(z). It "
        "is shown for losses whose discriminator gives probabilities. Both are ½ when it cannot tell real from "
        "generated images."
    ),
    "d_won": (
        "The discriminator has won: in five rows of the history in a row, its loss was less than 1 % of the loss of a "
        "discriminator that tells nothing apart. The generator then learns little."
    ),
    "degradation": (
        "What is done to an image before a generator is given it: noise is added, pixels are averaged into fewer, a "
        "box is hidden, or colours are taken away. It is a function of the seed and of the image's position."
    ),
    "density": (
        "The mean number of neighbourhoods of real images that a sample lies in, divided by 5. A neighbourhood "
        "reaches to the fifth nearest real image. It is about 1 for real images and has no upper limit (Naeem et al., "
        "2020)."
    ),
    "discriminator": (
        "The player that learns to tell real images from generated ones, called D. It gives each image a number, the "
        "logit, which is higher for images that look more real to it."
    ),
    "distinct": "For text: the share of samples that are different from each other. Higher is better.",
    "doubtful": (
        "A word in the protocols of metrics in the classifier's features. It says that the classifier is right on less "
        "than 75 % of the test split. Such values say little about the samples."
    ),
    "doubtful label": (
        "A label that the classifier contradicts with confidence: another class is at least as probable as it usually "
        "is for images of that class (confident learning, Northcutt et al., 2021). It is looked for in the validation "
        "and the test split, whose labels the classifier has not learned."
    ),
    "drift": (
        "The difference between the training splits of two versions of a dataset: in the proportions of the classes, "
        "in mean and deviation of the pixels, and in fcd between the real images of both. nashgan doctor --data "
        "--against COMMIT measures it."
    ),
    "edge sharpness": (
        "The mean magnitude of the gradient of the brightness, by Sobel's filter. Blurred images have less of it than "
        "real ones, noisy images more."
    ),
    "encoder": (
        "A network that makes a latent vector of an image, the opposite of the generator. With model.encoder the "
        "encoder learns beside the game or in it. A VAE always has one."
    ),
    "equilibrium": (
        "A state in which no player can improve while the other stays as it is (Nash, 1950). In the original game the "
        "discriminator then says ½ for every image (Goodfellow et al., 2014)."
    ),
    "experiment": (
        "One run of the pipeline with its own parameters, started by dvc exp run. DVC keeps its parameters, code and "
        "results under a name; dvc exp show lists them."
    ),
    "explosion": (
        "The norm of a gradient is more than train.watchdog.explosion times the median of the rows before. A rollback "
        "follows."
    ),
    "fcd": (
        "Fréchet classifier distance: the Fréchet distance in the features of the pipeline's own classifier, divided "
        "by the total variance of the real images' features. 0 means equal; lower is better. It is not a FID. Two "
        "values may be compared only where the same classifier measured both."
    ),
    "fcd per class": (
        "The mean over all classes of the fcd between the samples that were drawn for a class and the real images of "
        "this class. Lower is better."
    ),
    "FD-DINOv2": (
        "The Fréchet distance in the features of DINOv2, a network that has learned from images without labels. It "
        "agrees better than the FID with what people see. It needs weights that the user has. Lower is better (Stein "
        "et al., 2023)."
    ),
    "feature matching": (
        "An objective of the generator: its samples are to have the same mean as real images in the features of the "
        "discriminator (Salimans et al., 2016). It is used where the discriminator names classes."
    ),
    "features": (
        "The numbers that a network computes from an image. Similar images have similar features, so distances "
        "between sets of images are measured in them."
    ),
    "few_classes": (
        "The samples show far fewer classes than as many real images do. Classes are counted by the exponential of "
        "the entropy of their histogram, so that a rare class counts for little."
    ),
    "FID": (
        "Fréchet Inception distance: the Fréchet distance in the 2,048 features of the Inception network. Lower is "
        "better. It falls when more samples are compared, so only FIDs of equally many samples may be compared (Heusel "
        "et al., 2017)."
    ),
    "FID infinity": (
        "FID∞, the FID extrapolated to infinitely many samples from subsets of several sizes (Chong and Forsyth, "
        "2020). fcd infinity is the same for the fcd."
    ),
    "fingerprint": (
        "A digest of what the result of a training depends on: its parameters, data, code and device. Its checkpoints "
        "are kept under this name."
    ),
    "floor": (
        "The value of a metric when other real images take the place of the samples. Perfect samples would score the "
        "floor. Where a metric has a known value for real images, such as ½ for memorisation, the floor is that value."
    ),
    "frame fcd": (
        "The Fréchet distance of single frames of generated and of real clips, in the features of the pipeline's "
        "classifier, divided by the variance of the real frames' features. Lower is better."
    ),
    "frequency distance": (
        "For sine waves: the Wasserstein distance of the fitted frequencies from the distribution that the "
        "frequencies of real ones were drawn from, in cycles in a series. Lower is better."
    ),
    "Fréchet distance": (
        "A distance between two sets of features: that of the two normal distributions fitted to them, squared. It is "
        "|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 √(Σ₁ Σ₂)), with the means μ and the covariances Σ (Heusel et al., 2017)."
    ),
    "game": (
        "How a model learns: its players, their losses and what one step does. In an adversarial game a generator and "
        "a discriminator learn against each other. Other games have no discriminator, as those of vae, unet_regression "
        "and gaussian."
    ),
    "game value": (
        "For points from a known density: the value of the minimax game between D and the generator, less its value "
        "-log 4 at equilibrium. At equilibrium it is 0 (Goodfellow et al., 2014, theorem 1)."
    ),
    "generation seed": (
        "The seed that the samples are drawn with, generate.seed. The same generator is measured with a few other "
        "seeds too, which shows how far chance moves a metric."
    ),
    "generator": "The player that turns a latent vector into an image, called G. It is the result of a training.",
    "gradient clipping": (
        "A gradient whose norm is above train.clip_gradients is shortened to this norm (Pascanu et al., 2013). The "
        "history has the norm before."
    ),
    "gradient norm": (
        "The length of the gradient of a player's loss in all its weights, before the optimizer's step. It shows how "
        "strongly the loss still moves this player."
    ),
    "gradient penalty": (
        "A cost on the gradient of the discriminator's output with respect to its input images. It keeps this output "
        "from changing too steeply (Gulrajani et al., 2017; Mescheder et al., 2018). The discriminator judges these "
        "images in the precision of the training; the gradients in them and the cost are in float32."
    ),
    "headline metrics": (
        "The metrics that are shown first and that results are ranked by. For images they are FID and fcd."
    ),
    "held-out": (
        "Held-out images are the real images of the validation and the test split. No network was trained on them."
    ),
    "held-out accuracy": (
        "The share of held-out images whose class the discriminator names rightly after a training with few labels, "
        "objective.labelled. Its floor is the accuracy of the pipeline's classifier, which learned from all labels. "
        "Higher is better."
    ),
    "held-out floor": (
        "The value of a metric for held-out images, beside its value for as many other images of the training split. "
        "If the two differ, the training split is no fair picture of the data, or the network of the features has "
        "memorised training images."
    ),
    "high quality": (
        "For points from a mixture: the share of samples within three standard deviations of a mode. Higher is better "
        "(Srivastava et al., 2017)."
    ),
    "history": (
        "The table of what was measured in training, reports/train/history.csv. It has a row for every "
        "train.log_every images; each number is the mean since the row before."
    ),
    "identity": (
        "For clips of digits: the share of clips in which the classifier gives the same answer in all frames. Higher "
        "is better."
    ),
    "images seen": (
        "How many real images a training has shown to its model, repetitions included. The length of a training is "
        "given in images seen, because this does not depend on the machine."
    ),
    "Inception": (
        "InceptionV3, an image network trained on ImageNet (Szegedy et al., 2016), with the weights that published "
        "FIDs use. Images are resized to 299 pixels a side for it."
    ),
    "interval": (
        "The 95 % interval of a metric: how far its value moves when the same generator is sampled again with another "
        "seed. The real images stay the same. Where two intervals overlap, the report says: no difference."
    ),
    "jsd": (
        "The Jensen-Shannon divergence of the samples' histogram from a density that is known, in bits. It lies "
        "between 0 and 1; lower is better (Lin, 1991)."
    ),
    "judge": (
        "A discriminator that is trained against fixed samples. How well it tells other images of the two sets apart "
        "is a two-sample test: accuracy and area under the ROC curve are 0.5 for sets of one distribution."
    ),
    "kcd": "Kernel classifier distance: the KID in the features of the pipeline's own classifier. Lower is better.",
    "KID": (
        "Kernel Inception distance: the squared maximum mean discrepancy between two sets of Inception features, with "
        "a cubic kernel. Its expected value does not depend on the number of images. Lower is better; it may be "
        "slightly below 0 (Bińkowski et al., 2018)."
    ),
    "KL divergence": (
        "The Kullback-Leibler divergence, in nats: how much one distribution differs from another. In a VAE it is the "
        "amount of information about an image that its latent vector carries."
    ),
    "latent vector": (
        "The random vector z that a generator turns into an image. It has model.latent dimensions and is drawn from "
        "the standard normal distribution."
    ),
    "lineage": "Which code, data, parameters, experiment and MLflow run a result comes from.",
    "linear probe": (
        "A linear classifier that is trained on vectors of images (Alain and Bengio, 2017). Its accuracy says how "
        "simply the class can be read from the vectors. Higher is better."
    ),
    "logit": (
        "A network's output before the sigmoid or softmax that would turn it into a probability. For many losses the "
        "sigmoid of the discriminator's logit is not a probability. With rpgan a number added to all logits changes "
        "nothing, so only their differences have a meaning."
    ),
    "marginal distance": (
        "The Wasserstein distance of the values in generated series from those in real ones, whatever their "
        "positions. Lower is better."
    ),
    "McNemar’s test": (
        "A test of two methods on the same images (McNemar, 1947). Only the images on which exactly one of them is "
        "right count. A small p-value says that the difference is hardly chance."
    ),
    "memorisation": (
        "How often a sample is closer to its nearest training image than a held-out image is to its own. ½ is the "
        "value of unseen real images; a value near 1 means copies. It is measured in features and in pixels (after "
        "Meehan et al., 2020)."
    ),
    "MLflow run": "What MLflow stores of one training: parameters, metrics, curves, pictures and the report.",
    "modes": (
        "The parts of the data's distribution, of which a generator may miss some. For stacked_mnist they are "
        "counted: how many of the 1,000 combinations of three digits the samples show."
    ),
    "modes KL": "The class KL over modes in place of classes. Lower is better.",
    "motion distance": (
        "For clips: how far the distributions of speed, direction and bounces of generated clips are from those of "
        "real clips. They are measured from the centres of mass of the frames. Lower is better."
    ),
    "near-duplicate": (
        "One of two different images that are nearer to each other, in the classifier’s features, than a fifth of the "
        "median distance of an image from the one nearest to it. Where one is in the training split and the other is "
        "held out, the held-out image is not new."
    ),
    "neighbour accuracy": (
        "The share of unseen images whose nearest training image, by the distance of their vectors, is of the same "
        "class. Higher is better."
    ),
    "ngram jsd": (
        "For text: the Jensen-Shannon divergence of the samples' sequences of n characters from those of real text, "
        "in bits. It lies between 0 and 1; lower is better."
    ),
    "non_finite": "A loss or gradient is infinite or not a number. A rollback follows.",
    "novel": "For text: the share of samples that are not in the training split.",
    "NT-Xent": (
        "A loss that makes vectors of a pair near and those of all others far (Chen et al., 2020). Here a pair is a "
        "real image and the same image changed a little. It is the cross-entropy of finding the partner by cosines "
        "among all vectors of a batch; lower is better."
    ),
    "objective": "What the players minimise: a loss, and a penalty or constraint on the discriminator.",
    "official split": (
        "With split.kind: official the test split is the published test set of the dataset, unchanged. Images that are "
        "in the published test set and in the training set are counted and named. MNIST, Fashion-MNIST and CIFAR-10 "
        "have such a set."
    ),
    "out of range": (
        "The share of values in generated images that lie outside of what an image can hold, by more than half a grey "
        "level. Rounding to bytes cuts them off. Lower is better."
    ),
    "patience": (
        "For how many images a training goes on while its score does not fall: train.patience. Then it ends. The "
        "result is complete. A training that was interrupted before ends at the same image."
    ),
    "pixel weight": (
        "The weight of the mean absolute difference from the true image beside the game, where images are restored. "
        "The larger it is, the closer the answers are to the true images, and the more blurred."
    ),
    "player": "One of the networks that learn in a game: the generator or the discriminator.",
    "policy gradient": (
        "The gradient of an expected reward with respect to the parameters of what is drawn at random. A generator of "
        "text learns by it from the discriminator's answers, because a drawn character has no gradient (model seqgan)."
    ),
    "precision": (
        "The share of samples that lie among the real images: within the distance of some real image to its third "
        "nearest real image. Higher is better (Kynkäänniemi et al., 2019)."
    ),
    "predictive score": (
        "The mean absolute error, at held-out real series, of a small network that learned to predict the next "
        "position from generated ones. Lower is better. The floor is that of a network that learned from real series."
    ),
    "principal components": (
        "The directions in which images differ most; the numbers along them reconstruct an image as well as a linear "
        "method can. They are the baseline of an encoder, with as many numbers as its vectors have."
    ),
    "protocol": (
        "One line that says how a metric was measured: the network and the digest of its weights, the number of "
        "samples and their classes, the real images and their digest, and the resizer. Only numbers of the same "
        "protocol are compared. reference.protocol chooses a protocol by name; docs/metrics.md lists the names."
    ),
    "pruned": (
        "Of a trial: ended at a rung, because other trials were better there. Its result is complete, but "
        "of a training that saw fewer images."
    ),
    "PSNR": (
        "The peak signal-to-noise ratio of a restored or reconstructed image, in dB: ten times the logarithm of one "
        "over the mean squared error, where white is 1. Higher is better; 10 dB more is a tenth of the error."
    ),
    "question": (
        "What a training can be asked beside drawing samples: to restore, translate, classify or encode images, or to "
        "advise. Each question has its own metrics and its own section of the report."
    ),
    "raw generator": "The generator whose weights were not averaged. The report shows it beside the running average.",
    "read right": (
        "The share of translated images that the classifier, which has seen only real images of the generator's own "
        "dataset, puts into the class of the image they were made from. Higher is better."
    ),
    "recall": (
        "The share of real images that lie among the samples: within the distance of some sample to its third nearest "
        "sample. Higher is better (Kynkäänniemi et al., 2019)."
    ),
    "recipe": (
        "What auto in params.yaml stands for. There is one recipe for each kind of data, and each question may change "
        "values of it."
    ),
    "reconstruction": (
        "An image that went through an encoder and the generator; a VAE's generator is its decoder. As a metric it is "
        "the mean PSNR of unseen images and their reconstructions. As a curve of a VAE, it is the part of the loss "
        "that says how different the two images are."
    ),
    "reference": (
        "The real images that samples are compared with, and their features. They are computed once for all "
        "experiments. With reference.images: all they are a whole split."
    ),
    "registered model": (
        "A name in MLflow under which generators are kept as numbered versions. The stage register adds a version."
    ),
    "rejection sampling": (
        "A proposal of the generator is kept with a probability that rises with the discriminator's score, else "
        "another one is drawn (Azadi et al., 2019). generate.correct chooses it, and generate.share says which share "
        "of real examples would be kept."
    ),
    "restored accuracy": (
        "The share of restored images that the classifier puts into the class of the true image. Its floor is the "
        "share of the true images themselves."
    ),
    "restored fcd": (
        "The fcd between restored images and the true images they were made from. Its floor is that of as many other "
        "real images, so a good restoration is below the floor. Lower is better."
    ),
    "reverse kl": (
        "For points from a mixture: the Kullback-Leibler divergence of the samples' shares of the modes from equal "
        "shares, in nats. 0 means that all modes are equally frequent; lower is better (Srivastava et al., 2017)."
    ),
    "rollback": "The watchdog sends a training back to an earlier checkpoint and halves the learning rates.",
    "run cache": (
        "DVC's memory of the stages that it has run. Where code, parameters and inputs of a stage are the same as "
        "before, DVC restores its outputs and does not run it."
    ),
    "rung": (
        "A number of images seen, at which the trials of a search are compared. The best of them go on to the next "
        "rung, the others are pruned."
    ),
    "running average": (
        "The exponential moving average of the generator's weights over the training (Yazıcı et al., 2019). Its "
        "half-life is train.ema_half_life images, at most the share train.ema_ramp of the images seen. The averaged "
        "generator is the one that is sampled."
    ),
    "samples": "Images that a generator drew.",
    "shard": (
        "An equal part of a batch; train.shards says how many there are. Several processes divide the shards of a "
        "batch among themselves. The gradients of the shards are added in one order, so the number of processes "
        "changes no bit."
    ),
    "sine residual": (
        "For sine waves: the share of a series' sum of squares that the closest sine wave leaves. It lies between 0 "
        "and 1; lower is better."
    ),
    "sliced wasserstein": (
        "The sliced Wasserstein distance: the mean over many lines of the Wasserstein distance of two sets of points, "
        "when they are projected onto the line. Lower is better (Bonneel et al., 2015)."
    ),
    "space": (
        "The kind of an example: image, points, text, series or video. It decides which models and metrics fit. "
        "The latent space holds the vectors that the generator starts from."
    ),
    "spectrum distance": (
        "The sliced Wasserstein distance of the amplitude spectra of generated series from those of real ones. Each "
        "series keeps its own spectrum. Lower is better."
    ),
    "split": (
        "A part of the dataset: train, validation or test. No image is in two of them, not even as a copy. Only a "
        "published test set may repeat images of another split."
    ),
    "SSIM": (
        "The structural similarity of a restored image to the true one: mean, contrast and correlation in small "
        "windows. It is 1 for equal images. Higher is better."
    ),
    "stage": "One step of the pipeline, such as train or evaluate. dvc.yaml lists what each stage reads and writes.",
    "study": (
        "All trials of one search with nashgan search: the parameters that are searched, and what was measured of each "
        "trial. It lives in a database, which several workers may share."
    ),
    "timeline": (
        "Pictures of the averaged generator's samples in the course of the training. The latent vectors stay the "
        "same, so only the generator changes between two pictures."
    ),
    "training fcd": (
        "The fcd of the averaged generator in the course of the training, measured every train.evaluate_every images. "
        "The real images are of the validation split if it has 20 or more, else of the training split, and there are "
        "up to 2,000 samples. Its values are not compared with those of fcd. With train.keep: best, the weights with "
        "the lowest training fcd become the result."
    ),
    "translated fcd": (
        "The fcd between translated images and held-out real ones of the dataset that they are to look like; back fcd "
        "is that of the way back. Lower is better."
    ),
    "translation": (
        "Making images of one dataset look like those of another, without pairs and without labels. Two generators "
        "learn, there and back, each with a discriminator; what went both ways is to be what it was (cycle "
        "consistency: Zhu et al., 2017)."
    ),
    "trial": (
        "One training of a search, with parameters that the search chose. It is a DVC experiment and an MLflow run, "
        "named by the study and a number."
    ),
    "truncation": (
        "Samples from latent vectors of which no number is further from 0 than a limit (Brock et al., 2019). They are "
        "more typical and less varied. nashgan sample --truncation sets the limit; evaluations never use one."
    ),
    "VAE": (
        "Variational autoencoder: an encoder that maps images to latent vectors, and a decoder that maps them back. "
        "Both learn by the evidence lower bound (Kingma and Welling, 2014)."
    ),
    "VAE/GAN": (
        "A variational autoencoder whose decoder is the generator of a GAN (Larsen et al., 2016). Images are compared "
        "in the discriminator's features instead of in pixels."
    ),
    "variety": (
        "How different answers to the same degraded image are: the root mean square difference of pixels between "
        "answers from other latent vectors, where white is 1."
    ),
    "warm start": (
        "A training that begins with the players of another one instead of new ones: train.from. Layers that do not "
        "fit begin anew. With train.freeze_d the first layers of the discriminator keep their weights (FreezeD)."
    ),
    "warm-up": (
        "The learning rates rise along a line from 0 in the first train.warm_up images. Large first steps are avoided "
        "in this way."
    ),
    "watchdog": (
        "A part of the training that reads the measured numbers and reports non_finite, explosion, collapse, "
        "few_classes and d_won. After non_finite and explosion comes a rollback. The watchdog also reports patience, "
        "which ends a training."
    ),
    "weights kept": (
        "The moment of the training whose weights became the result. It is the last one, or with train.keep: best the "
        "one of the lowest training fcd."
    ),
    "workspace": "The files in the working directory, as opposed to those of a commit or an experiment.",
}

ALSO = {  # other words for a term, in which a page may show it
    "D(x) and D(G(z))": ("D(x)", "D(G(z))"),
    "FD-DINOv2": ("fd dinov2",),
    "FID infinity": ("fcd infinity", "FID∞"),
    "held-out": ("held out", "unseen real image"),
    "held-out accuracy": ("held out accuracy",),
    "interval": ("95 % interval",),
    "linear probe": ("probe accuracy",),
    "memorisation": ("memorised", "memory"),
    "official split": ("published test set",),
    "raw generator": ("not averaged", "without averaging"),
    "running average": ("averaged",),
    "VAE": ("variational autoencoder", "evidence lower bound"),
}


def anchor(term: str) -> str:
    """The anchor of a term's heading in docs/glossary.md, by GitHub's rule: "critic gap" is ``critic-gap``."""
    return re.sub(r"[^\w -]", "", term.lower()).replace(" ", "-")


def used(html: str) -> list[tuple[str, str]]:
    """The terms, with their sentences, that the visible text of `html` contains; plurals and underscores count too."""
    hidden = r"<(style|script)\b.*?</\1>|<[^>]*>"
    text = re.sub(r"[\s_]+", " ", re.sub(hidden, " ", html, flags=re.DOTALL))
    return [(term, sentences) for term, sentences in TERMS.items() if _pattern(term).search(text)]


def _pattern(term: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word.replace("_", " ")) for word in (term, *ALSO.get(term, ())))
    return re.compile(rf"(?<!\w)(?:{words})(?:s|es)?(?!\w)", re.IGNORECASE)


def markdown() -> str:
    """docs/glossary.md: a heading for each term, so that each has an anchor."""
    head = (
        "# Glossary\n\nThe terms of the report, the documentation and the messages. This page is made from "
        "`src/nashgan/pages/glossary.py`:\n\n    python -m nashgan.pages.glossary > docs/glossary.md\n"
    )
    return head + "".join(f"\n## {term}\n\n{fill(sentences, 120)}\n" for term, sentences in TERMS.items())


if __name__ == "__main__":
    print(markdown(), end="")
