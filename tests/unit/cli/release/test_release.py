"""`fleet release status` and `fleet history`."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.cloud import Cloud, Stage
from cli.commands.serving import release
from cli.output.errors import FleetError
from cli.release import arms
from modelfleet.release.approval import PendingApproval
from modelfleet.release.experiment import start_experiment
from modelfleet.release.requests import DecisionRequest, ExperimentRequest, RollbackRequest
from modelfleet.release.rollback import roll_back
from modelfleet.resource_names import Output
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.spec.errors import BundleError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.releasing import Fleet
from tests.serving import NOW

MODEL = "telecom"


@dataclass
class FleetCloud:
    """A stage with the buckets of a fleet in memory."""

    fleet: Fleet = field(default_factory=Fleet)
    stage: Stage = Stage.LOCAL
    environment: Mapping[str, str] = field(default_factory=lambda: {"AWS_REGION": "eu-central-1"})

    def store(self, bucket: Output) -> ObjectStore:
        """One of the buckets."""
        return self.fleet.lake if bucket is Output.LAKE_BUCKET else self.fleet.store


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Version 2 runs alongside version 1, with traffic; its outcomes are better."""
    cloud = FleetCloud()
    fleet = cloud.fleet
    monkeypatch.setattr(Cloud, "connect", lambda *_: cloud)
    monkeypatch.setattr(arms, "CloudWatchReader", lambda *_: fleet.metrics)
    monkeypatch.setenv("COLUMNS", "100")
    request = ExperimentRequest(
        action="experiment", model=MODEL, version="2", mode="ab", share=0.5, by="ada"
    )
    start_experiment(fleet.store, request, fleet.clock, fleet.announce)
    rng = random.Random(1)  # noqa: S311  # repeatable, no secret
    for version, shift in (("1", 0.2), ("2", 0.0)):
        fleet.traffic(version, [min(rng.random() * 0.5 + shift, 1.0) for _ in range(60)])
        for number in range(60):
            fleet.outcome(f"{version}-{number}", 0.0)
    return fleet


def typed(*arguments: str) -> str:
    """Run a command that must succeed."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def test_status_compares_both_arms(fleet: Fleet) -> None:
    """Counts, latency, scores, and losses are side by side, and the better arm is named."""
    assert fleet.pointer().challenger is not None
    text = typed("release", "status", MODEL)
    (predictions,) = [line for line in text.splitlines() if "predictions" in line]
    assert predictions.count("60") == 2
    (loss,) = [line for line in text.splitlines() if "loss" in line]
    assert loss.count(" to ") == 2
    assert "the challenger is better with probability 100.0%" in text
    assert "outcomes in total" in text


def test_status_as_json(fleet: Fleet) -> None:
    """JSON has the pointer, the arms with intervals, and the comparison."""
    told: dict[str, Any] = json.loads(typed("release", "status", MODEL, "--json"))
    assert told["pointer"] == fleet.pointer().model_dump(mode="json")
    champion, challenger = told["arms"]
    assert (champion["version"], challenger["version"]) == ("1", "2")
    low, high = challenger["loss_interval"]
    assert low < challenger["mean_loss"] < high < champion["mean_loss"]
    assert told["standing"]["probability_better"] > 0.99
    assert told["standing"]["outcomes_needed"] > 0


def test_a_shadow_is_compared_on_the_champions_rows(fleet: Fleet) -> None:
    """Both arms score each row, and disagreements are counted."""
    fleet.lake = Fleet().lake
    fleet.traffic("1", [0.2] * 30 + [0.8] * 30, shadow=[0.2] * 45 + [0.8] * 15)
    fleet.outcome("1-0", 0.0)
    fleet.outcome("1-40", 1.0)
    told: dict[str, Any] = json.loads(typed("release", "status", MODEL, "--json"))
    assert [arm["predictions"] for arm in told["arms"]] == [60, 60]
    assert [arm["outcomes"] for arm in told["arms"]] == [2, 2]
    assert told["arms"][1]["latency_p95_ms"] is None
    assert told["standing"]["disagreements"] == 15
    assert "they disagree on 25.0% of 60 rows" in typed("release", "status", MODEL)


def test_too_few_outcomes(fleet: Fleet) -> None:
    """Without outcomes neither arm is better."""
    fleet.lake = Fleet().lake
    assert "too few outcomes" in typed("release", "status", MODEL)


def test_history_names_author_action_and_reason(fleet: Fleet) -> None:
    """The newest record comes first."""
    back = RollbackRequest(action="rollback", model=MODEL, by="grace", reason="complaints")
    roll_back(fleet.store, back, fleet.clock, fleet.announce)
    text = typed("history", MODEL)
    newest, older = (entry for entry in text.split("2026-") if "UTC" in entry)
    assert "rolled back" in newest
    assert "grace" in newest
    assert "complaints" in newest.splitlines()[1]
    assert "on trial" in older
    assert "ada" in older
    assert json.loads(typed("history", MODEL, "--json"))[0]["version"] == "2"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("release", "start", MODEL, "9"), "no version 9"),
        (("release", "start", MODEL, "9", "--mode", "ab"), "no version 9"),
        (("release", "start", MODEL, "1"), "1 is already the champion"),
        (("release", "start", MODEL, "1", "--mode", "shadow"), "1 is already the champion"),
        (("retrain", MODEL, "--wait"), "2 is in an A/B test"),
    ],
    ids=str,
)
def test_what_cannot_succeed_is_refused_up_front(
    fleet: Fleet, arguments: tuple[str, ...], reason: str
) -> None:
    """Nothing is started, for the stage has no state machine and no functions here."""
    before = fleet.pointer()
    refused = CliRunner().invoke(app, arguments).exception
    assert isinstance(refused, FleetError | BundleError)
    assert reason in str(refused)
    assert fleet.pointer() == before


def test_a_person_decides_what_waits(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sends what waits and the reason, and says what follows or who was first."""
    asked: list[DecisionRequest] = []

    def answered(_cloud: Cloud, request: DecisionRequest, kind: type[Approval]) -> Approval:
        asked.append(request)
        return kind(outcome=ApprovalOutcome(request.decision), by=request.by, reason="x")

    monkeypatch.setattr(release, "ask_release_function", answered)
    nothing = CliRunner().invoke(app, ["release", "approve", MODEL, "--why", "fine"])
    assert isinstance(nothing.exception, FleetError)
    assert "no version waits for approval" in str(nothing.exception)
    state = fleet.state()
    waiting = PendingApproval(
        model=MODEL,
        execution=state.execution,
        execution_arn=state.execution_arn,
        version="2",
        requested_at=NOW,
        expires_at=NOW,
    )
    fleet.store.put(keys.approval(MODEL), waiting.to_json())
    assert "telecom 2 is approved" in typed("release", "approve", MODEL, "--why", "fine")
    told = json.loads(typed("release", "reject", MODEL, "--why", "broken file", "--json"))
    assert (told["version"], told["outcome"]) == ("2", "rejected")
    assert [(each.decision, each.reason, each.execution) for each in asked] == [
        ("approved", "fine", "first"),
        ("rejected", "broken file", "first"),
    ]
