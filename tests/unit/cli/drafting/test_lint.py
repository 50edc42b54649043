"""Linters judge what names and values look like; no table is refused for it."""

import json
import keyword
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.drafting import folder, source_text
from cli.drafting.draft import ModelDraft
from modelfleet.drafting.names import field_names, title_of
from modelfleet.drafting.plan import ColumnPlan, Role, TablePlan
from modelfleet.sampling.generator import LEVELS
from modelfleet.spec.dates import DatePart, DateRule
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Slices
from modelfleet.spec.task import Task
from tests import hostile
from tests.unit.cli.drafting.test_templates import draft

# Beside what the rules' own examples have: what they compare texts and names with.
JUDGED = (
    *("0.0.0.0", "::", "/tmp", "/tmp/x", "/var/tmp/x", "/dev/shm/x"),  # noqa: S104, S108  # names
    *("password", "passwd", "secret", "token", 'token = "abc"', "API_KEY='x'", "pwd: x"),
    *("SELECT * FROM x WHERE y", "DELETE FROM x", "%s %d", "{0} {x}", "http://x", "TODO: x"),
    *("l", "O", "I", "a1B", "aB", "a_B", "visit_ImportFrom", "Ab", "AB", "x = 1", "import os"),
)
SUPPRESSED = re.compile(r"^# ruff: noqa: (.+?)  # names and values of the table$", re.MULTILINE)


def examples() -> list[str]:
    """Every text and name in the documentation of ruff's rules, where each says what breaks it."""
    command = [str(folder._RUFF), "rule", "--all", "--output-format", "json"]
    rules = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = {*JUDGED, *hostile.NAMES, *sys.stdlib_module_names, *keyword.softkwlist}
    for rule in rules:
        for _, block in re.findall(r"```(\w*)\n(.*?)```", rule["explanation"], re.DOTALL):
            found |= {text for _, text in re.findall(r"(['\"])((?:(?!\1).)*)\1", block)}
            found |= set(re.findall(r"[A-Za-z_]\w*", block))
        found |= set(re.findall(r"`([^`\n]+)`", rule["explanation"]))
    return sorted({text.strip() for text in found} - {""})


def feature(number: int, name: str, field: str) -> ColumnPlan:
    """A column of this name; a quarter each are numbers, closed and open categories, and dates."""
    kinds = (
        {"kind": ColumnKind.NUMBER, "minimum": 0, "maximum": 9, "example": 1.5, "unit": name},
        {"kind": ColumnKind.CATEGORY, "categories": (name, "other"), "example": name},
        {"kind": ColumnKind.CATEGORY, "example": name},
        {
            "kind": ColumnKind.DATE,
            "example": "2025-12-25",
            "date": DateRule(timed=False, parts=(DatePart.MONTH, DatePart.WEEKDAY)),
        },
    )
    return ColumnPlan(
        name=name, role=Role.FEATURE, reason="x", values=3, missing_share=0.1 * (number % 2),
        field=field, title=title_of(name), **kinds[number % 4],
    )  # fmt: skip


def drafted(names: list[str], task: Task) -> ModelDraft:
    """A draft of a table that has all of these names in every place."""
    usual, fields = draft("plain", task), field_names(names)
    features = [feature(number, name, fields[name]) for number, name in enumerate(names)]
    roles = [role for role in Role if role.is_left_out]
    aside = [
        ColumnPlan(name=name, role=role, reason="x", values=3, missing_share=0)
        for role in roles
        for name in names
    ]
    labels = {"labels": tuple(names)} if task is Task.MULTICLASS else {}
    target = usual.plan.target.model_copy(update=labels)
    made: TablePlan = usual.plan.model_copy(
        update={"columns": (*features, *aside), "target": target}
    )
    generator = {
        "quantiles": dict.fromkeys(names, (LEVELS,)),
        "decimals": dict.fromkeys(names, 2),
        "shares": {name: ({name: 0.5},) for name in names},
        "missing": dict.fromkeys(names, (0.1,)),
    }
    slices = Slices(columns=dict.fromkeys(names, ()), metric=usual.settings.metrics[0], limit=0.5)
    return ModelDraft(
        made,
        usual.settings.model_copy(update={"slices": slices}),
        type(usual.generator)(**vars(usual.generator) | generator),
    )


@pytest.mark.parametrize("task", Task)
def test_no_rule_refuses_what_a_table_says(task: Task, tmp_path: Path) -> None:
    """Whatever a rule looks for in texts and names; each file says which rules it breaks."""
    folder.write(tmp_path / "hostile", source_text.render(drafted(examples(), task)))
    spec, sample = ((tmp_path / "hostile" / name).read_text() for name in ("spec.py", "sample.py"))
    for source in (spec, sample):
        found = SUPPRESSED.search(source)
        assert found
        assert found[1].split(", ") == sorted(folder._CAUSED_BY_TABLE)


def test_plain_names_suppress_no_rule(tmp_path: Path) -> None:
    """The templates themselves break none."""
    folder.write(
        tmp_path / "plain", source_text.render(drafted(["size", "age", "town"], Task.BINARY))
    )
    for file in (tmp_path / "plain").glob("*.py"):
        assert "noqa" not in file.read_text()


@pytest.mark.parametrize("model", ["dist", "venv", "build", "telnetlib", "ftplib", "json", "tests"])
def test_a_model_may_be_called_like_a_module_or_an_excluded_folder(
    model: str, tmp_path: Path
) -> None:
    """It is formatted and checked as any other."""
    files = source_text.render(drafted(["size", "age", "town"], Task.BINARY))
    folder.write(tmp_path / model, {n: text.replace("hostile", model) for n, text in files.items()})
    assert "noqa" not in (tmp_path / model / "spec.py").read_text()
    assert "\n\n\nclass " in (tmp_path / model / "spec.py").read_text()
