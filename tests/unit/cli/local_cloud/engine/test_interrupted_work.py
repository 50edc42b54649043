"""Work that was running when the engine ended is ended and can be started again."""

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.services import cloudformation, stepfunctions

from cli.local_cloud.engine.executions import ExecutionFiles
from cli.local_cloud.engine.interrupted_work import settle
from cli.local_cloud.state.restart_report import CAUSE

_SCOPE = ("0" * 12, "us-east-1")
_ARN = "arn:aws:states:us-east-1:000000000000:execution:retraining:late"
_STORES = (
    stepfunctions._executions,
    stepfunctions._map_runs,
    cloudformation._stacks,
    cloudformation._change_sets,
)


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    """Give each test an engine without executions and stacks."""
    before = [dict(store._data) for store in _STORES]
    for store in _STORES:
        store._data.clear()
    yield
    for store, data in zip(_STORES, before, strict=True):
        store._data.clear()
        store._data.update(data)


def _stack(status: str, **more: Any) -> dict[str, Any]:
    stack = {"StackName": "models", "StackId": "id", "StackStatus": status, **more}
    cloudformation._stacks._data[*_SCOPE, "models"] = stack
    cloudformation._change_sets._data[*_SCOPE, "set"] = {"StackId": "id"}
    return stack


def _execution(status: str, **more: Any) -> dict[str, Any]:
    return {"executionArn": _ARN, "name": "late", "status": status, "stopDate": None, **more}


def test_a_running_execution_fails() -> None:
    """An interrupted execution fails with a stop date and a cause."""
    execution = _execution("RUNNING")
    stepfunctions._executions._data[*_SCOPE, _ARN] = execution
    assert settle().executions == (_ARN,)
    assert (execution["status"], execution["cause"]) == ("FAILED", CAUSE)
    assert execution["stopDate"]
    assert settle().executions == ()


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED"])
def test_an_ended_execution_is_unchanged(status: str) -> None:
    """The result of an ended execution does not change."""
    execution = _execution(status)
    stepfunctions._executions._data[*_SCOPE, _ARN] = execution
    assert settle().executions == ()
    assert execution == _execution(status)


def test_an_interrupted_update_can_be_deployed_again() -> None:
    """The stack gets its previous template, so that the next deployment finds a difference."""
    old: dict[str, Any] = {"Resources": {"Old": {}}}
    new: dict[str, Any] = {"Resources": {"New": {}}}
    stack = _stack("UPDATE_IN_PROGRESS", _template=old, _template_body=json.dumps(new))
    assert settle().stacks == ("models",)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert json.loads(stack["_template_body"]) == old
    assert cloudformation._change_sets._data == {}


def test_an_interrupted_creation_can_be_deployed_again() -> None:
    """The stack keeps its resources and gets an empty template."""
    made = {"Bucket": {"PhysicalResourceId": "lake"}}
    stack = _stack("CREATE_IN_PROGRESS", _template={"Resources": {"B": {}}}, _resources=made)
    settle()
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert json.loads(stack["_template_body"]) == {"Resources": {}}
    assert stack["_resources"] == made


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_was_not_changing_is_unchanged(status: str) -> None:
    """Complete stacks and stacks in review are left alone."""
    stack = _stack(status)
    assert settle().stacks == ()
    assert stack["StackStatus"] == status


def _file(folder: Path, status: str) -> None:
    folder.mkdir(exist_ok=True)
    kept = {"scope": [*_SCOPE, _ARN], "execution": _execution(status)}
    (folder / "late.json").write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("on_file", "in_generation", "expected"),
    [
        ("RUNNING", None, "RUNNING"),
        ("SUCCEEDED", None, "SUCCEEDED"),
        ("SUCCEEDED", "FAILED", "SUCCEEDED"),
        ("RUNNING", "SUCCEEDED", "SUCCEEDED"),
    ],
)
def test_the_later_of_file_and_generation_is_used(
    tmp_path: Path, on_file: str, in_generation: str | None, expected: str
) -> None:
    """If either file or generation knows that an execution ended, it ended."""
    _file(tmp_path / "files", on_file)
    if in_generation is not None:
        stepfunctions._executions._data[*_SCOPE, _ARN] = _execution(in_generation)
    files = ExecutionFiles(tmp_path / "files")
    files.restore()
    assert stepfunctions._executions._data[*_SCOPE, _ARN]["status"] == expected
    files.forget(files.ended())
    assert list((tmp_path / "files").iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scope": [1], "execution": {"status": "X"}}'])
def test_a_damaged_record_of_an_execution(tmp_path: Path, text: str) -> None:
    """It is reported and set aside, and the others are read."""
    _file(tmp_path / "files", "SUCCEEDED")
    (tmp_path / "files" / "bad.json").write_text(text)
    files = ExecutionFiles(tmp_path / "files")
    files.restore()
    assert stepfunctions._executions._data[*_SCOPE, _ARN]["status"] == "SUCCEEDED"
    assert files.damaged == ["the record of execution bad is damaged"]
    assert (tmp_path / "files" / "bad.damaged").read_text() == text


def test_an_execution_runs_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution whose record cannot be written still runs to its end."""
    ran: list[str] = []
    monkeypatch.setattr(stepfunctions, "_run_execution", ran.append)
    files = ExecutionFiles(tmp_path / "files")
    files.follow(monkeypatch.setattr)
    stepfunctions._executions._data[*_SCOPE, _ARN] = _execution("RUNNING")

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    stepfunctions._run_execution(_ARN)
    assert ran == [_ARN]
