"""The images may be distributed: every package's license is a known one."""

import re
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.infrastructure.templates import REPOSITORY

pytestmark = pytest.mark.static

IMAGES = ("predict", "train", "release", "runtime", "captures", "batch", "drift")
LAMBDA = {"python_full_version": "3.13.5", "python_version": "3.13", "sys_platform": "linux"}
# Permissive, or copyleft limited to single files or to an unmodified library.
ALLOWED = {
    "0BSD", "3-Clause BSD License", "Apache Software License", "Apache-2.0", "BSD License",
    "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC License (ISCL)",
    "LGPL-3.0-only", "MIT", "MIT License", "MIT No Attribution License (MIT-0)", "MIT-0", "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)", "PSF-2.0", "Python Software Foundation License", "TCL",
    "Zlib",
}  # fmt: skip
# Their metadata has the license's whole text instead of its name.
NAMED_BY_HAND = {"rich-click": "MIT"}
# Lambda's runtime client is only used in images, and not installed here.
NOT_INSTALLED = {
    "awslambdaric": "Apache-2.0",
    "simplejson": "MIT",
    "snapshot-restore-py": "Apache-2.0",
}


def _packages(lock: Path) -> Iterator[str]:
    for line in lock.read_text().splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.removesuffix("\\").strip())
            if requirement.marker is None or requirement.marker.evaluate(LAMBDA):
                yield requirement.name


def _licences(package: str) -> set[str]:
    """A package's licenses; all of them if it offers a choice."""
    if known := {**NOT_INSTALLED, **NAMED_BY_HAND}.get(package):
        return {known}
    fields = metadata(package)
    classified = [c for c in fields.get_all("Classifier", []) if c.startswith("License ::")]
    named = " AND ".join(c.split(" :: ")[-1] for c in classified)
    # Query all of them: how a missing one fails depends on what else was imported.
    (written,) = fields.get_all("License", [""])
    (expression,) = fields.get_all("License-Expression", [named or written])
    return set(re.split(" AND | OR ", expression))


@pytest.mark.parametrize("image", IMAGES)
def test_every_package_of_an_image_has_a_known_licence(image: str) -> None:
    """No lock file contains a package whose license has not been reviewed."""
    packages = set(_packages(REPOSITORY / "requirements" / f"{image}.txt"))
    assert "aws-lambda-powertools" in packages
    unknown = {package: _licences(package) - ALLOWED for package in packages}
    assert {package: which for package, which in unknown.items() if which} == {}
