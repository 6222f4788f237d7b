"""The command line: one command a stage, and the few that people use by hand. Heavy imports happen inside."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nashgan.params import load_params
from nashgan.records.paths import Paths

STAGES = {
    "download": "Fetch the dataset named by data.name into data/raw.",
    "split": "Split it into train, validation and test, without duplicates across them.",
    "classifier": "Train the small network whose features serve the embedded Fréchet distance.",
    "reference": "Compute the features of real images that samples are compared with.",
    "train": "Train generator and discriminator; goes on after an interruption.",
    "generate": "Draw samples from the averaged generator.",
    "evaluate": "Compare the samples with real images: FID and fcd, with their real-vs-real floors.",
    "register": "Register the generator in MLflow as a new version, alias challenger.",
    "report": "Write reports/index.html.",
}

app = typer.Typer(
    help="GAN experiments that can be repeated, compared, trusted and shipped.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def options(debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False) -> None:
    """GAN experiments that can be repeated, compared, trusted and shipped."""


def _stage_command(name: str) -> Callable[[], None]:
    def command() -> None:
        paths = Paths.find()
        params = load_params(paths.params)
        importlib.import_module(f"nashgan.stages.{name}").run(paths, params)

    return command


for _name, _help in STAGES.items():
    app.command(_name, help=_help, rich_help_panel=None)(_stage_command(_name))


@app.command()
def sample(
    source: Annotated[str, typer.Argument(help="A generator folder or models:/nashgan@champion.")] = "models/generator",
    out: Annotated[Path, typer.Option(help="Folder for the PNG files.")] = Path("samples"),
    count: Annotated[int, typer.Option(min=1, help="Number of images.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")] = 0,
    label: Annotated[int | None, typer.Option("--class", min=0, help="Of a class-conditional generator.")] = None,
) -> None:
    """Draw images from a generator, as PNG files."""
    from nashgan.commands.sample import sample_png

    sample_png(source, out, count, seed, label)


@app.command("summary")
def print_summary() -> None:
    """Print the scores, and where to look."""
    from nashgan.commands.summary import summary

    print(summary(Paths.find()))


@app.command()
def promote(
    version: Annotated[str | None, typer.Argument(help="Default: the challenger.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Whatever the numbers say.")] = False,
) -> None:
    """Make a registered version the champion, if it is better under the same protocol."""
    from nashgan.tracking.promotion import promote as promote_version

    paths = Paths.find()
    print(promote_version(paths, load_params(paths.params).register_.name, version, force))


@app.command("compare")
def compare_results(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[REV_OR_EXPERIMENT]...",
            help="Experiments, `workspace`, or revisions with their experiments. Default: HEAD and the workspace.",
        ),
    ] = None,
    mlflow: Annotated[
        bool, typer.Option("--mlflow", help="MLflow runs too, those that no experiment stands for.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables. Default: reports/comparison.")] = None,
    sort: Annotated[str, typer.Option(help="fid, fcd, seconds, img_s or name.")] = "fid",
    group_seeds: Annotated[
        bool, typer.Option("--group-seeds", help="One row for results that differ only in train.seed, generate.seed.")
    ] = False,
) -> None:
    """Tabulate results that share a protocol: what differs, FID, fcd, time, speed and samples of each."""
    from nashgan.comparison.compare import compare

    paths = Paths.find()
    compare(paths, names or [], mlflow, out or paths.root / "reports" / "comparison", sort, group_seeds)


@app.command("checkpoints")
def list_checkpoints(
    fingerprint: Annotated[str | None, typer.Argument(help="Only this training. Default: all.")] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove them; what is in training stays.")] = False,
) -> None:
    """List interrupted trainings, which go on where they stopped, or remove their checkpoints."""
    from nashgan.training import interrupted as kept

    print((kept.prune if prune else kept.listing)(Paths.find(), fingerprint))


@app.command()
def sync() -> None:
    """Send to MLflow what it lacks of the workspace, of all commits and of all DVC experiments."""
    from nashgan.tracking.sync import sync as sync_store

    print(sync_store(Paths.find()))


@app.command()
def doctor() -> None:
    """Check what the pipeline needs; a line for each fault says what mends it."""
    from nashgan.doctor import examine

    raise typer.Exit(examine(Paths.find()))


Size = Annotated[int | None, typer.Option(min=8, max=1024, help="Pixels a side; default: those of the first image.")]
ClassifierFolder = Annotated[
    Path | None, typer.Option(help="A classifier of the same kind of images: models/classifier.")
]
InceptionWeights = Annotated[
    Path | None, typer.Option(help="pytorch-fid's Inception weights; default: found or fetched.")
]


@app.command("evaluate-images")
def compare_image_sets(
    real: Annotated[Path, typer.Argument(help="Real images: a folder, a zip, or a .npy array of uint8.")],
    images: Annotated[Path, typer.Argument(help="The images to judge, likewise.")],
    floor: Annotated[
        Path | None, typer.Option(help="Other real images: what they score is each metric's floor.")
    ] = None,
    size: Size = None,
    classifier: ClassifierFolder = None,
    inception_weights: InceptionWeights = None,
    out: Annotated[Path | None, typer.Option(help="A JSON file; default: printed.")] = None,
) -> None:
    """Compare any two sets of images by the pipeline's metrics: JSON, with protocols and 95 % intervals."""
    from nashgan.commands.image_sets import Networks, evaluate_images

    evaluate_images(real, images, floor, size, Networks(inception_weights, classifier), out)


@app.command("features")
def write_features(
    path: Annotated[Path, typer.Argument(help="Images: a folder, a zip, or a .npy array of uint8.")],
    out: Annotated[Path, typer.Option(help="The .npy file to write.")],
    size: Size = None,
    classifier: ClassifierFolder = None,
    inception_weights: InceptionWeights = None,
) -> None:
    """Write the features of images, by Inception or by a classifier, as float32 (N, d)."""
    from nashgan.commands.image_sets import Networks, export_features

    export_features(path, out, size, Networks(inception_weights, classifier))
