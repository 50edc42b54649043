"""LightGBM finds an OpenMP runtime in an image whose system has none."""

import re
from pathlib import Path

import pytest

from cdk.shared.function_code import ROOT
from images.openmp import FOLDER, link_openmp


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Installed packages: LightGBM, and scikit-learn with its libraries."""
    (tmp_path / "lightgbm").mkdir()
    (tmp_path / "scikit_learn.libs").mkdir()
    (tmp_path / "scikit_learn.libs" / "libgomp-e985bcbb.so.1.0.0").write_bytes(b"runtime")
    return tmp_path


def test_the_runtime_is_linked_under_its_usual_name(packages: Path, tmp_path: Path) -> None:
    """The link is relative, so that it holds wherever the folder is copied to."""
    link_openmp(packages)
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert (moved / FOLDER / "libgomp.so.1").read_bytes() == b"runtime"


def test_other_images_have_none(packages: Path) -> None:
    """Without LightGBM, nothing is added."""
    (packages / "lightgbm").rmdir()
    link_openmp(packages)
    assert not (packages / FOLDER).exists()


def test_a_missing_runtime_fails_the_build(packages: Path) -> None:
    """An image without one would train without LightGBM, and nobody would notice."""
    next(packages.glob("scikit_learn.libs/*")).unlink()
    with pytest.raises(SystemExit, match="no OpenMP runtime"):
        link_openmp(packages)


def test_the_train_image_looks_there() -> None:
    """The loader's path names the folder."""
    text = (ROOT / "functions" / "train" / "Dockerfile").read_text()
    assert re.search(rf"LD_LIBRARY_PATH=/packages/{FOLDER}\b", text)
