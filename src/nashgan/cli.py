"""The command line: one command for each stage, and some for people. Heavy imports are inside the commands."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nashgan.commands.app import app as models
from nashgan.records.names import Resizer
from nashgan.records.paths import Paths
from nashgan.runtime.progress import QUIET, quiet, speaks

STAGES = {
    "download": "Fetch the dataset named by data.name into data/raw.",
    "split": "Split the dataset into train, validation and test.",
    "classifier": "Train the small network in whose features fcd, the Fréchet classifier distance, is measured.",
    "reference": "Compute the features of the real images that samples are compared with.",
    "train": "Train the model. After an interruption, continue from the newest checkpoint.",
    "generate": "Draw samples with the averaged generator.",
    "evaluate": "Compare the samples with real images: FID, fcd and other metrics, with their floors.",
    "register": "Register the generator in MLflow as a new version with the alias challenger.",
    "report": "Write the report, reports/index.html.",
}

app = typer.Typer(
    help="Experiments with generative adversarial networks that can be repeated and compared.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", envvar=QUIET, help="Show no progress, notes or ends of stages. Warnings stay."),
    ] = False,
) -> None:
    """Experiments with generative adversarial networks that can be repeated and compared."""
    if quiet:
        os.environ[QUIET] = "1"


def _stage_command(name: str) -> Callable[[bool], None]:
    def command(as_json: Json = False) -> None:
        from nashgan.params import load_params

        paths = Paths.find()
        params = load_params(paths.params)
        importlib.import_module(f"nashgan.stages.{name}").run(paths, params)
        if (as_json or not quiet()) and speaks():
            from nashgan.commands.stage_end import ending

            made = ending(paths, name)
            print(made.json if as_json else made.text)

    return command


for _name, _help in STAGES.items():
    app.command(_name, help=_help, rich_help_panel=None)(_stage_command(_name))
app.add_typer(models)


@app.command("summary")
def print_summary(as_json: Json = False) -> None:
    """Print FID and fcd of the workspace, and where its results are."""
    from nashgan.commands.summary import summary, summary_json

    print((summary_json if as_json else summary)(Paths.find()))


@app.command()
def promote(
    version: Annotated[str | None, typer.Argument(help="The version's number. Default: the challenger.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Promote it even if it is not better.")] = False,
) -> None:
    """Make a registered version the champion, if its FID is lower under the same protocol."""
    from nashgan.params import load_params
    from nashgan.tracking.promotion import promote as promote_version

    paths = Paths.find()
    print(promote_version(paths, load_params(paths.params).register_.name, version, force))


Storage = Annotated[
    str | None,
    typer.Option(help="Where studies live, as postgresql://user@host/database. Default: .nashgan/search.db."),
]


@app.command("compare")
def compare_results(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REV_OR_EXPERIMENT]...",
            help="Experiments, `workspace`, or revisions with the experiments based on them. Default: HEAD, workspace.",
        ),
    ] = None,
    mlflow: Annotated[
        bool, typer.Option("--mlflow", help="Add MLflow runs whose result no DVC experiment has.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables. Default: reports/comparison.")] = None,
    sort: Annotated[
        str | None,
        typer.Option(help="Sort by fid, fcd or another distance, seconds, img_s or name. Default: a distance."),
    ] = None,
    group_seeds: Annotated[
        bool, typer.Option("--group-seeds", help="One row for results that differ only in train.seed or generate.seed.")
    ] = False,
    as_json: Json = False,
    study: Annotated[
        str | None, typer.Option(help="Only the experiments of this study of `nashgan search`, with its course.")
    ] = None,
    storage: Storage = None,
) -> None:
    """Compare results in tables, one for each protocol: differing parameters, FID, fcd, time, speed and samples."""
    from nashgan.comparison.compare import compare, compare_study

    paths = Paths.find()
    if study is None:
        compare(paths, names or [], mlflow, out or paths.comparison, sort, group_seeds, as_json)
        return
    from nashgan.runtime.errors import UserError
    from nashgan.search.overview import read_overview

    if names or mlflow:
        raise UserError("--study compares the experiments of the study; leave names and --mlflow out")
    compare_study(paths, read_overview(paths, study, storage), out or paths.comparison, sort, group_seeds, as_json)


@app.command()
def search(
    space: Annotated[Path, typer.Argument(help="A YAML file of the parameters to search; docs/search.md explains it.")],
    study: Annotated[str | None, typer.Option(help="Name of the study. Default: the name of the file.")] = None,
    storage: Storage = None,
) -> None:
    """Search for good parameters: trials are DVC experiments, and bad ones end early. Several workers may run this."""
    from nashgan.search.worker import search as work

    work(Paths.find(), space, study, storage)


@app.command("checkpoints")
def list_checkpoints(
    fingerprint: Annotated[
        str | None, typer.Argument(help="Only the training with this fingerprint. Default: all.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove their checkpoints, except those of running trainings.")
    ] = False,
) -> None:
    """List interrupted trainings and finished ones that can be trained longer, or remove their checkpoints."""
    from nashgan.training import interrupted as kept

    print((kept.prune if prune else kept.listing)(Paths.find(), fingerprint))


@app.command()
def sync() -> None:
    """Send MLflow what it is missing: from the workspace, from all commits and from all DVC experiments."""
    from nashgan.tracking.sync import sync as sync_store

    print(sync_store(Paths.find()))


@app.command()
def advise(
    images: Annotated[list[Path], typer.Argument(help="Images of the size and the channels of the training images.")],
    by: Annotated[
        float, typer.Option(min=0, max=1, help="First increase of the score. Each next one is twice as large.")
    ] = 0.01,
    label: Annotated[
        int | None,
        typer.Option("--class", min=0, help="Class of the images. Default: what the pipeline's classifier reads."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for pictures and table. Default: reports/advice.")] = None,
) -> None:
    """Show what the trained discriminator would change in images, and what the generator learns from it."""
    from nashgan.commands.advise import advise_images

    paths = Paths.find()
    advise_images(paths, images, out or paths.advice, by, label)


@app.command()
def doctor(
    data: Annotated[
        bool,
        typer.Option("--data", help="Examine only the dataset: class balance, near-duplicates, doubtful labels."),
    ] = False,
    against: Annotated[
        str | None, typer.Option(help="With --data: a commit, tag or experiment whose dataset is compared.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check packages, parameters, device, data, MLflow store and disk. Each fault has a line on how to correct it."""
    if data or against:
        from nashgan.commands.data_doctor import examine_data

        print(examine_data(Paths.find(), against, as_json))
        return
    from nashgan.doctor import examine

    raise typer.Exit(examine(Paths.find(), as_json))


