"""Renders and renews the snapshots of the templates: what a review needs, in one file per stage."""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelfleet.catalogue import catalogue
from tests.infrastructure.templates import (
    REPOSITORY,
    FleetTemplates,
    Resource,
    synthesize,
)
from tests.stages import STAGES

FOLDER = REPOSITORY / "tests" / "infrastructure" / "snapshots"
COMMAND = "make snapshots"

_MODELS = "models: "
_WIDTH = 120
_STEP = "  "
# The same on every resource.
_LEFT_OUT = {"Tags"}
# These depend on code, which changes without the infrastructure: hashes of assets, and the suffixes
# of IDs of published versions.
_ASSET = re.compile(r"\b[0-9a-f]{64}\b")
_PUBLISHED = re.compile(r"(?<=[0-9A-F]{8})[0-9a-f]{32}\b")
# The hash that the CDK appends to logical IDs.
_OWN_HASH = re.compile(r"(?<=[A-Za-z])[0-9A-F]{6,8}\b|-[0-9a-f]{6}\b")


def snapshot_file(stage: str) -> Path:
    """The path of a stage's snapshot."""
    return FOLDER / f"{stage}.txt"


def recorded_models(stage: str) -> list[str]:
    """The models in a snapshot."""
    first = snapshot_file(stage).read_text().splitlines()[0]
    return first.removeprefix(_MODELS).split()


def render(fleet: FleetTemplates) -> str:
    """The snapshot of a stage: its stacks and resources, one property per line if it fits.

    Of resources that differ only in their model, the first is shown and the others are listed.
    """
    lines = [_MODELS + " ".join(fleet.models)]
    model = re.compile("|".join(sorted(fleet.models, key=len, reverse=True)))
    for part, template in sorted(fleet.parts.items()):
        lines += ["", f"[{part}]"]
        for names, body in _alike(_published(template["Resources"]), model):
            lines += ["", *(f"{name} {body[0]}" for name in names), *body[1:]]
        for name, output in sorted(template.get("Outputs", {}).items()):
            lines += _property(f"output {name}", output["Value"], "")
    return _without_code("\n".join(lines)) + "\n"


def renew(folder: Path) -> None:
    """Write the snapshots of all stages."""
    FOLDER.mkdir(exist_ok=True)
    for name, stage in STAGES.items():
        snapshot_file(name).write_text(render(synthesize(stage, folder / name)))


def _without_code(text: str) -> str:
    return _PUBLISHED.sub("<published>", _ASSET.sub("<asset>", text))


def _published(resources: Mapping[str, Resource]) -> list[tuple[str, list[str]]]:
    """Every resource's ID and its lines, in an order that does not depend on code."""
    found = [(_without_code(name), list(_resource(each))) for name, each in resources.items()]
    return sorted(found)


def _alike(
    resources: list[tuple[str, list[str]]], model: re.Pattern[str]
) -> Iterator[tuple[list[str], list[str]]]:
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for name, body in resources:
        key = _OWN_HASH.sub("", model.sub("<model>", _without_code("\n".join([name, *body]))))
        groups.setdefault(key, ([], body))[0].append(name)
    yield from groups.values()


def _resource(resource: Resource) -> Iterator[str]:
    policy = resource.get("DeletionPolicy")
    yield str(resource["Type"]) + (f" deletion={policy}" if policy else "")
    for key in ("UpdatePolicy", "CreationPolicy"):
        if key in resource:
            yield from _property(key, resource[key], _STEP)
    for key, value in sorted(resource.get("Properties", {}).items()):
        if key not in _LEFT_OUT:
            yield from _property(key, value, _STEP)


def _property(name: str, value: Any, indent: str) -> Iterator[str]:
    plain = _plain(value)
    yield from _shown(f"{indent}{name}:", plain, indent)


def _shown(start: str, value: Any, indent: str) -> Iterator[str]:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    line = f"{start} {text}"
    if len(line) <= _WIDTH or not isinstance(value, dict | list) or not _nested(value):
        yield line
        return
    yield start
    deeper = indent + _STEP
    if isinstance(value, dict):
        for key, inner in sorted(value.items()):
            yield from _shown(f"{deeper}{key}:", inner, deeper)
    else:
        for inner in value:
            yield from _shown(f"{deeper}-", inner, deeper)


def _nested(value: dict[str, Any] | list[Any]) -> bool:
    """Whether it contains more than a list of words."""
    return isinstance(value, dict) or any(isinstance(each, dict | list) for each in value)


def _plain(value: Any) -> Any:
    """The value with references in angle brackets and embedded JSON parsed."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return _taken_apart(value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind in _REFERENCES:
            return f"<{_REFERENCES[kind](inner)}>"
        if kind == "Fn::Join":
            return _taken_apart(inner[0].join(str(_plain(each)) for each in inner[1]))
    return {key: _plain(inner) for key, inner in value.items()}


_REFERENCES: dict[str, Callable[[Any], str]] = {
    "Ref": str,
    "Fn::GetAtt": ".".join,
    "Fn::GetStackOutput": lambda output: f"{output['StackName']}.{output['OutputName']}",
}


def _taken_apart(text: str) -> Any:
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if "widgets" in found:
        # test_monitoring covers the content of the graphs.
        shown = [each["properties"] for each in found["widgets"]]
        return [each.get("title") or each["markdown"].splitlines()[0] for each in shown]
    return _without_retries(found)


def _without_retries(definition: Any) -> Any:
    """A state machine without its retries, which test_workflow covers."""
    if isinstance(definition, list):
        return [_without_retries(each) for each in definition]
    if not isinstance(definition, dict):
        return definition
    return {
        key: f"{len(inner)} rules" if key == "Retry" else _without_retries(inner)
        for key, inner in definition.items()
    }


def main() -> None:
    """Renew all snapshots."""
    with tempfile.TemporaryDirectory() as folder:
        renew(Path(folder))
    sys.stdout.write(f"wrote {FOLDER.relative_to(REPOSITORY)} of {', '.join(catalogue())}\n")


if __name__ == "__main__":
    main()
