"""The deployed definition of the notification machine, run by the local engine's interpreter."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from ministack.services import stepfunctions as engine

from modelfleet.drift.notice import notice, read_event
from modelfleet.release.requests import READ_DECISION
from modelfleet.resource_names import StackPart
from modelfleet.retraining.decision_event import DecisionKind
from tests.infrastructure.templates import FleetTemplates
from tests.machine import run_definition

EVENT: dict[str, Any] = {
    "source": "modelfleet",
    "detail-type": DecisionKind.DRIFT_FOUND,
    "detail": {
        "model": "telecom",
        "version": "7",
        "action": "warn",
        "window_end": "2026-01-05T06:00:00+00:00",
        "evidence": ["Age drifted: PSI 1.83 (limit 0.2)"],
        "stage": "prod",
    },
}


def run(
    definition: Mapping[str, Any], event: dict[str, Any], *, reachable: bool = True
) -> tuple[str, list[dict[str, Any]], list[str]]:
    """The status of an execution, what it published, and what it kept."""
    published: list[dict[str, Any]] = []
    kept: list[str] = []

    def invoke(resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if "lambda:invoke" in resource:
            assert arguments["Payload"]["action"] == READ_DECISION
            return {"Payload": read(arguments["Payload"]["event"])}
        if "sqs:sendMessage" in resource:
            kept.append(arguments["MessageBody"])
            return {}
        if not reachable:
            raise engine._ExecutionError("SNS.AuthorizationError", "denied")
        published.append(arguments)
        return {}

    with (
        patch.object(engine, "_invoke_resource", invoke),
        patch.object(engine, "_scaled_sleep", lambda _seconds: None),
    ):
        execution = run_definition(definition, "n1", json.dumps(event))
    return execution["status"], published, kept


def read(event: object) -> dict[str, Any]:
    """Do what the release function does."""

    def link(model: str, window_end: datetime) -> str:
        return f"https://bucket/{model}/{window_end:%H}"

    try:
        return notice(read_event(event), link).model_dump(mode="json")
    except Exception as error:
        document = json.dumps({"errorMessage": str(error)})
        raise engine._ExecutionError(type(error).__name__, document) from error


@pytest.fixture
def definition(fleets: Mapping[str, FleetTemplates]) -> dict[str, Any]:
    """The definition of the deployed machine."""
    return fleets["prod"].machine(StackPart.DRIFT)


def test_a_decision_reaches_the_topic_as_text(definition: dict[str, Any]) -> None:
    """People read what was decided and why, a link of ours, and the commands that come next."""
    status, (published,), kept = run(definition, EVENT)
    assert (status, kept) == ("SUCCEEDED", [])
    assert published["Subject"] == "prod: telecom: drift found"
    assert published["Message"].splitlines() == [
        "telecom 7: drift found; nothing was done about it yet",
        "Age drifted: PSI 1.83 (limit 0.2)",
        "Report: https://bucket/telecom/06",
        "Open it: fleet report telecom --open",
        "Acknowledge it: fleet alerts ack telecom",
    ]


def test_an_event_that_is_no_decision_is_kept(definition: dict[str, Any]) -> None:
    """Nothing of it is published; the queue, which has an alarm, keeps it."""
    forged = EVENT | {"detail": EVENT["detail"] | {"model": ["telecom", "pay at example.com"]}}
    status, published, (kept,) = run(definition, forged)
    assert (status, published) == ("FAILED", [])
    assert json.loads(kept) == forged


def test_an_event_that_cannot_be_published_is_kept(definition: dict[str, Any]) -> None:
    """A topic that refuses the message loses no decision."""
    status, published, (kept,) = run(definition, EVENT, reachable=False)
    assert (status, published, json.loads(kept)) == ("FAILED", [], EVENT)
