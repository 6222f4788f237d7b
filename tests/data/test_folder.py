"""A user's directory or zip of images of every kind, some of them broken, some of them hostile."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nashgan.data import folder
from nashgan.records.raw import Unreadable
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

Writer = Callable[[Path, dict[str, bytes]], Path]


def picture(value: object = 0, mode: str = "L", size: tuple[int, int] = (8, 8), form: str = "png") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, value).save(buffer, form)  # type: ignore[arg-type]
    return buffer.getvalue()


def as_directory(base: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = base / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return base / "own"


def as_zip(base: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(base / "own.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return base / "own.zip"


both = pytest.mark.parametrize("write", [as_directory, as_zip])


@both
def test_first_level_folders_are_labels_in_sorted_order(tmp_path: Path, write: Writer) -> None:
    files = {
        "dogs/b.png": picture(3),
        "cats/z.png": picture(2),
        "cats/deep/a.png": picture(1),
        "dogs/c.JPG": picture(4),
    }
    dataset = source("folder", tmp_path, path=str(write(tmp_path, files)))
    images, unreadable = read_all(dataset)
    assert unreadable == []
    assert images[:, 0, 0, 0].tolist() == [1, 2, 3, 4]  # cats/deep/a.png, cats/z.png, dogs/b.png, dogs/c.JPG
    assert dataset.classes == ("cats", "dogs")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 0, 1, 1]


@both
@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["a.png", "b.png"], None),
        (["cats/a.png", "cats/b.png"], None),
        (["cats/a.png", "dogs/a.png", "beside.png"], None),
        (["all/cats/a.png", "all/dogs/a.png"], ("cats", "dogs")),
        (["10/a.png", "9/a.png"], ("10", "9")),
    ],
)
def test_labels_need_several_folders(
    tmp_path: Path, write: Writer, names: list[str], classes: tuple[str, ...] | None
) -> None:
    dataset = source("folder", tmp_path, path=str(write(tmp_path, dict.fromkeys(names, picture()))))
    assert dataset.classes == classes
    assert (dataset.labels is None) == (classes is None)
    assert read_all(dataset)[0].shape == (len(names), 1, 8, 8)


@both
def test_hidden_files_and_other_files_are_no_images(tmp_path: Path, write: Writer) -> None:
    names = [".hidden.png", ".git/a.png", "__MACOSX/._a.png", "README.md", "labels.csv", "Thumbs.db"]
    files = dict.fromkeys(names, b"x") | {"a.png": picture()}
    assert source("folder", tmp_path, path=str(write(tmp_path, files))).count == 1


@both
def test_channels_are_one_when_every_image_is_grey(tmp_path: Path, write: Writer) -> None:
    grey = {"a.png": picture(), "b.png": picture(1, "1"), "c.png": picture((1, 2), "LA"), "d.png": picture(9, "I;16")}
    path, grey_space, colour_space = str(write(tmp_path, grey)), ImageSpace(1, 8, 8), ImageSpace(3, 8, 8)
    assert source("folder", tmp_path, path=path).format == grey_space.format
    assert source("folder", tmp_path, path=path, channels=3).format == colour_space.format
    path = str(write(tmp_path, {**grey, "e.png": picture((1, 2, 3), "RGB")}))
    assert source("folder", tmp_path, path=path).format == colour_space.format
    assert source("folder", tmp_path, path=path, channels=1).format == grey_space.format


def test_keep_takes_the_proportions_of_the_first_image_that_can_be_read(tmp_path: Path) -> None:
    files = {"a.png": b"x", "b.png": picture(1, size=(30, 20)), "c.png": picture(2, size=(20, 30))}
    path = str(as_directory(tmp_path, files))
    dataset = source("folder", tmp_path, path=path, fit="keep", max_unreadable=1)
    assert dataset.format == ImageSpace(1, 8, 12).format
    images, unreadable = read_all(dataset)
    assert images.shape == (2, 1, 8, 12) and len(unreadable) == 1
    assert source("folder", tmp_path, path=path, fit="crop").format == ImageSpace(1, 8, 8).format
    assert source("folder", tmp_path, path=path, channels=4, levels=2).format == ImageSpace(4, 8, 8, 2).format


def test_pad_shows_the_whole_picture(tmp_path: Path) -> None:
    path = str(as_directory(tmp_path, {"a.png": picture(0, size=(80, 40))}))
    images, _ = read_all(source("folder", tmp_path, path=path, fit="pad"))
    assert images[0, 0, :, 4].tolist() == [255, 255, 0, 0, 0, 0, 255, 255]


def test_proportions_that_would_make_huge_images_are_refused(tmp_path: Path) -> None:
    path = str(as_directory(tmp_path, {"a.png": picture(0, size=(400, 2))}))
    with pytest.raises(UserError, match=r"data.fit: keep makes images of 1600 × 8 pixels, .* has 400 × 2; at"):
        source("folder", tmp_path, path=path, fit="keep")


def test_every_file_format_of_every_mode(tmp_path: Path) -> None:
    pictures = {
        "a.png": picture((200, 200, 200, 255), "RGBA"),
        "b.png": picture((200, 255), "LA"),
        "c.png": picture(200 * 257, "I;16"),
        "d.gif": picture(200, "L", form="gif"),
        "e.jpg": picture(200, "L", form="jpeg"),
        "f.jpg": picture((0, 0, 0, 55), "CMYK", form="jpeg"),
        "g.tiff": picture(200 / 255, "F", form="tiff"),
        "h.tiff": picture(200 * 257, "I;16", form="tiff"),
        "i.webp": picture((200, 200, 200), "RGB", form="webp"),
        "j.bmp": picture((200, 200, 200), "RGB", form="bmp"),
        "k.pgm": picture(200 * 257, "I", form="ppm"),
        "l.tga": picture((200, 200, 200, 255), "RGBA", form="tga"),
        "m.png": picture(200, "P"),
    }
    images, unreadable = read_all(source("folder", tmp_path, path=str(as_directory(tmp_path, pictures))))
    assert unreadable == []
    close = images[:-1].astype(int)  # m.png is entry 200 of Pillow's palette, no grey
    assert np.abs(close - 200).max() <= 2


def broken_files() -> dict[str, bytes]:
    whole = picture((9, 8, 7), "RGB", (64, 64))
    return {
        "a_empty.png": b"",
        "b_text.png": b"this is no image",
        "c_truncated.png": whole[: len(whole) // 2],
        "d_truncated.jpg": picture((1, 2, 3), "RGB", (64, 64), "jpeg")[:300],
        "e_program.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",  # other decoders are not even asked
        "f_deep.tiff": picture(7.0, "F", form="tiff"),
    }


@both
def test_broken_files_are_named_with_a_reason(tmp_path: Path, write: Writer) -> None:
    files = broken_files()
    path = write(tmp_path, {**files, "z.png": picture((1, 2, 3), "RGB")})
    images, unreadable = read_all(source("folder", tmp_path, path=str(path)))
    assert len(images) == 1
    assert [item.name for item in unreadable] == sorted(files)
    assert all(item.reason and "\n" not in item.reason and "0x" not in item.reason for item in unreadable)
    assert unreadable[1].reason == "not an image of a known format"
    assert read_all(source("folder", tmp_path, path=str(path)))[1] == unreadable  # word by word


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["png", "jpeg", "gif", "tiff", "webp", "bmp", "ppm", "tga"]), st.data())
def test_a_garbled_file_is_read_or_named(tmp_path: Path, form: str, data: st.DataObject) -> None:
    content = bytearray(picture((9, 8, 7), "RGB", (16, 16), form))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    tree = folder.open_tree(
        as_directory(tmp_path, {"a.png": bytes(content[: data.draw(st.integers(0, len(content)))])})
    )
    (item,) = folder._stream(tree, ImageSpace(3, 8, 8), whole=False)
    assert isinstance(item, Unreadable) or item.shape == (3, 8, 8)


def test_too_many_pixels_and_too_many_bytes_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = picture(0, "1", (10_000, 10_000))  # 12 kB of file, 100 megapixels
    monkeypatch.setattr(folder, "MAX_FILE_BYTES", len(bomb))
    files = {"a_wide.png": bomb, "b_zeros.png": picture() + bytes(len(bomb)), "c.png": picture()}
    for path in (as_zip(tmp_path, files), as_directory(tmp_path, files)):
        images, unreadable = read_all(source("folder", tmp_path, path=str(path)))
        assert len(images) == 1
        assert [item.name for item in unreadable] == ["a_wide.png", "b_zeros.png"]
        assert "megapixels" in unreadable[0].reason
        assert "larger than" in unreadable[1].reason


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "a/../../b.png", "..\\a.png"])
def test_a_zip_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = as_zip(tmp_path, {name: picture(), "b.png": picture()})
    with pytest.raises(UserError, match=r"own\.zip: an entry points outside of it"):
        source("folder", tmp_path, path=str(path))


def test_links_do_not_leave_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(picture())
    path = as_directory(tmp_path, {"real.png": picture(5)})
    (path / "alias.png").symlink_to(path / "real.png")
    (path / "secret.png").symlink_to(outside / "secret.png")
    images, unreadable = read_all(source("folder", tmp_path, path=str(path)))
    assert images[:, 0, 0, 0].tolist() == [5, 5]
    assert unreadable == [Unreadable(name="secret.png", reason="a link that leaves the folder")]
    (path / "more").symlink_to(outside)
    with pytest.raises(UserError, match="more: a link to a folder; put the folder itself there"):
        source("folder", tmp_path, path=str(path))


@pytest.mark.timeout(10)
def test_pipes_and_dead_links_are_named(tmp_path: Path) -> None:
    path = as_directory(tmp_path, {"real.png": picture()})
    os.mkfifo(path / "pipe.png")
    (path / "dead.png").symlink_to(path / "gone.png")
    _, unreadable = read_all(source("folder", tmp_path, path=str(path)))
    assert unreadable == [Unreadable(name=name, reason="not an ordinary file") for name in ("dead.png", "pipe.png")]


def test_backslashes_in_a_zip_are_folders(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"cats\\a.png": picture(), "dogs\\a.png": picture()})
    assert source("folder", tmp_path, path=str(path)).classes == ("cats", "dogs")


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(as_directory(tmp_path, {"a.png": picture()}))
    assert read_all(source("folder", tmp_path, path="link"))[1] == []


def test_an_encrypted_entry_is_unreadable(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"a.png": picture()})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the local header, and the one in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    (item,) = read_all(source("folder", tmp_path, path=str(path)))[1]
    assert "encrypted" in item.reason


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: None, "not found; put a folder or a zip of images there, or name another path"),
        (lambda path: path.mkdir(), "no images there"),
        (lambda path: path.write_text("no zip"), "not a readable zip"),
        (lambda path: path.write_bytes(b"PK\x05\x06" + bytes(10)), "not a readable zip"),
    ],
)
def test_a_wrong_path_is_one_clear_line(tmp_path: Path, prepare: Callable[[Path], object], message: str) -> None:
    prepare(tmp_path / "own")
    with pytest.raises(UserError, match=message) as caught:
        source("folder", tmp_path, path="own")
    assert str(tmp_path / "own") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_that_no_terminal_takes_are_made_printable(tmp_path: Path) -> None:
    path = as_directory(tmp_path, {})
    path.mkdir()
    (path / "bad\udcff\nname.png").write_bytes(b"")
    (item,) = read_all(source("folder", tmp_path, path="own"))[1]
    assert item.name == "bad??name.png"
