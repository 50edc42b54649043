"""Builds the release function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec, now
from modelfleet.settings import ReleaseSettings, namespace

if TYPE_CHECKING:
    from datetime import datetime

    from modelfleet.adapters.aws.event_bus import EventBus
    from modelfleet.adapters.aws.executions import Executions
    from modelfleet.release.approval import PendingApproval
    from modelfleet.release.evidence import MetricReader
    from modelfleet.release.history import ReleaseRecord
    from modelfleet.release.notice import EndedRelease, RequestedApproval
    from modelfleet.release.requests import (
        ChangedAlarm,
        DecisionRequest,
        EndedExecution,
        ExperimentRequest,
        FollowedUp,
        RestoreRequest,
        RollbackRequest,
        SharesShifted,
        TrialEnded,
    )
    from modelfleet.retraining.approval import Approval
    from modelfleet.retraining.decision_event import DecisionEvent
    from modelfleet.retraining.notice import Notice
    from modelfleet.retraining.state import (
        Closed,
        Locked,
        Released,
        RetrainingRequest,
        RetrainingState,
        Smoked,
        TrialState,
    )
    from modelfleet.retraining.trial import TrialPlan
    from modelfleet.storage.object_store import ObjectStore

# Covers a cold start, loading a version, and scoring a number of rows.
REPLAY_PATIENCE_SECONDS = 60.0
# A link is worth no more than the credentials that signed it: some hours.
_LINK_LASTS = timedelta(hours=12)


@cache
def release_settings() -> ReleaseSettings:
    """Return the settings of the running release function."""
    return ReleaseSettings.from_environment()


@cache
def release_store() -> ObjectStore:
    """Return the artifacts bucket of the running release function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(release_settings().artifacts_bucket)


def trial_plan(model: str) -> TrialPlan:
    """Return the stage's release plan for a model."""
    from modelfleet.retraining.trial import TrialPlan
    from modelfleet.spec.release_policy import ReleaseLimits, WithoutTraffic

    settings = release_settings()
    plan = TrialPlan(
        shares=tuple(map(float, settings.shares.split())),
        wait_seconds=settings.wait_seconds,
        minimum_predictions=settings.minimum_predictions,
        waits_maximum=settings.waits_maximum,
        without_traffic=WithoutTraffic(settings.without_traffic),
        limits=ReleaseLimits(),
    )
    return plan.for_model(model_spec(model).release)


def validate(content: object, execution_arn: str) -> RetrainingRequest:
    """Parse a request to retrain one of the fleet's models; complete one to resume an execution.

    The execution to resume is one of the same state machine as that with `execution_arn`.
    """
    from modelfleet.registry.pointer_store import current
    from modelfleet.release.requests import read_request
    from modelfleet.release.resume import resume

    request = read_request(content)
    model_spec(request.model)
    if request.resume is None:
        return request
    machine = execution_arn.rpartition(":")[0]
    past = _executions().past(f"{machine}:{request.resume}")
    released = current(release_store(), request.model)
    return resume(request, past, released.champion if released else None)


def read_decision(content: object) -> DecisionEvent | EndedRelease | RequestedApproval:
    """Parse the event of a decision of one of the fleet's drift functions, or about a release."""
    from modelfleet.drift.notice import read_event
    from modelfleet.release.notice import is_release_event, read_release_event

    if is_release_event(content):
        about = read_release_event(content)
        model_spec(about.model)
        return about
    event = read_event(content)
    model_spec(event.detail.model)
    return event


def word_decision(event: DecisionEvent | EndedRelease | RequestedApproval) -> Notice:
    """Word the notification about a decision or a release."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.drift.notice import notice
    from modelfleet.drift.reports import SUMMARY_FILE
    from modelfleet.release.notice import EndedRelease, RequestedApproval
    from modelfleet.storage import keys

    if isinstance(event, EndedRelease | RequestedApproval):
        return event.notice(release_settings().stage)

    def link(model: str, window_end: datetime) -> str:
        store = s3_store(release_settings().artifacts_bucket)
        return store.link(f"{keys.report(model, window_end)}/{SUMMARY_FILE}", _LINK_LASTS)

    return notice(event, link)


def lock_model(state: RetrainingState) -> Locked:
    """Take the model's lock, or say who holds it."""
    from modelfleet.release.lock import take_lock

    seconds = release_settings().lock_wait_seconds
    return take_lock(release_store(), state, now(), _executions().is_running, seconds)


def _executions() -> Executions:
    from modelfleet.adapters.aws.aws_json import STATES, AwsJsonClient
    from modelfleet.adapters.aws.executions import Executions

    return Executions(AwsJsonClient(STATES, os.environ))


def smoke_test(state: RetrainingState) -> Smoked:
    """Test a registered version in the deployed predict function."""
    from modelfleet.adapters.aws.aws_json import LAMBDA, AwsJsonClient
    from modelfleet.adapters.aws.predict_functions import PredictFunction
    from modelfleet.release.smoke_test import smoke_test as run
    from modelfleet.resource_names import predict_function

    settings = release_settings()
    client = AwsJsonClient(LAMBDA, os.environ, timeout_seconds=REPLAY_PATIENCE_SECONDS)
    name = predict_function(settings.stage, state.model)
    function = PredictFunction(client, name, settings.predict_alias)
    plan = trial_plan(state.model)
    return run(model_spec(state.model), state, release_store(), function.ask, plan)


def request_approval(state: RetrainingState, token: str) -> PendingApproval:
    """Have a registered version wait for a person."""
    from modelfleet.release.approval import request_approval as run

    lasts = timedelta(hours=release_settings().approval_hours)
    return run(release_store(), state, token, now(), lasts, ask_for_approval)


