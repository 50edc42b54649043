"""Operators decide releases in the browser, by the same requests as the command line."""

from datetime import timedelta

import pytest

from modelfleet.console.access.role import Role
from modelfleet.registry.pointer import Challenger, Mode, ReleasePointer
from modelfleet.release.approval import PendingApproval
from modelfleet.release.history import ReleaseRecord
from modelfleet.release.lock import ReleaseLock
from modelfleet.release.progress import ReleaseProgress
from modelfleet.release.requests import DecisionRequest, RollbackRequest
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.retraining.trial import (
    ArmSummary,
    Criterion,
    Finding,
    Judgement,
    Outcome,
    Standing,
    TrialCheck,
)
from modelfleet.storage import keys
from tests.console import BASE, RunningConsole, UserPool
from tests.console_documents import NOW, SPEC, Stored
from tests.hostile import HOSTILE

EN_DASH = "\N{EN DASH}"
PAGE = f"/console/models/{SPEC.name}/release"
ARMS = (
    ArmSummary(version="7", requests=900, errors=1, predictions=899, invalid=0, outcomes=120),
    ArmSummary(
        version="8",
        requests=100,
        errors=0,
        predictions=100,
        invalid=0,
        outcomes=20,
        mean_loss=0.2,
        loss_interval=(0.1, 0.3),
    ),
)
WORSE = Finding(criterion=Criterion.LATENCY, worse=True, text="p95 30 ms, limit 15 ms")
CHECK = TrialCheck(
    share=0.1,
    judged_at=NOW - timedelta(minutes=2),
    judgement=Judgement(
        outcome=Outcome.WAIT,
        reasons=("too few predictions",),
        findings=(WORSE,),
        champion=ARMS[0],
        challenger=ARMS[1],
    ),
)


def waiting(reason: str = "better by 0.02", champion: str = "7") -> PendingApproval:
    """Version 8, which waits for approval."""
    return PendingApproval(
        model=SPEC.name,
        execution="first",
        execution_arn="arn:first",
        version="8",
        champion=champion,
        reasons=(reason,),
        requested_at=NOW - timedelta(hours=1),
        expires_at=NOW + timedelta(days=7),
    )


@pytest.fixture
def running(pool: UserPool) -> RunningConsole:
    """The console of a model with champion 7 and a version 8 that waits."""
    made = RunningConsole(pool, {SPEC.name: SPEC})
    made.time = NOW
    Stored(made.artifacts).pointer()
    made.artifacts.put(keys.approval(SPEC.name), waiting().to_json())
    return made


def on_trial(running: RunningConsole, mode: Mode, progress: ReleaseProgress) -> None:
    """Give version 8 a share, and store its progress."""
    Stored(running.artifacts).pointer(challenger=Challenger(version="8", share=0.1, mode=mode))
    running.artifacts.put(keys.release_progress(SPEC.name), progress.to_json())


def page(running: RunningConsole, role: Role = Role.OPERATOR) -> str:
    """The page of the release."""
    answer = running.browser(running.session(role)).get(PAGE)
    assert answer.status_code == 200
    return answer.text


def post(
    running: RunningConsole, action: str, status: int = 303, by: str = "ada", **fields: str
) -> str:
    """Send a form as an operator."""
    session = running.session(Role.OPERATOR, by)
    sent = {"csrf": running.token(session), "reason": "checked", **fields}
    answer = running.browser(session).post(f"{PAGE}/{action}", data=sent)
    assert answer.status_code == status, answer.text
    return answer.headers.get("location") or answer.text


def test_a_waiting_version_has_its_evidence_and_actions(running: RunningConsole) -> None:
    """An operator may decide; a viewer sees the same without the forms."""
    text = page(running)
    assert "Version 8 waits for approval" in text
    assert "▲ approval" in text
    assert "better by 0.02" in text
    assert f'action="{BASE}/models/bankchurn/release/approve"' in text
    viewed = page(running, Role.VIEWER)
    assert "better by 0.02" in viewed
    assert "<form method" not in viewed.partition("<main")[2]


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_decision_is_the_command_line_s_request(running: RunningConsole, action: str) -> None:
    """The release function gets what the person saw, the name, and the reason."""
    back = post(running, action, version="8", execution="first")
    assert back == f"{BASE}/models/bankchurn/release"
    outcome = ApprovalOutcome.APPROVED if action == "approve" else ApprovalOutcome.REJECTED
    assert running.releases.asked == [
        DecisionRequest(
            action="decide",
            model=SPEC.name,
            version="8",
            execution="first",
            decision=outcome,
            by="ada",
            reason="checked",
        )
    ]
    record = running.records()[0]
    assert (record.action, record.by, record.reason) == (action, "ada", "checked")


