"""What an image says that it is made of."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from images import bill_of_materials

LISTED = """\
installed\tlibc6\t2.41-12\tamd64
config-files\tgone\t1.0\tall
installed\tlogin\t1:4.16.0-2\tamd64
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The document of a folder with three packages, on a system with two."""
    _install(tmp_path, "Pydantic_Core", "2.50.4", "License-Expression: MIT")
    _install(tmp_path, "older", "1.0", "License: BSD, and then\n        its whole text")
    _install(tmp_path, "silent", "3.1", "Summary: says nothing")
    answer = subprocess.CompletedProcess([], 0, stdout=LISTED)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    parsed: dict[str, Any] = json.loads(bill_of_materials.bill_of_materials("predict", tmp_path))
    return parsed


def _install(folder: Path, name: str, version: str, more: str) -> None:
    metadata = folder / f"{name}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}\n")


def _component(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = [each for each in document["components"] if each["name"] == name]
    assert len(found) == 1
    return dict(found[0])


def test_every_installed_package_is_in_it(document: dict[str, Any]) -> None:
    """Python, its packages under their normalised names, and the system's, but none removed."""
    assert {each["name"] for each in document["components"]} == {
        *("python", "pydantic-core", "older", "silent"),
        *("libc6", "login"),
    }
    assert document["metadata"]["component"]["name"] == "modelfleet-predict"


def test_a_package_is_found_by_its_url(document: dict[str, Any]) -> None:
    """Scanners look a component up by its package URL, in which a colon is escaped."""
    assert _component(document, "pydantic-core")["purl"] == "pkg:pypi/pydantic-core@2.50.4"
    assert _component(document, "login")["purl"] == "pkg:deb/debian/login@1%3A4.16.0-2?arch=amd64"


@pytest.mark.parametrize(
    ("name", "licenses"),
    [
        ("pydantic-core", [{"expression": "MIT"}]),
        ("older", [{"license": {"name": "BSD, and then"}}]),
        ("silent", None),
    ],
)
def test_a_licence_is_what_the_package_says(
    document: dict[str, Any], name: str, licenses: object
) -> None:
    """An expression where there is one, else the first line of the prose, else nothing."""
    assert _component(document, name).get("licenses") == licenses


def test_the_same_packages_give_the_same_document(tmp_path: Path, document: dict[str, Any]) -> None:
    """No time and no random number is in it, so that two builds can be compared."""
    again = json.loads(bill_of_materials.bill_of_materials("predict", tmp_path))
    assert again == document
