"""Snapshots show a reviewer how a change affects the templates of every stage."""

import difflib
import json

import pytest

from modelfleet.catalogue import catalogue
from tests.infrastructure.snapshots import COMMAND, recorded_models, render, snapshot_file
from tests.infrastructure.templates import FleetTemplates, synthesize

_SHOWN_LINES = 80


@pytest.fixture
def recorded_fleet(
    fleet: FleetTemplates, tmp_path_factory: pytest.TempPathFactory
) -> FleetTemplates:
    """The templates of the snapshot's models: adding a model does not change the others."""
    models = catalogue()
    recorded = recorded_models(fleet.stage.name)
    if list(models) == recorded or not set(recorded) <= set(models):
        return fleet
    chosen = {name: models[name] for name in recorded}
    return synthesize(fleet.stage, tmp_path_factory.mktemp("recorded"), models=chosen)


def test_templates_match_their_snapshots(recorded_fleet: FleetTemplates) -> None:
    """Templates match their snapshot; the message names the command that renews it."""
    stage = recorded_fleet.stage.name
    expected, found = snapshot_file(stage).read_text(), render(recorded_fleet)
    difference = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "snapshot", "templates", lineterm="", n=2
    )
    lines = list(difference)
    shown = "\n".join(lines[:_SHOWN_LINES])
    more = f"\n… and {len(lines) - _SHOWN_LINES} lines more" if len(lines) > _SHOWN_LINES else ""
    assert not lines, f"stage {stage} changed; if it should, run: {COMMAND}\n{shown}{more}"


def _with_code(fleet: FleetTemplates, code: str) -> FleetTemplates:
    """The same templates with different content in their assets."""
    hashes = {
        word
        for text in fleet.texts.values()
        for word in text.replace(".", '"').replace(":", '"').split('"')
        if len(word) == len(code) and set(word) <= set("0123456789abcdef")
    }
    texts = dict(fleet.texts)
    for word in hashes:
        texts = {part: text.replace(word, code) for part, text in texts.items()}
    return FleetTemplates(fleet.stage, fleet.folder, texts, (), fleet.models)


def test_code_alone_changes_no_snapshot(cloud_fleet: FleetTemplates) -> None:
    """A snapshot depends on no asset's content, no account and no order in the template."""
    text = render(cloud_fleet)
    assert render(_with_code(cloud_fleet, "0a" * 32)) == text
    turned = {
        part: json.dumps({key: dict(reversed(value.items())) for key, value in template.items()})
        for part, template in cloud_fleet.parts.items()
        for template in [{k: v for k, v in template.items() if k in ("Resources", "Outputs")}]
    }
    reversed_ = FleetTemplates(
        cloud_fleet.stage, cloud_fleet.folder, turned, (), cloud_fleet.models
    )
    assert render(reversed_) == text


def test_a_changed_property_is_shown(cloud_fleet: FleetTemplates) -> None:
    """A changed number changes one line, below the resource that has it."""
    memory = f'"MemorySize": {cloud_fleet.stage.serving_memory_mb_minimum}'
    texts = {part: t.replace(memory, '"MemorySize": 4096') for part, t in cloud_fleet.texts.items()}
    changed = FleetTemplates(cloud_fleet.stage, cloud_fleet.folder, texts, (), cloud_fleet.models)
    before, after = render(cloud_fleet).splitlines(), render(changed).splitlines()
    pairs = {(a, b) for a, b in zip(before, after, strict=True) if a != b}
    stage_memory = cloud_fleet.stage.serving_memory_mb_minimum
    assert pairs == {(f"  MemorySize: {stage_memory}", "  MemorySize: 4096")}
