"""`fleet costs`: prices times quantities, on templates small enough to calculate manually."""

import io
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import templates
from cli.app import app
from cli.costs.estimate import estimate
from cli.costs.line import CostLine, allowances
from cli.costs.schedules import DAYS_A_MONTH, HOURS_A_MONTH, runs_a_month
from cli.costs.usage import Usage
from cli.output.errors import FleetError
from cli.templates import Deployed
from modelfleet import prices
from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.catalogue import catalogue
from modelfleet.metrics.embedded import read_measurements
from modelfleet.prices import Price
from modelfleet.registry.pointer import Variant
from modelfleet.resource_names import StackPart
from modelfleet.serving.telemetry import AnsweredRequest, LoggedPrediction
from tests.sealing import sealer

_PLATFORM_BYTES = 700
_WEEKLY = "cron(0 0 ? * SUN *)"


def _function(unit: str, memory_mb: int, **more: Any) -> dict[str, Any]:
    properties = {"FunctionName": f"modelfleet-prod-{unit}", "MemorySize": memory_mb, "Code": {}}
    return {"Type": "AWS::Lambda::Function", "Properties": properties | more}


def _of(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _schedule(expression: str) -> dict[str, Any]:
    return _of("AWS::Scheduler::Schedule", ScheduleExpression=expression)


def _fleet(**serving: dict[str, Any]) -> Deployed:
    """One model with as few resources as possible."""
    environment = {"Variables": {"MODELFLEET_REFRESH_SECONDS": "30.0"}}
    rules = [
        {"Prefix": "captures/", "ExpirationInDays": 730},
        {"Prefix": "captures/", "Transitions": [{"TransitionInDays": 30}]},
    ]
    machine = {"DefinitionString": json.dumps({"States": {"A": {}, "B": {}}})}
    resources = {
        StackPart.SERVING: {
            "Predict": _function("predict-a", 2048, Environment=environment),
            "Captures": _function("captures", 256),
            "Logs": _of("AWS::Logs::LogGroup", RetentionInDays=30),
            **serving,
        },
        StackPart.RETRAINING: {
            "Train": _function("train", 3072),
            "Release": _function("release", 512),
            "Machine": _of("AWS::StepFunctions::StateMachine", **machine),
            "Weekly": _schedule(_WEEKLY),
        },
        StackPart.DRIFT: {
            "Drift": _function("drift-a", 1024),
            "Daily": _schedule("cron(0 2 * * ? *)"),
        },
        StackPart.STORAGE: {
            "Lake": _of("AWS::S3::Bucket", LifecycleConfiguration={"Rules": rules}),
            "Database": _of(
                "AWS::RDS::DBCluster",
                ServerlessV2ScalingConfiguration={"SecondsUntilAutoPause": 300},
                BackupRetentionPeriod=7,
                ManageMasterUserPassword=True,
            ),
        },
        StackPart.MONITORING: {
            "One": _of("AWS::CloudWatch::Alarm", MetricName="errors"),
            "Two": _of(
                "AWS::CloudWatch::Alarm",
                Metrics=[{"Expression": "a / b"}, {"MetricStat": {}}, {"MetricStat": {}}],
            ),
        },
        StackPart.BATCH: {},
    }
    return Deployed("prod", 1, {part: {"Resources": each} for part, each in resources.items()})


def _line(lines: list[CostLine], part: str, what: str) -> CostLine:
    (found,) = [line for line in lines if (line.part, line.what) == (part, what)]
    return found


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 hour)", HOURS_A_MONTH),
        ("rate(5 minutes)", 12 * HOURS_A_MONTH),
        ("cron(0 2 * * ? *)", DAYS_A_MONTH),
        (_WEEKLY, DAYS_A_MONTH / 7),
        ("cron(0 6 ? * MON-FRI *)", DAYS_A_MONTH * 5 / 7),
        ("cron(0,30 */6 * * ? *)", DAYS_A_MONTH * 8),
        ("cron(0 0 1,15 * ? *)", 2),
        ("cron(0 0 1 1-6 ? *)", 0.5),
    ],
)
def test_schedules_are_counted(expression: str, runs: float) -> None:
    """Rates and cron expressions are converted to runs per month."""
    assert runs_a_month(expression) == pytest.approx(runs)