def decide(request: DecisionRequest) -> Approval:
    """Take a person's decision on what waits for approval."""
    from modelfleet.release.approval import decide as run

    return run(release_store(), request, now(), _executions().is_running, _pass_on)


def follow_up() -> FollowedUp:
    """Remind people of what waits for approval, and pass on decisions that may have been lost."""
    from modelfleet.catalogue import names
    from modelfleet.release.approval import follow_up as run
    from modelfleet.release.requests import FollowedUp
    from modelfleet.spec.errors import ModelfleetError, ReleaseError

    every = timedelta(hours=release_settings().approval_reminder_hours)
    is_running, waiting, faults = _executions().is_running, {}, []
    for name in names():
        try:
            found = run(release_store(), name, now(), every, is_running, _pass_on, ask_for_approval)
        except ModelfleetError as error:
            # Follow up the other models first, then report this error.
            faults.append(f"{name}: {error}")
            continue
        if found is not None:
            waiting[name] = found.version
    if faults:
        raise ReleaseError("; ".join(faults))
    return FollowedUp(waiting=waiting)


def _pass_on(token: str, decision: Approval) -> bool:
    return _executions().answer(token, decision.model_dump_json())


def ask_for_approval(waiting: PendingApproval) -> None:
    """Publish an event about what waits for approval."""
    from modelfleet.release.notice import APPROVAL_EVENT, requested

    about = f"approval of {waiting.model} {waiting.version}"
    _bus().try_to_send(APPROVAL_EVENT, requested(waiting), about=about)


def shift_traffic(state: RetrainingState) -> TrialState:
    """Give the version its next share."""
    from modelfleet.release.progress import show_release
    from modelfleet.release.shift_traffic import shift_traffic as run

    plan = trial_plan(state.model)
    trial = run(state, release_store(), plan, now)
    show_release(release_store(), state, trial, plan, now())
    return trial


def check_trial(state: RetrainingState) -> TrialState:
    """Judge both arms of a release."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.release.check_trial import check_trial as run
    from modelfleet.release.progress import show_release

    lake, plan = s3_store(release_settings().lake_bucket), trial_plan(state.model)
    store, spec = release_store(), model_spec(state.model)
    trial = run(spec, state, store, lake, _metrics(), plan, now)
    show_release(store, state, trial, plan, now())
    return trial


def _metrics() -> MetricReader:
    from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.aws.cloudwatch_reader import CloudWatchReader

    client = AwsJsonClient(CLOUDWATCH, os.environ)
    return CloudWatchReader(client, namespace(release_settings().stage))


def release(state: RetrainingState) -> Released:
    """Promote the version to all traffic."""
    from modelfleet.release.promote import promote as run

    return run(release_store(), state, now)


def finish(state: RetrainingState) -> Closed:
    """End a successful execution."""
    from modelfleet.release.finish import finish as run

    return run(state, release_store(), now, announce)


def state_of(ended: EndedExecution) -> RetrainingState | None:
    """What there is to clean up after an execution that Step Functions ended."""
    return ended.state(lambda arn: _executions().input_of(arn))


def clean_up(state: RetrainingState) -> Closed:
    """End an unsuccessful execution."""
    from modelfleet.release.finish import clean_up as run

    return run(state, release_store(), now, announce)


def announce(record: ReleaseRecord) -> None:
    """Publish a release record as an event."""
    _bus().announce(record)


def _bus() -> EventBus:
    from modelfleet.adapters.aws.aws_json import EVENTS, AwsJsonClient
    from modelfleet.adapters.aws.event_bus import EventBus
    from modelfleet.settings import EVENT_SOURCE

    client = AwsJsonClient(EVENTS, os.environ)
    return EventBus(client, EVENT_SOURCE, release_settings().stage)


def start_experiment(request: ExperimentRequest) -> Released:
    """Run a version next to the champion."""
    from modelfleet.release.experiment import start_experiment as run

    return run(release_store(), request, now, announce)


def end_trial(alarm: ChangedAlarm) -> TrialEnded:
    """Remove a failing challenger when its alarm is raised; do nothing when the alarm clears."""
    from modelfleet.release.end_trial import end_trial as run
    from modelfleet.release.requests import TrialEnded
    from modelfleet.resource_names import model_of_trial_alarm

    name = model_spec(model_of_trial_alarm(release_settings().stage, alarm.alarmName)).name
    if alarm.state.value != "ALARM":
        return TrialEnded(model=name)
    return run(release_store(), name, alarm.alarmName, now, announce)


def shift_shares() -> SharesShifted:
    """Update the shares of all bandits, and what pages show of all experiments."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.catalogue import names
    from modelfleet.release.bandit import shift_share
    from modelfleet.release.progress import show_experiment
    from modelfleet.release.requests import SharesShifted
    from modelfleet.spec.errors import ModelfleetError, ReleaseError

    store, lake, metrics = release_store(), s3_store(release_settings().lake_bucket), _metrics()
    shifted, faults = {}, []
    for name in names():
        try:
            shifted[name] = shift_share(model_spec(name), store, lake, metrics, now)
            show_experiment(model_spec(name), store, lake, metrics, now)
        except ModelfleetError as error:
            # Update the other models' shares first, then report this error.
            faults.append(f"{name}: {error}")
    if faults:
        raise ReleaseError("; ".join(faults))
    return SharesShifted(shares={name: share for name, share in shifted.items() if share})


def roll_back(request: RollbackRequest) -> Released:
    """Roll back a release manually."""
    from modelfleet.release.rollback import roll_back as run

    return run(release_store(), request, now, announce)


def restore(request: RestoreRequest) -> Released:
    """Restore an unreadable release pointer."""
    from modelfleet.release.rollback import restore as run

    return run(release_store(), request, now, announce)
