"""`fleet simulate`: realistic traffic to the real API, with optional drift."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import fmean, quantiles
from typing import Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_json, progress, waiting
from cli.output.errors import FleetError, error_document
from cli.simulation.disturbances import read_disturbances
from cli.simulation.lake_arrival import wait_for_lake
from cli.simulation.rows import simulated_rows
from cli.simulation.traffic import Caller, Traffic
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.spec.model import ModelSpec

_LARGEST_BATCH = 1_000
_STOPPED = 130
_LARGEST_SEED = 2**31


def simulate(
    model: ModelArgument,
    requests: Annotated[
        int, typer.Option("--requests", min=1, help="Number of rows to send.")
    ] = 500,
    shift: Annotated[
        list[str] | None,
        typer.Option(
            "--shift",
            help="Shift a feature (Age=+12) or a category's share (Geography=Germany:0.8).",
        ),
    ] = None,
    concept: Annotated[
        list[str] | None,
        typer.Option(
            "--concept",
            help="Shift a feature's relation to the target: with Age=-12, 54-year-olds behave like "
            "42-year-olds.",
        ),
    ] = None,
    new_category: Annotated[
        list[str] | None,
        typer.Option(
            "--new-category",
            help="Replace a category in a share of rows (Geography=Italy:0.2).",
        ),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option("--missing", help="Remove a share of a feature's values (Tenure=0.3)."),
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Report the outcomes afterwards.")
    ] = False,
    delay: Annotated[
        float,
        typer.Option("--delay", min=0.0, help="Seconds between the last prediction and feedback."),
    ] = 0.0,
    batch_size: Annotated[
        int,
        typer.Option("--batch-size", min=1, max=_LARGEST_BATCH, help="Rows per call."),
    ] = 1,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="Number of concurrent calls.")
    ] = 8,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed; the same one sends the same rows.")
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait until the predictions are in the lake."),
    ] = False,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Send generated traffic to a model's API, with optional drift.

    The rows come from the model's sample.py. A shift moves features before the target is drawn, so
    outcomes match the shifted population. A concept shift changes the relation between features and
    target. New categories and missing values are sent even if the model's schema does not allow
    them; the API then refuses the row, which is counted.

    Example: fleet simulate bankchurn --requests 600 --shift Age=+12 --feedback
    """
    spec = find(model)
    chosen = random.randrange(_LARGEST_SEED) if seed is None else seed  # noqa: S311  # nosec B311  # no secret
    disturbances = read_disturbances(
        spec, shift or (), concept or (), new_category or (), missing or ()
    )
    rows = simulated_rows(spec, requests, chosen, disturbances)
    cloud, since = Cloud.connect(stage), datetime.now(UTC)
    with cloud.http() as http:
        caller = Caller(http, model, concurrency)
        stopped = False
        try:
            with progress("predictions", requests) as on_progress:
                caller.predict(rows, batch_size, on_progress)
            if feedback:
                _report(caller, delay)
            if wait:
                _wait(spec, cloud, caller.traffic, since)
        except KeyboardInterrupt:
            stopped = True
    _show(model, caller.traffic, chosen, stopped=stopped, as_json=as_json)


def _report(caller: Caller, delay_seconds: float) -> None:
    with waiting(f"waiting {delay_seconds:g} s before the feedback"):
        time.sleep(delay_seconds)
    with progress("feedback", len(caller.traffic.outcomes)) as on_progress:
        caller.report(on_progress)


def _wait(spec: ModelSpec, cloud: Cloud, traffic: Traffic, since: datetime) -> None:
    ids = [prediction_id for prediction_id, _ in traffic.outcomes]
    with progress("captures", len(ids)) as on_progress:
        traffic.kept = wait_for_lake(spec, cloud.store(Output.LAKE_BUCKET), ids, since, on_progress)


def _show(model: str, traffic: Traffic, seed: int, *, stopped: bool, as_json: bool) -> None:
    """Print the counts.

    Raises
    ------
    FleetError
        If a prediction or feedback failed.
    """
    fault = _fault(model, traffic)
    if as_json:
        told = _described(model, traffic, seed, stopped)
        if stopped:
            told |= error_document("interrupted", "interrupted before all rows were sent")
        elif fault:
            told |= error_document("failed", fault)
        answer_json(told)
    else:
        for line in _lines(model, traffic, seed, stopped):
            answer(line)
    if stopped:
        raise typer.Exit(_STOPPED)
    if fault:
        raise FleetError(fault, answered=as_json)


def _fault(model: str, traffic: Traffic) -> str | None:
    if traffic.sent and not traffic.predicted and not traffic.refused:
        return f"{model}: all calls failed ({_counted(traffic.failed)})"
    if traffic.failed or traffic.report_failures:
        return (
            f"{model}: {traffic.failed.total():,} predictions and "
            f"{traffic.report_failures.total():,} outcome reports failed"
        )
    return None


def _described(model: str, traffic: Traffic, seed: int, stopped: bool) -> dict[str, Any]:
    return {
        "model": model,
        "seed": seed,
        "stopped": stopped,
        "sent": traffic.sent,
        "predicted": traffic.predicted,
        "versions": dict(traffic.versions),
        "refused": dict(traffic.refused),
        "failed": dict(traffic.failed),
        "kept": traffic.kept,
        "feedback": traffic.reported,
        "feedback_failed": dict(traffic.report_failures),
        "mean_score": fmean(traffic.scores) if traffic.scores else None,
        "latency_ms": dict(zip(("p50", "p95"), _latencies(traffic), strict=True)),
    }


def _lines(model: str, traffic: Traffic, seed: int, stopped: bool) -> Iterator[str]:
    yield f"{'stopped: ' if stopped else ''}{model}: {traffic.sent:,} rows sent (seed {seed})"
    versions = ", ".join(f"version {name} {n:,}" for name, n in sorted(traffic.versions.items()))
    yield f"predicted {traffic.predicted:,}{f': {versions}' if versions else ''}"
    if traffic.scores:
        p50, p95 = _latencies(traffic)
        yield f"mean score {fmean(traffic.scores):.4g}; latency p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    if traffic.refused:
        yield f"refused as invalid {traffic.refused.total():,}: {_counted(traffic.refused)}"
    if traffic.failed:
        yield f"failed {traffic.failed.total():,}: {_counted(traffic.failed)}"
    if traffic.reported or traffic.report_failures:
        yield f"outcomes reported {traffic.reported:,}"
    if traffic.kept is not None:
        yield f"in the lake {traffic.kept:,}"
    if traffic.report_failures:
        yield f"outcomes not accepted: {_counted(traffic.report_failures)}"


def _latencies(traffic: Traffic) -> tuple[float, float]:
    if len(traffic.latencies_ms) < 2:  # noqa: PLR2004  # quantiles need two values
        only = traffic.latencies_ms[0] if traffic.latencies_ms else 0.0
        return only, only
    cuts = quantiles(traffic.latencies_ms, n=20)
    return cuts[9], cuts[18]


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
