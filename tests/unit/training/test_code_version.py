"""The hash of the code that a model was trained by."""

import shutil
from pathlib import Path

import pytest

import modelfleet
import models
from modelfleet.training.code_version import code_version

LIBRARY, FLEET = Path(modelfleet.__path__[0]), Path(models.__path__[0])
SPEC = "models/bankchurn/spec.py"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both packages, which the hash is taken of."""
    for package in (LIBRARY, FLEET):
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.setattr(modelfleet, "__path__", [str(tmp_path / LIBRARY.name)])
    monkeypatch.setattr(models, "__path__", [str(tmp_path / FLEET.name)])
    return tmp_path


def test_a_copy_elsewhere_has_the_same_version(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version does not hang on where the sources lie."""
    copied = code_version("bankchurn")
    monkeypatch.undo()
    assert sources.exists()
    assert code_version("bankchurn") == copied


@pytest.mark.parametrize(
    "file",
    [
        SPEC,
        "models/bankchurn/new.py",
        "modelfleet/statistics/metrics/measures.py",
        "modelfleet/training/card/card.html.j2",
    ],
)
def test_code_that_takes_part_changes_it(sources: Path, file: str) -> None:
    """The model's folder and the library count, new files too."""
    before = code_version("bankchurn")
    with (sources / file).open("a") as source:
        source.write("# changed\n")
    assert code_version("bankchurn") != before


def test_a_file_that_is_renamed_changes_it(sources: Path) -> None:
    """Names count as well as content."""
    before = code_version("bankchurn")
    (sources / "models/bankchurn/sample.py").rename(sources / "models/bankchurn/other.py")
    assert code_version("bankchurn") != before


@pytest.mark.parametrize(
    "file",
    ["models/leads/spec.py", "models/bankchurn/notes.md", "modelfleet/__pycache__/x.pyc"],
)
def test_what_takes_no_part_changes_nothing(sources: Path, file: str) -> None:
    """Another model's folder, notes and compiled files do not count."""
    before = code_version("bankchurn")
    (sources / file).parent.mkdir(exist_ok=True)
    with (sources / file).open("a") as source:
        source.write("# changed\n")
    assert code_version("bankchurn") == before


def test_line_endings_of_a_checkout_do_not_count(sources: Path) -> None:
    """The same sources with Windows' line endings are the same code."""
    before = code_version("bankchurn")
    spec = sources / SPEC
    spec.write_bytes(spec.read_bytes().replace(b"\n", b"\r\n"))
    assert code_version("bankchurn") == before


def test_each_model_has_its_own() -> None:
    """Two models of the same library have different versions."""
    assert code_version("bankchurn") != code_version("leads")