def test_an_unsupported_schedule_is_an_error() -> None:
    """It is not silently counted as zero."""
    with pytest.raises(FleetError, match="at"):
        runs_a_month("at(2026-01-05T00:00:00)")


def test_a_million_predictions() -> None:
    """Requests, compute, records, and logs match a manual calculation."""
    usage = Usage(predictions=1e6, request_ms=10, cold_share=0.01, start_seconds=2, log_bytes=1024)
    lines = estimate(_fleet(), usage)
    assert _line(lines, "API", "requests").usd == 3.50
    assert _line(lines, "predict", "calls").usd == pytest.approx(0.20)
    compute = _line(lines, "predict", "requests and starts")
    # 10 ms for each request and 2 s for one percent of them, at 2 GB.
    assert compute.quantity == pytest.approx((10_000 + 20_000) * 2)
    assert compute.usd == pytest.approx(1.000002)
    assert _line(lines, "logs", "ingested").quantity == pytest.approx(1e6 / 1024**2)
    assert _line(lines, "logs", "stored 30 days").quantity == pytest.approx(0.94, abs=0.01)
    assert _line(lines, "monitoring", "metrics of serving").usd == pytest.approx(18 * 0.30)


def test_idle_costs() -> None:
    """Alarms, the secret, and the weekly database hours match a manual calculation."""
    lines = estimate(_fleet(), Usage(predictions=0, training_seconds=300, database_gb=2))
    assert _line(lines, "monitoring", "2 alarms").idle_usd == pytest.approx(0.30)
    assert _line(lines, "database", "master secret").idle_usd == 0.40
    awake = _line(lines, "database", "awake to retrain")
    # Five minutes of work and five until the database pauses, every week.
    assert awake.idle == pytest.approx(DAYS_A_MONTH / 7 / 6)
    assert _line(lines, "database", "stored").idle_usd == pytest.approx(0.20)
    trained = _line(lines, "retraining", "training")
    assert trained.idle == pytest.approx(DAYS_A_MONTH / 7 * 300 * 3)
    assert all(line.used == 0 for line in lines)


def test_snapshots_and_firewall_are_marked_as_chosen() -> None:
    """Snapshots are charged per second, the firewall per rule, and both are optional."""
    snapped = _function(
        "predict-a",
        1024,
        SnapStart={"ApplyOn": "PublishedVersions"},
        Environment={"Variables": {"MODELFLEET_REFRESH_SECONDS": "30.0"}},
    )
    acl = _of("AWS::WAFv2::WebACL", Rules=[{}, {}, {}])
    lines = estimate(_fleet(Predict=snapped, Acl=acl), Usage(predictions=0))
    chosen = {(line.part, line.what): line.idle_usd for line in lines if line.chosen}
    assert chosen == {
        ("predict", "snapshots cached"): pytest.approx(3.957, abs=0.001),
        ("firewall", "web ACL"): 5.0,
        ("firewall", "rules"): 3.0,
    }


def test_traces_follow_the_sampling_rule() -> None:
    """Requests beyond one per second are traced with the rule's rate."""
    rule = _of("AWS::XRay::SamplingRule", SamplingRule={"ReservoirSize": 0, "FixedRate": 0.05})
    lines = estimate(_fleet(Rule=rule), Usage(predictions=1e6))
    assert _line(lines, "API", "traces").usd == pytest.approx(0.25)
    all_of_it = _of("AWS::XRay::SamplingRule", SamplingRule={"ReservoirSize": 1, "FixedRate": 0.05})
    lines = estimate(_fleet(Rule=all_of_it), Usage(predictions=1e6))
    assert _line(lines, "API", "traces").usd == pytest.approx(5.0)


def test_backups_are_charged_beyond_the_clusters_own_retention() -> None:
    """Of ninety days of backups, seven are free."""
    fleet = _fleet()
    rule = {"Lifecycle": {"DeleteAfterDays": 90}}
    plan = _of("AWS::Backup::BackupPlan", BackupPlan={"BackupPlanRule": [rule]})
    fleet.templates[StackPart.STORAGE]["Resources"]["Plan"] = plan
    lines = estimate(fleet, Usage(predictions=0, database_gb=1))
    assert _line(lines, "backup", "database, 90 days").idle_usd == pytest.approx(83 * 0.021)