Size = Annotated[int | None, typer.Option(min=8, max=1024, help="Pixels a side. Default: those of the first image.")]
ClassifierFolder = Annotated[
    Path | None, typer.Option(help="Folder of a classifier for this kind of images, such as models/classifier.")
]
InceptionWeights = Annotated[
    Path | None, typer.Option(help="A file with pytorch-fid's Inception weights. Default: a local copy, or a download.")
]
InceptionResizer = Annotated[
    Resizer, typer.Option("--resizer", help="How images reach Inception's size: as in pytorch-fid, or in clean-fid.")
]


@app.command("evaluate-images")
def compare_image_sets(
    real: Annotated[Path, typer.Argument(help="Real images: a folder, a zip, or a .npy array of uint8.")],
    images: Annotated[Path, typer.Argument(help="The images to evaluate, in the same form.")],
    floor: Annotated[
        Path | None, typer.Option(help="Other real images. The value of a metric for them is its floor.")
    ] = None,
    size: Size = None,
    classifier: ClassifierFolder = None,
    inception_weights: InceptionWeights = None,
    resizer: InceptionResizer = "bilinear",
    out: Annotated[Path | None, typer.Option(help="The JSON file to write. Default: print it.")] = None,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge", help="Train a discriminator on half of both sets and test it on the rest. No other metric."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of --judge: its discriminator and its halves.")] = 0,
) -> None:
    """Compare two sets of images by the pipeline's metrics. Write JSON with protocols and 95 % intervals."""
    from nashgan.commands.image_sets import Networks, evaluate_images, judge_images, tell
    from nashgan.runtime.errors import UserError
    from nashgan.runtime.files import check_file

    if out:
        check_file(out)
    if judge:
        if classifier or inception_weights or resizer != "bilinear":
            raise UserError("--judge uses no other network; leave --classifier, --inception-weights and --resizer out")
        tell(judge_images(real, images, floor, size, seed), out)
        return
    evaluate_images(real, images, floor, size, Networks(inception_weights, classifier, resizer), out)


@app.command("features")
def write_features(
    path: Annotated[Path, typer.Argument(help="Images: a folder, a zip, or a .npy array of uint8.")],
    out: Annotated[Path, typer.Option(help="The .npy file to write.")],
    size: Size = None,
    classifier: ClassifierFolder = None,
    inception_weights: InceptionWeights = None,
    resizer: InceptionResizer = "bilinear",
) -> None:
    """Write the features of images, from Inception or from a classifier, as a float32 array (N, d)."""
    from nashgan.commands.image_sets import Networks, export_features

    export_features(path, out, size, Networks(inception_weights, classifier, resizer))
