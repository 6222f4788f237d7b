"""CelebA's faces from a local folder or zip: the centre 178 x 178 of 178 x 218."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dataset_cases import read_all, source
from PIL import Image

from nashgan.data import celeba
from nashgan.runtime.errors import UserError


def face() -> Image.Image:
    image = Image.new("RGB", (178, 218), (255, 0, 0))  # red above and below the centre square
    image.paste((0, 0, 255), (0, 20, 178, 198))
    return image


@pytest.mark.parametrize("where", ["root/celeba", "root", "own"])
@pytest.mark.parametrize("packed", [True, False])
def test_faces_are_found_and_cropped(tmp_path: Path, where: str, packed: bool) -> None:
    folder = tmp_path / where
    folder.mkdir(parents=True)
    if packed:
        buffer = io.BytesIO()
        face().save(buffer, "png")
        with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
            for number in range(3):
                archive.writestr(f"img_align_celeba/{number:06d}.png", buffer.getvalue())
    else:
        (folder / "img_align_celeba").mkdir()
        for number in range(3):
            face().save(folder / "img_align_celeba" / f"{number:06d}.png")
    dataset = source("celeba", tmp_path, root="root", path="own", image_size=64)
    images, unreadable = read_all(dataset)
    assert unreadable == []
    assert dataset.labels is None
    np.testing.assert_array_equal(images, np.broadcast_to(np.array([0, 0, 255])[:, None, None], (3, 3, 64, 64)))


def test_faces_that_cannot_be_had_are_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(celeba, "_HOST", "nowhere")
    with pytest.raises(
        UserError, match=r"img_align_celeba\.zip could not be obtained .*data\.mirror, .*<data\.root>/celeba$"
    ):
        source("celeba", tmp_path)