def test_free_units_are_deducted_once() -> None:
    """Two lines with the same price share the account's free units."""
    price = Price(2.0, "thing", "somewhere", free=3)
    lines = [CostLine("a", "x", price, idle=2, used=1), CostLine("b", "y", price, idle=2)]
    assert allowances(lines, idle=True) == 6.0
    assert allowances(lines[:1], idle=True) == 4.0
    assert allowances(lines[:1], idle=False) == 6.0


def test_few_requests_have_few_metric_hours() -> None:
    """CloudWatch charges only for hours in which a metric has values."""
    one, all_ = (
        _line(estimate(_fleet(), Usage(predictions=n)), "monitoring", "metrics of serving").usd
        for n in (1, 1e6)
    )
    assert one == pytest.approx(all_ / HOURS_A_MONTH)


def test_assumed_log_bytes_and_metrics_are_sufficient() -> None:
    """The largest model's log lines and metrics do not exceed the assumptions."""
    usage = Usage(predictions=1)
    for spec in catalogue().values():
        written = io.StringIO()
        made = LoggedPrediction(
            "16dec41a-bf77-4ffa-8e6e-650bd22c1488",
            spec.features.example(),
            {"label": 1, "probability": 0.4928516149520874, "threshold": 0.3, "risk": "MEDIUM"},
            0.49,
            low_confidence=True,
        )
        request = AnsweredRequest("r" * 36, "12", Variant.CHAMPION, 12.345, [made], cache_hits=1)
        PowertoolsTelemetry(spec.name, "modelfleet", 1.0, written, sealer=sealer()).answered(
            request
        )
        lines = written.getvalue()
        assert len(lines) + _PLATFORM_BYTES < usage.log_bytes
        measured = [m for line in lines.splitlines() for m in read_measurements(json.loads(line))]
        names = {(each.name, frozenset(each.dimensions)) for each in measured}
        assert len(names) <= usage.measured_metrics


def test_every_price_has_a_source() -> None:
    """Each price is positive and has a unit and a page of AWS."""
    table = [value for value in vars(prices).values() if isinstance(value, Price)]
    assert len(table) > 20
    for price in table:
        assert price.usd > 0
        assert price.unit
        assert price.page.endswith("pricing")


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr(templates, "synthesize", lambda *_: _fleet())
    done = CliRunner().invoke(app, ["costs", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_json_has_every_line_and_the_assumptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines add up to the totals."""
    told = json.loads(_run(monkeypatch, "--predictions", "1e6", "--models", "1", "--json"))
    assert told["usd"] == pytest.approx(sum(line["usd"] for line in told["lines"]))
    assert told["idle_usd"] == pytest.approx(sum(line["idle_usd"] for line in told["lines"]))
    assert (told["region"], told["prices_read"]) == ("us-east-1", "2026-11")
    assert told["assumed"]["predictions"] == 1e6
    for line in told["lines"]:
        assert line["usd"] == pytest.approx(line["quantity"] * line["unit_usd"])


def test_the_table_has_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has lines, totals, and the date of the prices."""
    monkeypatch.setenv("COLUMNS", "140")
    text = _run(monkeypatch, "--predictions", "1e6", "--models", "1")
    for expected in ("master secret", "at list prices", "to pay", "as of 2026-11"):
        assert expected in text
    assert "snapshots" not in text


def test_unused_lines_are_hidden_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without predictions, the table shows only idle costs; JSON has every line."""
    monkeypatch.setenv("COLUMNS", "140")
    assert "requests" not in _run(monkeypatch)
    told = json.loads(_run(monkeypatch, "--json"))
    assert {"requests", "master secret"} <= {line["what"] for line in told["lines"]}


def test_stage_local_has_no_costs() -> None:
    """The error says to choose another stage."""
    with pytest.raises(FleetError, match="no AWS costs"):
        CliRunner().invoke(app, ["costs", "--stage", "local"], catch_exceptions=False)


def test_help_has_an_example() -> None:
    """The help has an example."""
    text = CliRunner().invoke(app, ["costs", "--help"]).stdout
    assert "Example: fleet costs --stage prod --predictions 1e6 --models 4" in text
