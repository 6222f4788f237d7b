"""A user's animated GIFs and folders of frames, some of them broken."""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source
from PIL import Image

from nashgan.__main__ import main
from nashgan.runtime.errors import UserError

PARAMS = Path(__file__).parents[2] / "params.yaml"


def png(value: object, mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (12, 10), value).save(buffer, "png")  # type: ignore[arg-type]
    return buffer.getvalue()


def gif(count: int, mode: str = "L") -> bytes:
    """Frame k has the grey level 10 k, or this much of red."""
    buffer = io.BytesIO()
    frames = [Image.new(mode, (12, 10), 10 * k if mode == "L" else (10 * k + 5, 0, 0)) for k in range(count)]
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def write(base: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = base / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (base / "own").mkdir(exist_ok=True)
    return base / "own"


def sequence(folder: str, count: int) -> dict[str, bytes]:
    return {f"{folder}/frame{k}.png": png(10 * k) for k in range(count)}


def test_gifs_and_folders_of_frames_are_cut_to_sixteen_frames(tmp_path: Path) -> None:
    found = source("clips", tmp_path, path=str(write(tmp_path, {"b.gif": gif(20), **sequence("a", 17)})))
    clips, unreadable = read_all(found)
    assert unreadable == [] and found.labels is None
    assert clips.shape == (2, 16, 1, 8, 8)
    assert clips[:, :, 0, 4, 4].tolist() == [[10 * k for k in range(16)]] * 2  # frame2 comes before frame10


def test_first_level_folders_are_labels(tmp_path: Path) -> None:
    files = {"walk/a.gif": gif(16), "run/b.gif": gif(16, "RGB"), **sequence("run/c", 16)}
    found = source("clips", tmp_path, path=str(write(tmp_path, files)))
    clips, _ = read_all(found)
    assert found.classes == ("run", "walk") and found.labels is not None
    assert found.labels.tolist() == [0, 0, 1]
    assert clips.shape == (3, 16, 3, 8, 8)  # one clip has colours
    assert clips[0, 15, :, 4, 4].tolist() == [155, 0, 0]


def test_a_zip_is_read_as_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr("a.gif", gif(16))
    found = source("clips", tmp_path, path="own.zip")
    assert read_all(found)[0].shape == (1, 16, 1, 8, 8)
    assert found.origin["files"][0]["name"] == "own.zip"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.gif": gif(1), "b.gif": gif(16)}, "a.gif: 1 frame, not animated; a clip needs 16"),
        ({"a.gif": gif(15)}, "a.gif: 15 frames; a clip needs 16"),
        (sequence("a", 9), "a: 9 frames; a clip needs 16"),
        ({"a.gif": png(0)}, "a.gif: not an image of a known format"),
        ({"a.gif": gif(16)[:60]}, "a.gif: "),
        ({**sequence("a", 16), "a/frame3.png": b"no picture"}, "a/frame3.png: not an image of a known format"),
        ({"notes.txt": b"hello"}, "no clips there"),
        ({}, "no clips there"),
        ({"frame.png": png(0)}, "frame.png: a PNG file in no folder of its own clip"),
    ],
)
def test_bad_clips_end_in_one_line_that_names_the_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, bytes],
    said: str,
) -> None:
    text = PARAMS.read_text().replace("name: mnist5k", "name: clips").replace("data/own", str(write(tmp_path, files)))
    (tmp_path / "params.yaml").write_text(text)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["nashgan", "download"])
    with pytest.raises(SystemExit) as ended:
        main()
    says = capsys.readouterr().err
    assert (ended.value.code, says.count("\n")) == (2, 1), says
    assert says.startswith("error: ") and said in says


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found"):
        source("clips", tmp_path, path=str(tmp_path / "nowhere"))


def test_the_frames_are_square_and_of_the_chosen_channels(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.gif": gif(16, "RGB")})
    clips, _ = read_all(source("clips", tmp_path, path=str(folder), image_size=9, channels=1))
    assert clips.shape == (1, 16, 1, 9, 9) and np.ptp(clips[0, 3]) == 0
