"""Builds what `cdk deploy` would build: the same contexts, Dockerfiles and arguments."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.engine import Engine
from tests.infrastructure.templates import FleetTemplates, as_list

_BUILD_SECONDS = 1800.0
_PIP_CONF, _CERTIFICATES = "pip.conf", "certificates"
# What pip is told of the machine's own index, as far as a container can make use of it.
_INDEX_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "proxy", "cert")


@dataclass(frozen=True)
class DeployedImage:
    """A function's image as a stage deploys it. Sizes are in MB of 1,000,000 bytes."""

    unit: str
    memory_mb: int
    ephemeral_mb: int
    context: Path
    dockerfile: str

    @property
    def entry(self) -> str:
        """What Lambda calls in it."""
        return f"functions.{self.unit}.handler.handler"

    @property
    def tag(self) -> str:
        """What the engine calls it."""
        return f"modelfleet-{self.unit}:test"


def deployed_images(fleet: FleetTemplates) -> dict[str, DeployedImage]:
    """The images of a stage by function folder, with the least memory that its handler gets."""
    sources: dict[str, dict[str, Any]] = {}
    for manifest in fleet.folder.glob("*.assets.json"):
        sources |= json.loads(manifest.read_text())["dockerImages"]
    found: dict[str, DeployedImage] = {}
    for function in fleet.functions().values():
        if "ImageUri" in function["Code"]:
            image = _image(fleet, function, sources)
            if function["ImageConfig"]["Command"] != [image.entry]:
                # The same image for another purpose, with memory of its own.
                continue
            known = found.get(image.unit)
            if known is None or image.memory_mb < known.memory_mb:
                found[image.unit] = image
    return found


def _image(
    fleet: FleetTemplates, function: dict[str, Any], sources: dict[str, dict[str, Any]]
) -> DeployedImage:
    address = str(as_list(function["Code"]["ImageUri"])[0])
    source = next(each["source"] for key, each in sources.items() if key in address)
    return DeployedImage(
        unit=Path(source["dockerFile"]).parent.name,
        memory_mb=function["MemorySize"],
        ephemeral_mb=function["EphemeralStorage"]["Size"],
        context=fleet.folder / source["directory"],
        dockerfile=source["dockerFile"],
    )


@dataclass(frozen=True)
class Builder:
    """An engine with the base image, and a folder for what pip must be told."""

    engine: Engine
    base: str
    secrets: Path

    def build(self, tag: str, context: Path, dockerfile: str) -> None:
        """Build an image over the machine's network."""
        arguments = ["--network", "host", "--progress", "plain"]
        arguments += ["--build-arg", f"BASE_IMAGE={self.base}", *self._secrets()]
        arguments += ["--tag", tag, "--file", str(context / dockerfile), str(context)]
        self.engine.run("build", *arguments, timeout_seconds=_BUILD_SECONDS)

    def _secrets(self) -> list[str]:
        options = _pip_options()
        arguments = []
        if certificates := options.get("cert"):
            options["cert"] = f"/run/secrets/{_CERTIFICATES}"
            arguments += ["--secret", f"id={_CERTIFICATES},src={certificates}"]
        file = self.secrets / _PIP_CONF
        file.touch(mode=0o600)
        file.write_text("[global]\n" + "".join(f"{key} = {options[key]}\n" for key in options))
        return [*arguments, "--secret", f"id={_PIP_CONF},src={file}"]

    def size_mb(self, tag: str) -> float:
        """What an image takes above its base."""
        total, base = (
            int(self.engine.run("inspect", "-f", "{{.Size}}", x)) for x in (tag, self.base)
        )
        return (total - base) / 1e6


def _pip_options() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        option, text = key.rpartition(".")[2], value.strip("'\"")
        # A folder of this machine is nothing to a container.
        if option in _INDEX_OPTIONS and "file:" not in text:
            found[option] = text
    return found
