"""What an image is made of, as CycloneDX 1.6: Python, its packages, and those of the system."""

import json
import platform
import subprocess
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

FILE = "sbom.cdx.json"
_LISTED = r"${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n"

Component = dict[str, Any]


def bill_of_materials(function: str, packages: Path) -> str:
    """The document for a function whose packages lie in a folder, on this very system."""
    found = [_python(), *_python_packages(packages), *_system_packages()]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": f"modelfleet-{function}"}},
        "components": sorted(found, key=lambda component: str(component["bom-ref"])),
    }
    return json.dumps(document, indent=1)


def _python() -> Component:
    version = platform.python_version()
    return _component("platform", "python", version, f"pkg:generic/python@{version}")


def _python_packages(folder: Path) -> Iterator[Component]:
    for package in distributions(path=[str(folder)]):
        name = package.name.lower().replace("_", "-")
        url = f"pkg:pypi/{name}@{package.version}"
        yield _component("library", name, package.version, url) | _licenses(package)


def _licenses(package: Distribution) -> Component:
    metadata = package.metadata
    if "License-Expression" in metadata:
        return {"licenses": [{"expression": metadata["License-Expression"]}]}
    # Older packages say it in prose, or with the whole text after the first line.
    name = metadata["License"].strip().split("\n")[0] if "License" in metadata else ""
    return {"licenses": [{"license": {"name": name}}]} if name else {}


def _system_packages() -> Iterator[Component]:
    """Debian's packages of the base image."""
    command = ["dpkg-query", "--show", "--showformat", _LISTED]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        status, name, version, architecture = line.split("\t")
        if status == "installed":
            url = f"pkg:deb/debian/{name}@{version.replace(':', '%3A')}?arch={architecture}"
            yield _component("library", name, version, url)


def _component(kind: str, name: str, version: str, url: str) -> Component:
    return {"type": kind, "bom-ref": url, "name": name, "version": version, "purl": url}
