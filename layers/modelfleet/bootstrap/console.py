"""Builds the console."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.settings import ConsoleSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from modelfleet.console.access.audit import AuditLog
    from modelfleet.console.access.ended import Endings
    from modelfleet.console.access.seal import Seals
    from modelfleet.console.access.session import Sessions
    from modelfleet.console.views.release import Releases
    from modelfleet.console.views.trying.ask import AskedFunction
    from modelfleet.outcomes.prediction_ids import SigningKeys
    from modelfleet.spec.model import ModelSpec
    from modelfleet.storage.object_store import ObjectStore

# API Gateway waits for 29 seconds.
_PATIENCE_SECONDS = 25.0


@dataclass(frozen=True, kw_only=True)
class Console:
    """What the console's pages read, and what signs people in.

    `predict` returns the predict function of a model.
    """

    settings: ConsoleSettings
    models: Mapping[str, ModelSpec]
    artifacts: ObjectStore
    lake: ObjectStore
    seals: Seals
    sessions: Sessions
    endings: Endings
    audit: AuditLog
    releases: Releases
    predict: Callable[[str], AskedFunction]
    now: Callable[[], datetime]


def console(
    settings: ConsoleSettings,
    *,
    models: Mapping[str, ModelSpec],
    artifacts: ObjectStore,
    lake: ObjectStore,
    keys: SigningKeys,
    releases: Releases,
    predict: Callable[[str], AskedFunction],
    now: Callable[[], datetime],
) -> Console:
    """Build the console, for its function and for tests.

    Parameters
    ----------
    settings
        The function's settings.
    models
        All models by name.
    artifacts, lake
        The buckets.
    keys
        Keys that sign sessions.
    releases
        Sends requests to change what is released.
    predict
        Returns the predict function of a model.
    now
        Returns the current time in UTC.
    """
    from modelfleet.console.access.audit import AuditLog
    from modelfleet.console.access.ended import Endings
    from modelfleet.console.access.seal import Seals
    from modelfleet.console.access.session import Sessions

    seals = Seals(keys, now)
    return Console(
        settings=settings,
        models=models,
        artifacts=artifacts,
        lake=lake,
        seals=seals,
        sessions=Sessions(seals),
        endings=Endings(artifacts),
        audit=AuditLog(artifacts, now),
        releases=releases,
        predict=predict,
        now=now,
    )


@cache
def running_console() -> Console:
    """Return the console configured by the environment."""
    from modelfleet.adapters.aws.aws_json import LAMBDA, SECRETS, STATES, AwsJsonClient
    from modelfleet.adapters.aws.predict_functions import PredictFunction
    from modelfleet.adapters.aws.releases import FleetReleases
    from modelfleet.adapters.aws.signing_keys import ANSWER_SECONDS, SecretKeys
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.bootstrap.fleet import now
    from modelfleet.catalogue import catalogue
    from modelfleet.resource_names import LIVE, predict_function

    settings = ConsoleSettings.from_environment()
    secrets = AwsJsonClient(SECRETS, os.environ, timeout_seconds=ANSWER_SECONDS)
    functions = AwsJsonClient(LAMBDA, os.environ, timeout_seconds=_PATIENCE_SECONDS)
    return console(
        settings,
        models=catalogue(),
        artifacts=s3_store(settings.artifacts_bucket),
        lake=s3_store(settings.lake_bucket, may_list=False),
        keys=SecretKeys(secrets, settings.signing_keys),
        releases=FleetReleases(
            functions,
            AwsJsonClient(STATES, os.environ, timeout_seconds=_PATIENCE_SECONDS),
            settings.release_function,
            settings.retraining_machine,
        ),
        predict=lambda model: PredictFunction(
            functions, predict_function(settings.stage, model), LIVE
        ),
        now=now,
    )
