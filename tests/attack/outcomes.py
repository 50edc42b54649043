"""Outcomes that lie: what one key can make of a model with nothing but predictions and feedback."""

import time
from importlib import import_module
from typing import Any

import httpx
from sklearn.metrics import roc_auc_score

from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from tests.attack.result import Result
from tests.attack.target import Target

MODEL = "bankchurn"
_REPORTED, _FLIPPED = 1_000, 500
_CLEAN_ROWS = 4_000
_BATCH = 500
_RUNS = 3
# Less than this is what two samples of so many rows differ by.
_WORSE = 0.005
_RETRAINED_SECONDS = 600.0

Row = dict[str, Any]


def poisoned(target: Target) -> Result:
    """Report flipped outcomes of one group, have drift found three times, and see what serves."""
    result = Result("flipped outcomes of one group", count=_REPORTED)
    clean = _sample(_CLEAN_ROWS, seed=99)
    with target.client() as http:
        before, auc_before = _champion(target), _auc(http, clean)
        _report(http, _group_first(_sample(20_000, seed=5))[:_REPORTED], result)
        for _ in range(_RUNS):
            target.ask("drift", MODEL, "--wait")
        _wait_for_retraining(target)
        after, auc_after = _champion(target), _auc(http, clean)
    result.executed = int(after != before and auc_after < auc_before - _WORSE)
    result.notes.append(
        f"AUC on clean rows: version {before} {auc_before:.4f}, then {after} {auc_after:.4f}"
    )
    return result


def _sample(rows: int, seed: int) -> list[Row]:
    generated: list[Row] = import_module(f"models.{MODEL}.sample").sample(rows, seed)
    return generated


def _group_first(rows: list[Row]) -> list[Row]:
    """Half of what is reported is of one group, the half that is lied about."""
    group = [row for row in rows if row["Geography"] == "Germany"]
    others = [row for row in rows if row["Geography"] != "Germany"]
    return [*group[:_FLIPPED], *others[: _REPORTED - _FLIPPED]]


def _report(http: httpx.Client, rows: list[Row], result: Result) -> None:
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        answer = http.post(f"/{MODEL}/predict/batch", json={"instances": _features(part)})
        for row, made in zip(part, answer.json()["predictions"], strict=True):
            truth = int(row["Exited"])
            actual = 1 - truth if row["Geography"] == "Germany" else truth
            told = http.post(
                f"/{MODEL}/feedback",
                json={"prediction_id": made["prediction_id"], "actual": actual},
            )
            result.server_errors += told.is_server_error


def _auc(http: httpx.Client, rows: list[Row]) -> float:
    scores: list[float] = []
    for start in range(0, len(rows), _BATCH):
        body = {"instances": _features(rows[start : start + _BATCH])}
        answer = http.post(f"/{MODEL}/predict/batch", json=body)
        scores += [made["probability"] for made in answer.json()["predictions"]]
    return float(roc_auc_score([row["Exited"] for row in rows], scores))


def _features(rows: list[Row]) -> list[Row]:
    wanted = find(MODEL).feature_names
    return [{name: row[name] for name in wanted if row.get(name) is not None} for row in rows]


def _champion(target: Target) -> str:
    status: dict[str, Any] = target.ask("status")
    return str(status["models"][MODEL]["champion"])


def _wait_for_retraining(target: Target) -> None:
    """Wait until no retraining is under way, if drift has started one."""
    states = target.cloud.client("stepfunctions")
    machine = target.cloud.output(Output.STATE_MACHINE_ARN)
    time.sleep(5)
    deadline = time.monotonic() + _RETRAINED_SECONDS
    while states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        if time.monotonic() > deadline:
            raise TimeoutError("the retraining has not ended")
        time.sleep(2)
