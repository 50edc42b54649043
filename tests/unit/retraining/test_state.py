"""What may be asked of the retraining machine, by whom, and in which form."""

from typing import Any

import pytest
from pydantic import ValidationError

from modelfleet.pages.text import one_line
from modelfleet.retraining.state import (
    LONGEST_LINE,
    MOST_EVIDENCE,
    RetrainingRequest,
    RetrainingState,
    Trigger,
)

_SAID: dict[str, Any] = {
    "force": True,
    "tune": 3,
    "version": "7",
    "by": "ada",
    "evidence": ("PSI 1.83 (limit 0.2)",),
}
# What is invisible, and marks over other text; the last one needs its joiner.
MARKS = ("a\u200b\u0301\u0301", "a" + "\u0301" * 9, "\u3164", "می\u200cشود")
_PERMITTED = {
    Trigger.MANUAL: {"force", "tune", "version", "by", "evidence"},
    Trigger.SCHEDULE: set(),
    Trigger.DATA: {"by", "evidence"},
    Trigger.DRIFT: {"evidence"},
    Trigger.PERFORMANCE: {"evidence"},
}


@pytest.mark.parametrize("field", _SAID)
@pytest.mark.parametrize("trigger", Trigger)
def test_each_trigger_sets_its_own_fields_only(trigger: Trigger, field: str) -> None:
    """Force, versions and trials are a person's; a monitor has evidence and a schedule nothing."""
    asked = {"model": "telecom", "trigger": trigger, field: _SAID[field]}
    if field in _PERMITTED[trigger]:
        assert getattr(RetrainingRequest(**asked), field) == _SAID[field]
        return
    with pytest.raises(ValidationError, match=f"trigger {trigger} may not set {field}"):
        RetrainingRequest(**asked)


def test_every_trigger_has_its_permissions() -> None:
    """No trigger is left out: a request with the model alone is anyone's to make."""
    for trigger in Trigger:
        assert RetrainingRequest(model="telecom", trigger=trigger).trigger is trigger
    assert set(_PERMITTED) == set(Trigger)


def test_a_step_refuses_what_the_first_state_refuses() -> None:
    """The permissions hold for the machine's data too, whichever way it came about."""
    with pytest.raises(ValidationError, match="may not set force, version"):
        RetrainingState(
            model="telecom", trigger=Trigger.DRIFT, force=True, version="7", execution="e"
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": ""},
        {"model": "../telecom"},
        {"model": "telecom\n"},
        {"model": ["telecom", "leads"]},
        {"model": {"S": "telecom"}},
        {"model": None},
        {"force": "true"},
        {"force": 1},
        {"tune": "5"},
        {"tune": True},
        {"tune": 1e9},
        {"version": 7},
        {"version": "../7"},
        {"version": ""},
        {"by": "ada\nretraining succeeded"},
        {"by": "a" * 201},
        {"by": "ada\u202eevil"},
        {"by": "ada\u200b"},
        {"evidence": ["a\u202eb"]},
        {"evidence": ["a\u3164b"]},
        {"evidence": ["a" + "\u0301" * 9]},
        {"trigger": "person"},
        {"trigger": None},
        {"evidence": "drift"},
        {"evidence": ["ok"] * (MOST_EVIDENCE + 1)},
        {"evidence": ["a" * (LONGEST_LINE + 1)]},
        {"evidence": ["a\u2028b"]},
        {"evidence": ["\x1b[2J"]},
        {"evidence": [["nested"]]},
        {"evidence": {"0": "a"}},
        {"registered": {"version": "7"}},
        {"execution": "another"},
        {"model.$": "$$.Execution.Input.secret"},
        {"States.JsonToString($)": "x"},
    ],
    ids=str,
)
def test_what_is_malformed_is_refused(wrong: dict[str, Any]) -> None:
    """Types are exact, texts are short single lines, and there are no other fields."""
    with pytest.raises(ValidationError):
        RetrainingRequest.model_validate({"model": "telecom"} | wrong)


@pytest.mark.parametrize(
    "text", ["", "plain", "a\r\nb\x85c\u2029d\x00", "x" * 5000, "ÄÖ 数\u202e", *MARKS]
)
def test_one_line_is_evidence(text: str) -> None:
    """Whatever a reason quotes, its one line is taken as evidence."""
    line = one_line(text, LONGEST_LINE)
    assert RetrainingRequest(model="telecom", trigger=Trigger.DRIFT, evidence=(line,))
    assert len(line) == min(len(text), LONGEST_LINE)
