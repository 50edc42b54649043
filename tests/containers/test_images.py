"""What an image holds, whom it runs as, and what it says of itself."""

import json
from collections.abc import Mapping
from functools import partial

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tests.containers.building import Builder, DeployedImage
from tests.containers.engine import Engine
from tests.containers.results import SIZE_BUDGETS, UNITS, Results
from tests.infrastructure.templates import REPOSITORY

NOBODY = "65534:65534"
# Programs that compile or link, and what package managers keep.
UNWANTED = ["gcc", "cc", "cc1", "clang", "ld", "make", "*.whl", "*.pyi"]
PLATFORM = {"python_version": "3.13", "python_full_version": "3.13.5", "sys_platform": "linux"}
PLATFORM |= {"platform_machine": "x86_64", "platform_python_implementation": "CPython"}
pytestmark = pytest.mark.parametrize("unit", UNITS)


def _sh(docker: Engine, image: DeployedImage, command: str) -> str:
    """Run a shell command in a container of the image that may write everywhere."""
    options = ["--rm", "--network", "none", "--entrypoint", "sh"]
    return docker.run("run", *options, image.tag, "-c", command)


def test_an_image_is_within_its_budget(
    unit: str, images: Mapping[str, DeployedImage], builder: Builder, results: Results
) -> None:
    """What it takes above its base is what a function waits for when it first starts."""
    results.sizes_mb[unit] = size = builder.size_mb(images[unit].tag)
    assert 0 < size <= SIZE_BUDGETS[unit]


def test_only_finished_folders_are_added_to_the_base(
    unit: str, images: Mapping[str, DeployedImage], docker: Engine
) -> None:
    """Nothing runs in the last stage, so that no cache and no tool can be left there."""
    added = docker.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", images[unit].tag)
    assert "COPY /packages /packages" in added
    assert [line for line in added.splitlines() if "RUN" in line and "modelfleet" in line] == []
    assert "secret" not in added
    wanted = " -o ".join(f"-name '{name}'" for name in UNWANTED)
    assert _sh(docker, images[unit], f"find /packages /code {wanted}") == ""
    assert _sh(docker, images[unit], "ls /build /run/secrets 2>/dev/null | wc -l") == "0"
    added_files = "find /packages /code -name '*.py' -o -name '*.so' | head -1"
    assert _sh(docker, images[unit], added_files)


def test_the_function_is_nobody_and_cannot_change_itself(
    unit: str, images: Mapping[str, DeployedImage], docker: Engine
) -> None:
    """Even where the file system can be written, the code cannot."""
    inspect = partial(docker.run, "inspect", images[unit].tag, "--format")
    assert inspect("{{.Config.User}}") == NOBODY
    assert _sh(docker, images[unit], "id -u; id -g") == NOBODY.replace(":", "\n")
    writable = "find /packages /code -writable -not -type l"
    assert _sh(docker, images[unit], writable) == ""


def test_every_module_is_compiled(
    unit: str, images: Mapping[str, DeployedImage], docker: Engine
) -> None:
    """A function that cannot write would compile the rest at every start."""
    folder = images[unit]
    sources = _sh(docker, folder, "find /packages /code -name '*.py' | wc -l")
    compiled = _sh(docker, folder, "find /packages /code -name '*.cpython-*.pyc' | wc -l")
    assert int(sources) == int(compiled) > 100


def test_it_says_how_to_ask_for_its_health(
    unit: str, images: Mapping[str, DeployedImage], docker: Engine
) -> None:
    """The command is in the image's own configuration."""
    shown = docker.run("inspect", "--format", "{{json .Config.Healthcheck}}", images[unit].tag)
    assert json.loads(shown)["Test"] == ["CMD", "python3", "-m", "images.health"]


def test_the_bill_of_materials_is_what_is_locked_and_installed(
    unit: str, images: Mapping[str, DeployedImage], docker: Engine
) -> None:
    """A valid document names each locked package of this platform, and the system's packages."""
    label = '{{index .Config.Labels "modelfleet.sbom"}}'
    path = docker.run("inspect", "--format", label, images[unit].tag)
    text = _sh(docker, images[unit], f"cat {path}")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    urls = [component["purl"] for component in json.loads(text)["components"]]
    assert {url for url in urls if url.startswith("pkg:pypi/")} == _locked(unit)
    assert any(url.startswith("pkg:deb/debian/libc6@") for url in urls)


def _locked(unit: str) -> set[str]:
    lines = (REPOSITORY / "requirements" / f"{unit}.txt").read_text().splitlines()
    pinned = [Requirement(line.rstrip("\\")) for line in lines if "==" in line and line[0] != " "]
    return {
        f"pkg:pypi/{each.name}@{next(iter(each.specifier)).version}"
        for each in pinned
        if each.marker is None or each.marker.evaluate(PLATFORM)
    }
