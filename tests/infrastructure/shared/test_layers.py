"""The layer of libraries holds what Lambda can load, whatever machine built it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cdk.shared.layers import RUNTIME
from modelfleet.resource_names import StackPart
from tests.infrastructure.templates import REPOSITORY, FleetTemplates

_ELF_MACHINE = slice(18, 20)
_X86_64 = b"\x3e\x00"


@pytest.fixture
def libraries(fleets: Mapping[str, FleetTemplates]) -> Path:
    """The release function's layer, built from its lock file."""
    fleet = fleets["dev"]
    layers = fleet.properties(StackPart.RETRAINING, "AWS::Lambda::LayerVersion")
    content = next(layer["Content"] for layer in layers if "release.txt" in layer["Description"])
    return fleet.folder / f"asset.{content['S3Key'].removesuffix('.zip')}" / "python"


def test_it_holds_the_locked_packages(libraries: Path) -> None:
    """The packages are where Lambda's Python finds them."""
    expected = {"pydantic", "pydantic_core", "obstore", "aws_lambda_powertools"}
    assert expected <= {path.name for path in libraries.iterdir()}


def test_its_extensions_are_for_the_runtime_and_its_processor(libraries: Path) -> None:
    """An extension for the build machine would fail at the first call."""
    version = RUNTIME.name.removeprefix("python").replace(".", "")
    extensions = list(libraries.rglob("*.so"))
    assert extensions
    for path in extensions:
        assert re.search(rf"\.(abi3|cpython-{version}-x86_64-linux-gnu)\.so$", path.name), path
        assert path.read_bytes()[_ELF_MACHINE] == _X86_64


def test_it_holds_no_byte_code(libraries: Path) -> None:
    """Lambda's Python could not use the build machine's."""
    assert list(libraries.rglob("*.pyc")) == []


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_every_zip_function_has_the_logger(
    fleets: Mapping[str, FleetTemplates], stage: str
) -> None:
    """Each of our zip functions has the shared code and a layer that holds Powertools."""
    fleet = fleets[stage]
    handlers = {
        name: properties
        for name, properties in fleet.functions().items()
        if str(properties.get("Handler", "")).startswith("functions.")
    }
    units = {properties["Handler"].split(".")[1] for properties in handlers.values()}
    assert {"release", "captures", "metrics", "registry_users"} <= units
    described = {
        name: layer["Properties"]["Description"]
        for part in fleet.parts
        for name, layer in fleet.resources(part, "AWS::Lambda::LayerVersion").items()
    }
    for name, properties in handlers.items():
        shared, packages = (described[each["Ref"]] for each in properties["Layers"])
        assert "modelfleet" in shared, name
        lock = REPOSITORY / "requirements" / packages.removeprefix("The packages of ")
        assert "aws-lambda-powertools==" in lock.read_text(), name
