"""All functions' Dockerfiles look alike, and their contexts contain what they copy."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdk.shared.function_code import ROOT
from tests.infrastructure.templates import FleetTemplates

UNITS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/Dockerfile"))
FORM = "predict"
# Only predict functions are restored from snapshots, so only their image allows it.
SNAPSTART = 'LABEL com.amazonaws.lambda.feature.snapstart="Allow"'


def _instructions(unit: str) -> list[str]:
    text = (ROOT / "functions" / unit / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", UNITS)
def test_dockerfiles_differ_only_in_the_function(unit: str) -> None:
    """What holds for one image holds for all, except for SnapStart."""
    form = [line for line in _instructions(FORM) if line != SNAPSTART]
    found = [line for line in _instructions(unit) if unit != FORM or line != SNAPSTART]
    assert found == [line.replace(FORM, unit) for line in form]


def test_the_predict_image_allows_snapstart() -> None:
    """In the last stage: labels of an earlier one are not part of the image."""
    instructions = _instructions(FORM)
    stages = [index for index, line in enumerate(instructions) if line.startswith("FROM")]
    assert instructions.index(SNAPSTART) > stages[-1]


def test_the_base_image_is_an_argument_with_a_pinned_tag() -> None:
    """Each build stage uses the same argument, whose default has version, variant and system."""
    instructions = _instructions(FORM)
    assert "ARG BASE_IMAGE=python:3.13-slim-trixie" in instructions
    assert {line.split()[1] for line in instructions if line.startswith("FROM")} == {
        "${BASE_IMAGE}"
    }


@pytest.mark.parametrize("unit", UNITS)
def test_copied_files_exist(unit: str) -> None:
    """A file that was moved fails here, and not in a build half an hour later."""
    copied = [
        source
        for line in _instructions(unit)
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert len(copied) >= 7
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_context_is_exactly_what_the_image_copies(
    fleets: Mapping[str, FleetTemplates],
) -> None:
    """Another function's code must not cause a rebuild."""
    assets = fleets["dev"].folder.glob("asset.*")
    contexts = [path for path in assets if (path / "functions").is_dir()]
    images = {found.parent.name: path for path in contexts for found in _dockerfiles(path)}
    assert sorted(images) == UNITS
    for unit, path in images.items():
        files = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
        assert {f"requirements/{unit}.txt", "images/install.py", "images/health.py"} <= files
        folders = {re.sub(r"^functions/([^/]+)/.*", r"\1", name) for name in files}
        assert folders & set(UNITS) == {unit}
        assert {name.split("/")[0] for name in files} == {
            *(".dockerignore", "functions", "images", "layers", "requirements")
        }


def _dockerfiles(context: Path) -> list[Path]:
    return list((context / "functions").glob("*/Dockerfile"))
