"""The logging of every function's invocations."""

import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from modelfleet.adapters.runtime import Runtime
from modelfleet.spec.errors import BatchError

CONTEXT = SimpleNamespace(aws_request_id="r1")
SECRET = "4111-1111"
SERVICE = "unit-test"
Lines = Callable[[], list[dict[str, Any]]]


class Answer(BaseModel):
    """What a function returns."""

    rows: int


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """The runtime of a process that has logged nothing yet."""
    logging.getLogger(SERVICE).__dict__.pop("init", None)
    yield Runtime(SERVICE)
    logging.getLogger(SERVICE).handlers.clear()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was logged since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_invocation_ends_with_its_duration(runtime: Runtime, lines: Lines) -> None:
    """One line states the service, the request, the function's own keys and how long it took."""

    @runtime.handler
    def handler(event: Any, _context: Any) -> Answer:
        runtime.append_keys(model="churn", execution_id=event["id"])
        return Answer(rows=3)

    assert handler({"id": "e1"}, CONTEXT) == {"rows": 3}
    (line,) = lines()
    assert (
        line.items()
        >= {
            "level": "INFO",
            "message": "invocation succeeded",
            "service": SERVICE,
            "request_id": "r1",
            "cold_start": True,
            "model": "churn",
            "execution_id": "e1",
        }.items()
    )
    assert 0.0 <= line["seconds"] < 60.0


def test_keys_end_with_their_invocation(runtime: Runtime, lines: Lines) -> None:
    """A process that serves several models never logs one under the name of another."""

    @runtime.handler
    def handler(event: Any, _context: Any) -> dict[str, Any]:
        runtime.append_keys(**event)
        return {}

    handler({"model": "churn"}, CONTEXT)
    handler({}, CONTEXT)
    first, second = lines()
    assert (first["model"], first["cold_start"]) == ("churn", True)
    assert "model" not in second
    assert second["cold_start"] is False


def test_a_deliberate_error_is_logged_with_its_reason(runtime: Runtime, lines: Lines) -> None:
    """Class, stack, cause and reason are logged at ERROR, and the caller gets the error itself."""

    @runtime.handler
    def handler(_event: Any, _context: Any) -> dict[str, Any]:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise BatchError("the event has no part") from error

    with pytest.raises(BatchError):
        handler({}, CONTEXT)
    (line,) = lines()
    assert (line["level"], line["message"]) == ("ERROR", "invocation failed")
    assert (line["error"], line["reason"]) == ("BatchError", "the event has no part")
    assert "test_runtime.py" in line["frames"][-1]
    assert line["cause"]["error"] == "KeyError"
    assert SECRET not in json.dumps(line)


def test_the_text_of_an_unexpected_error_is_not_logged(runtime: Runtime, lines: Lines) -> None:
    """It may quote a row's values; its class and its stack are enough to find it."""

    @runtime.handler
    def handler(_event: Any, _context: Any) -> dict[str, Any]:
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        handler({}, CONTEXT)
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


def test_causes_that_form_a_circle_are_described(runtime: Runtime, lines: Lines) -> None:
    """An error may be its own cause's cause; its description ends all the same."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    @runtime.handler
    def handler(_event: Any, _context: Any) -> dict[str, Any]:
        raise first

    with pytest.raises(ValueError):  # noqa: PT011  # the very error
        handler({}, CONTEXT)
    (line,) = lines()
    assert (line["error"], line["cause"]["error"]) == ("ValueError", "KeyError")


def _nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), _nested()], ids=["nan", "inf", "deep"]
)
def test_a_value_that_is_no_json_costs_itself_only(
    runtime: Runtime, lines: Lines, value: object
) -> None:
    """The line is written with its other keys, and is JSON as CloudWatch reads it."""
    runtime.logger.info("text", extra={"value": value, "other": 1})
    (line,) = lines()
    assert (line["message"], line["other"], line["value"]) == ("text", 1, "(not JSON)")


def test_a_reason_is_bounded(runtime: Runtime, lines: Lines) -> None:
    """A text that quotes what was sent cannot fill the log."""

    @runtime.handler
    def handler(_event: Any, _context: Any) -> dict[str, Any]:
        raise BatchError("x" * 1_000_000)

    with pytest.raises(BatchError):
        handler({}, CONTEXT)
    (line,) = lines()
    assert len(line["reason"]) == 2_000


@pytest.mark.parametrize("text", ["12", "{}", "a\u2028b\nc", "50 % of %s"])
def test_a_message_is_one_line_of_text(runtime: Runtime, lines: Lines, text: str) -> None:
    """A message that is valid JSON stays text, and no separator splits a line."""
    runtime.logger.info(text)
    (line,) = lines()
    assert line["message"] == text


def test_a_context_without_an_id_is_no_error(runtime: Runtime, lines: Lines) -> None:
    """Tests and other callers may invoke a handler without Lambda's context."""
    assert runtime.handler(lambda _event, _context: {"a": 1})({}, None) == {"a": 1}
    (line,) = lines()
    assert "request_id" not in line


def test_the_environment_sets_the_level(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    """`POWERTOOLS_LOG_LEVEL` holds for the function and for the library."""
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")
    logging.getLogger(SERVICE).__dict__.pop("init", None)
    quiet = Runtime(SERVICE)
    try:
        quiet.logger.info("not logged")
        quiet.logger.warning("logged")
        assert [line["message"] for line in lines()] == ["logged"]
        assert logging.getLogger("modelfleet").level == logging.WARNING
    finally:
        logging.getLogger(SERVICE).handlers.clear()
        logging.getLogger("modelfleet").setLevel(logging.INFO)
