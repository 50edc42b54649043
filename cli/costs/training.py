"""Costs of retraining, the registry's database, and the buckets."""

import json
from collections.abc import Iterator
from typing import Any

from cli.costs.line import CostLine
from cli.costs.schedules import runs_a_month
from cli.costs.usage import Usage
from cli.templates import Deployed, gigabytes
from modelfleet import prices
from modelfleet.resource_names import StackPart

_RETRAINING, _STORAGE = StackPart.RETRAINING, StackPart.STORAGE
_SECONDS_AN_HOUR, _THOUSAND = 3600, 1e3


def retraining_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of scheduled retrainings, as if all had new data and ran all steps."""
    runs = sum(map(runs_a_month, deployed.schedules(_RETRAINING)))
    (train,) = deployed.functions(_RETRAINING, "train")
    (release,) = deployed.functions(_RETRAINING, "release")
    trained = runs * usage.training_seconds * gigabytes(train)
    yield CostLine("retraining", "training", prices.COMPUTE, idle=trained)
    (machine,) = deployed.of("AWS::StepFunctions::StateMachine", _RETRAINING)
    steps = _states(machine)
    yield CostLine("retraining", "steps", prices.TRANSITIONS, idle=runs * steps / _THOUSAND)
    clock = [r["ScheduleExpression"] for r in _rules(deployed) if "ScheduleExpression" in r]
    moves = runs * steps + sum(map(runs_a_month, clock))
    work = moves * usage.control_seconds * gigabytes(release)
    yield CostLine("retraining", "release steps and clock", prices.COMPUTE, idle=work)


def database_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of the registry's database: compute, storage, backups, and its secret."""
    for cluster in deployed.of("AWS::RDS::DBCluster", _STORAGE):
        pause = cluster["ServerlessV2ScalingConfiguration"]["SecondsUntilAutoPause"]
        # Models retrained at the same time wake it once.
        wakes = sum(map(runs_a_month, set(deployed.schedules(_RETRAINING))))
        hours = wakes * (usage.training_seconds + pause) / _SECONDS_AN_HOUR
        awake = hours * usage.database_acu
        yield CostLine("database", "awake to retrain", prices.DATABASE_AWAKE, idle=awake)
        yield CostLine("database", "stored", prices.DATABASE_STORED, idle=usage.database_gb)
        if cluster.get("ManageMasterUserPassword"):
            yield CostLine("database", "master secret", prices.SECRETS, idle=1)
        for days in _vault_days(deployed):
            # Copies younger than the cluster's own backup retention are free.
            copies = max(0, days - cluster["BackupRetentionPeriod"])
            held = copies * usage.database_gb
            yield CostLine("backup", f"database, {days} days", prices.DATABASE_COPIED, idle=held)


def bucket_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of storing and backing up what is in the buckets without traffic."""
    yield CostLine("storage", "data sets and bundles", prices.STORED, idle=usage.bucket_gb)
    for days in _vault_days(deployed):
        yield CostLine(
            "backup",
            f"buckets, {days} days",
            prices.BUCKETS_COPIED,
            idle=usage.bucket_gb,
            used=usage.stored_predictions_gb,
        )


def secret_lines(deployed: Deployed, _usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of the stage's own keys and secrets."""
    for kind, what, price in (
        ("AWS::KMS::Key", "keys", prices.KEYS),
        ("AWS::SecretsManager::Secret", "secrets", prices.SECRETS),
    ):
        if number := len(deployed.of(kind)):
            yield CostLine("storage", what, price, idle=number)


def _vault_days(deployed: Deployed) -> list[int]:
    return [
        rule["Lifecycle"]["DeleteAfterDays"]
        for plan in deployed.of("AWS::Backup::BackupPlan", _STORAGE)
        for rule in plan["BackupPlan"]["BackupPlanRule"]
    ]


def _rules(deployed: Deployed) -> list[dict[str, Any]]:
    return deployed.of("AWS::Events::Rule", _RETRAINING)


def _states(machine: dict[str, Any]) -> int:
    """The number of states; an execution enters most of them at most once."""
    definition = machine["DefinitionString"]
    if isinstance(definition, dict):
        pieces = definition["Fn::Join"][1]
        definition = "".join(each if isinstance(each, str) else "-" for each in pieces)
    return len(json.loads(definition)["States"])
