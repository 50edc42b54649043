"""What depends on a task is in the modules of the tasks, and each layer has all of them."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.predict.answer_kinds import ANSWER_KINDS
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.registry.manifest import BundleManifest
from modelfleet.serving.tasks.by_task import ANSWERS
from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.training.card.plots import PLOTS

ROOT = Path(__file__).parents[3]
# Files that may name a task, with the reason.
NAMED = {
    "layers/modelfleet/training/card/plots.py": "the table of what is drawn",
    "functions/predict/answer_kinds.py": "the table of what the API declares",
    "benchmarks/drift_product.py": "declares a model",
    "benchmarks/quality/one_table.py": "declares a model",
    "benchmarks/tables.py": "declares a model",
}
# Types that one task alone has: asking for them is asking for the task.
OF_A_TASK = {"PredictionInterval", "Classification", "ClassChoice", "ClasswiseCalibration"}
# The form of a calibration, not of a task, is exported and applied.
OF_A_FORM = {
    "layers/modelfleet/adapters/onnx_export.py",
    "layers/modelfleet/statistics/calibration.py",
}


def product() -> Iterator[tuple[str, str]]:
    """Each file of the product that is neither a task's module nor a model's folder."""
    for folder in ("layers/modelfleet", "functions", "cli", "cdk", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.parent.name != "tasks":
                yield str(path.relative_to(ROOT)), path.read_text()


def named_tasks(source: str) -> list[str]:
    """Where code names a task, or compares with a task's name."""
    names = {task.name for task in Task}
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in names:
            found.append(ast.unparse(node))
        if isinstance(node, ast.Compare | ast.MatchValue | ast.Dict):
            texts = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
            found += [str(text) for text in texts if text in {*Task}]
    return found


def types_of_a_task(source: str) -> list[str]:
    """Where code asks for a type that one task alone has."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "isinstance"
        and OF_A_TASK & {each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name)}
    ]


@pytest.mark.parametrize("table", [STATISTICS, ANSWERS, DRAFTS, PLOTS, ANSWER_KINDS])
def test_every_layer_has_every_task(table: Mapping[Task, Any]) -> None:
    """A task that a layer does not know would fail where it is first asked for."""
    assert set(table) == set(Task)


@pytest.mark.parametrize("task", Task)
def test_a_manifest_has_room_for_the_rule(task: Task) -> None:
    """The field that a task names is there, and what it answers has the field of its score."""
    assert task.kind.rule_field in BundleManifest.model_fields
    assert task.kind.score_field in getattr(ANSWERS[task].outcome, "_fields", ())


def test_no_other_code_asks_for_the_task() -> None:
    """A fourth task would be forgotten there."""
    found = {path: named for path, source in product() if (named := named_tasks(source))}
    assert set(found) <= set(NAMED), found
    assert set(NAMED) <= set(found), "an exception is no longer needed"


def test_no_other_code_asks_for_the_types_of_a_task() -> None:
    """It would be the same question in disguise."""
    found = {path: asked for path, source in product() if (asked := types_of_a_task(source))}
    assert set(found) == OF_A_FORM, found


@pytest.mark.parametrize(
    "code",
    [
        "if spec.task is Task.BINARY: pass",
        "x = {Task.REGRESSION: 1}[task]",
        "if spec.task == 'multiclass': pass",
        "if task in ('binary', 'multiclass'): pass",
        "match task:\n    case 'binary': pass",
        "limits = {'binary': 0.75}",
    ],
)
def test_a_question_is_found(code: str) -> None:
    """However it is put."""
    assert named_tasks(code)


def test_a_question_in_disguise_is_found() -> None:
    """Among several types as well."""
    assert types_of_a_task("isinstance(rule, float | PredictionInterval)")
    assert not types_of_a_task("isinstance(rule, float)")
