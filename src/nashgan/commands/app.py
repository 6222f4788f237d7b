"""The command line of trained models: sample, export, explore, restore. Heavy imports are inside the commands."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer()

NAMED = "A generator folder, models:/nashgan@champion, a commit or an experiment."
Model = Annotated[str, typer.Argument(help=NAMED)]


@app.command()
def sample(
    source: Model = "models/generator",
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("samples"),
    count: Annotated[int, typer.Option(min=1, help="Number of examples.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same examples.")] = 0,
    label: Annotated[
        int | None, typer.Option("--class", min=0, help="The class to draw. Default: as often as in the training data.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="Largest size of a latent number, such as 0.7: typical examples, less variety.")
    ] = None,
) -> None:
    """Draw examples from a generator and write them: PNG, GIF, text or CSV."""
    from nashgan.commands.sample import sample_files

    sample_files(source, out, count, seed, label, truncation)


@app.command("export")
def export_model(
    source: Model = "models/generator",
    form: Annotated[
        Literal["onnx", "int8", "torch", "hub"],
        typer.Option(
            "--format",
            help="A graph for onnxruntime (int8: of 8 bits), or for torch.export; or a folder for Hugging Face.",
        ),
    ] = "hub",
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("exported"),
) -> None:
    """Write a generator in a form that others can use, after comparing it with the network."""
    from nashgan.commands.export import export

    export(source, form, out)


@app.command("card")
def model_card(source: Model = "models/generator") -> None:
    """Print the model card of a generator: data, training, metrics and limits, from its records."""
    from nashgan.commands.card import print_card

    print_card(source)


@app.command("explore")
def explore_model(
    source: Model = "models/generator",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine. 0: any free one.")] = 8400,
) -> None:
    """Show a page on this machine that moves through the latent space of a generator."""
    from nashgan.commands.explore import explore

    explore(source, port)


GeneratorOption = Annotated[str, typer.Option("--generator", help=NAMED)]
FilesFolder = Annotated[Path, typer.Option(help="Folder for the files.")]
OpenSeed = Annotated[int, typer.Option(min=0, help="Seed of what the pictures do not determine.")]


@app.command("restore")
def restore_pictures(
    path: Annotated[Path, typer.Argument(help="Degraded pictures: a folder or a zip.")],
    source: GeneratorOption = "models/generator",
    out: FilesFolder = Path("restored"),
    seed: OpenSeed = 0,
) -> None:
    """Restore pictures with a generator that was trained with data.given."""
    from nashgan.commands.given_pictures import make_files

    make_files(path, source, out, seed, restores=True)


@app.command("translate")
def translate_pictures(
    path: Annotated[Path, typer.Argument(help="Pictures like those of data.other: a folder or a zip.")],
    source: GeneratorOption = "models/generator",
    out: FilesFolder = Path("translated"),
    seed: OpenSeed = 0,
) -> None:
    """Translate pictures with a generator that was trained with data.other."""
    from nashgan.commands.given_pictures import make_files

    make_files(path, source, out, seed, restores=False)


GeneratorSource = Annotated[str, typer.Option("--generator", help=f"{NAMED} It was trained with an encoder.")]


@app.command("encode")
def write_vectors(
    path: Annotated[Path, typer.Argument(help="Images: a picture, a folder, a zip, or a .npy array of uint8.")],
    out: Annotated[Path, typer.Option(help="The .npy file to write.")],
    generator: GeneratorSource = "models/generator",
) -> None:
    """Write the latent vectors of images as a float32 array (N, latent)."""
    from nashgan.commands.vectors import encode_images

    encode_images(path, generator, out)


@app.command("decode")
def draw_vectors(
    path: Annotated[Path, typer.Argument(help="A .npy array of vectors, as `nashgan encode` writes it.")],
    out: Annotated[Path, typer.Option(help="Folder for the images.")],
    generator: GeneratorSource = "models/generator",
) -> None:
    """Draw the image of each latent vector and write it as PNG."""
    from nashgan.commands.vectors import decode_vectors

    decode_vectors(path, generator, out)
