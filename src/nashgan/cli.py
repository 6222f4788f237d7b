"""The command line: one command a stage, and the few that people use by hand. Heavy imports happen inside."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nashgan.params import load_params
from nashgan.paths import Paths

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
) -> None:
    """Draw images from a generator, as PNG files."""
    from nashgan.sampling import sample_png

    sample_png(source, out, count, seed)


@app.command("summary")
def print_summary() -> None:
    """Print the scores, and where to look."""
    from nashgan.summary import summary

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