def test_the_second_click_gets_a_page_that_says_who_was_first(running: RunningConsole) -> None:
    """A refusal of the release function is shown, and is no error of the console."""
    running.releases.refusal = "bankchurn 8 was rejected by bob already"
    assert "rejected by bob already" in post(
        running, "approve", 409, version="8", execution="first"
    )


@pytest.mark.parametrize("fields", [{}, {"version": "../8", "execution": "first"}])
def test_a_form_without_a_version_is_refused(
    running: RunningConsole, fields: dict[str, str]
) -> None:
    """Fields that no page sends are not valid, and nothing is asked for."""
    post(running, "approve", 422, **fields)
    post(running, "rollback", 422, champion="", challenger="")
    assert running.releases.asked == []


def test_a_rollback_applies_to_what_the_person_saw(running: RunningConsole) -> None:
    """A rollback names the versions that served; after another change, it is refused."""
    on_trial(running, Mode.CANARY, ReleaseProgress(model=SPEC.name, version="8", measured_at=NOW))
    assert "Roll back version 8" in page(running)
    post(running, "rollback", champion="7", challenger="8")
    request = running.releases.asked[0]
    assert isinstance(request, RollbackRequest)
    assert (request.champion, request.seen and request.seen.challenger) == ("7", "8")
    Stored(running.artifacts).pointer()
    assert "ada changed it" in post(running, "rollback", 409, champion="7", challenger="8")
    assert len(running.releases.asked) == 1


def test_two_clicks_start_one_retraining(running: RunningConsole) -> None:
    """Within a minute, two people start one execution, and the second is told so."""
    post(running, "retrain", by="ada")
    assert "within this minute" in post(running, "retrain", 409, by="bob")
    [(request, name)] = running.releases.started
    assert (request.model, request.by, request.evidence) == (SPEC.name, "ada", ("checked",))
    assert name.startswith("console-")


def test_a_locked_model_is_not_retrained(running: RunningConsole) -> None:
    """While an execution changes the model, the refusal names it."""
    lock = ReleaseLock(
        model=SPEC.name, holder="first", trigger="manual", taken_at=NOW, expires_at=NOW
    )
    running.artifacts.put(keys.release_lock(SPEC.name), lock.to_json())
    assert "execution first" in post(running, "retrain", 409)
    assert running.releases.started == []


def test_a_canary_shows_each_check(running: RunningConsole) -> None:
    """Both arms, the findings, the shares, and the time of the next check are on the page."""
    progress = ReleaseProgress(
        model=SPEC.name,
        version="8",
        measured_at=NOW,
        shares=(0.1, 0.5),
        next_check_at=NOW + timedelta(minutes=12),
        checks=(CHECK,),
    )
    on_trial(running, Mode.CANARY, progress)
    text = page(running)
    wanted = ("in 12 min", "09:42", "too few predictions", "p95 30 ms", "▲ worse", "50%")
    assert [each for each in wanted if each not in text] == []


def test_an_experiment_shows_the_outcomes_it_still_needs(running: RunningConsole) -> None:
    """Each arm has its interval and the outcomes that are missing."""
    standing = Standing(probability_better=0.7, outcomes_needed=100)
    progress = ReleaseProgress(
        model=SPEC.name, version="8", measured_at=NOW, arms=ARMS, standing=standing
    )
    on_trial(running, Mode.AB, progress)
    text = page(running)
    assert "still needs 80 outcomes of 100" in text
    assert "has all 100 outcomes" in text
    assert f"0.200 (0.100{EN_DASH}0.300)" in text


def test_progress_of_an_ended_trial_is_not_shown(running: RunningConsole) -> None:
    """The document of an earlier trial says nothing about the current one."""
    progress = ReleaseProgress(model=SPEC.name, version="6", measured_at=NOW, checks=(CHECK,))
    on_trial(running, Mode.CANARY, progress)
    assert "too few predictions" not in page(running)


def test_texts_of_others_are_harmless(running: RunningConsole) -> None:
    """Reasons and names are shown as text."""
    stored = Stored(running.artifacts)
    running.artifacts.put(keys.approval(SPEC.name), waiting(HOSTILE[0]).to_json())
    record = ReleaseRecord(
        model=SPEC.name,
        execution="second",
        written_at=NOW,
        by=HOSTILE[0],
        outcome="rejected",
        version="8",
        champion="7",
        reasons=(HOSTILE[0],),
        approval=Approval(outcome=ApprovalOutcome.REJECTED, by=HOSTILE[0], reason=HOSTILE[0]),
    )
    running.artifacts.put(keys.release_record(SPEC.name, "second"), record.to_json())
    pointer = ReleasePointer.parse(
        stored.artifacts.get(keys.release_pointer(SPEC.name)).content
    ).model_copy(update={"reason": HOSTILE[0]})
    running.artifacts.put(keys.release_pointer(SPEC.name), pointer.to_json())
    assert HOSTILE[0] not in page(running)
