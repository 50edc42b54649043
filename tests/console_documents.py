"""What tests of the console share: stored documents of models, and a shell to render pages in."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.console.views.condition import Condition
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.period import PRESETS, Period
from modelfleet.drift.performance.report import (
    Basis,
    PerformanceFinding,
    PerformanceStatus,
    VersionPerformance,
)
from modelfleet.drift.report import (
    ColumnDrift,
    Distribution,
    DriftReport,
    DriftStatus,
    DriftTest,
    Finding,
    Severity,
    Window,
)
from modelfleet.drift.reports import REPORT_FILE, SUMMARY_FILE
from modelfleet.drift.state import Alert, DriftAction, DriftState
from modelfleet.drift.summaries.summary import (
    ColumnSummary,
    DaySummary,
    DriftSummary,
    LatestSummary,
    Traffic,
    trend_day,
)
from modelfleet.pages.render import render
from modelfleet.registry.pointer import Challenger, ReleasePointer
from modelfleet.release.history import ReleaseRecord
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

NOW = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
SPEC = find("bankchurn")
AUC = Estimate(value=0.84, lower=0.82, upper=0.86)


def column(name: str, psi: float = 0.01, importance: float | None = 0.1) -> ColumnSummary:
    """A column, drifted if its PSI says so."""
    drifted = psi > 0.2
    severity = Severity.HIGH if drifted else Severity.NONE
    return ColumnSummary(
        name=name, drifted=drifted, severity=severity, psi=psi, limit=0.2, importance=importance
    )


def compared(name: str, labels: tuple[str, ...] = ("low", "mid", "high")) -> ColumnDrift:
    """A column of a report, whose values have become larger."""
    shares = tuple(1 / len(labels) for _ in labels)
    psi = Finding(
        test=DriftTest.PSI,
        statistic=0.5,
        p_value=0.001,
        p_adjusted=0.002,
        effect_size=0.48,
        threshold=0.2,
        drifted=True,
        severity=Severity.HIGH,
    )
    return ColumnDrift(
        name=name,
        kind=ColumnKind.NUMBER,
        drifted=True,
        severity=Severity.HIGH,
        findings=(psi,),
        reference=Distribution(labels=labels, shares=shares),
        current=Distribution(labels=labels, shares=(*(0.0 for _ in labels[1:]), 1.0)),
    )


def drift_run(day: date, *columns: ColumnSummary, version: str = "7") -> DriftSummary:
    """The nightly run of a day."""
    end = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    found = tuple(f"{each.name} drifted" for each in columns if each.drifted)
    return DriftSummary(
        window_start=end - timedelta(days=1),
        window_end=end,
        version=version,
        status=DriftStatus.DRIFT if found else DriftStatus.NO_DRIFT,
        reason="no significant drift",
        rows=100,
        drifted_share=0.0,
        columns=columns,
        action=DriftAction.WARN if found else DriftAction.NONE,
        findings=found,
        report=keys.report(SPEC.name, end),
    )


def performance(*, degraded: bool = False, basis: Basis = Basis.REALISED) -> PerformanceFinding:
    """The primary metric against held-out rows."""
    status = PerformanceStatus.DEGRADED if degraded else PerformanceStatus.AS_EXPECTED
    return PerformanceFinding(
        version="7",
        metric=SPEC.gate.primary,
        basis=basis,
        status=status,
        rows=500,
        value=Estimate(value=0.72, lower=0.7, upper=0.74) if degraded else AUC,
        held_out=AUC,
        margin=0.02,
        reason="significantly worse than allowed" if degraded else "as expected",
    )


@dataclass
class Stored:
    """The documents of some models in one bucket."""

    artifacts: ObjectStore = field(default_factory=memory_store)

    @property
    def documents(self) -> Documents:
        """A new reader."""
        return Documents(self.artifacts)

    def pointer(
        self, model: str = SPEC.name, champion: str = "7", challenger: Challenger | None = None
    ) -> None:
        """Release a version, ten days ago."""
        pointer = ReleasePointer(
            model=model,
            champion=champion,
            challenger=challenger,
            trial_since=NOW - timedelta(minutes=12) if challenger else None,
            written_by="ada",
            written_at=NOW - timedelta(days=10),
            reason="better",
        )
        self.artifacts.put(keys.release_pointer(model), pointer.to_json())

    def day(
        self,
        day: date = TODAY,
        *columns: ColumnSummary,
        predictions: int = 100,
        auc: float | None = 0.84,
        version: str = "7",
    ) -> DaySummary:
        """Store a day with its traffic, performance, and drift run."""
        known = None if auc is None else Estimate(value=auc, lower=auc - 0.02, upper=auc + 0.02)
        metrics = {} if known is None else {SPEC.gate.primary: known}
        summary = DaySummary(
            model=SPEC.name,
            day=day,
            traffic=Traffic(requests=predictions, predictions=predictions, errors=1, p95_ms=9.5),
            versions=(
                VersionPerformance(
                    version=version,
                    predictions=predictions,
                    labels=50,
                    labels_share=0.5,
                    realised=metrics,
                    expected={SPEC.gate.primary: AUC},
                ),
            ),
            drift=drift_run(day, *columns, version=version),
        )
        self.artifacts.put(keys.day_summary(SPEC.name, day), summary.to_json())
        return summary

    def latest(
        self,
        *days: DaySummary,
        model: str = SPEC.name,
        findings: tuple[PerformanceFinding, ...] = (),
        drift: DriftSummary | None = None,
    ) -> None:
        """Store the newest summary."""
        latest = LatestSummary(
            model=model,
            made_at=NOW,
            drift=drift or drift_run(TODAY, column("Age")),
            performance=findings,
            days=tuple(trend_day(SPEC, day) for day in days),
        )
        self.artifacts.put(keys.latest_summary(model), latest.to_json())

    def report(self, day: date, *columns: ColumnDrift) -> str:
        """Store the report of a day's run, with its page, and return their folder."""
        run = drift_run(day)
        report = DriftReport(
            model=SPEC.name,
            version="7",
            window=Window(start=run.window_start, end=run.window_end),
            made_at=NOW,
            status=DriftStatus.DRIFT,
            reason="drifted",
            reference_rows=1_000,
            current_rows=100,
            columns=columns,
        )
        self.artifacts.put(f"{run.report}/{REPORT_FILE}", report.model_dump_json().encode())
        self.artifacts.put(f"{run.report}/{SUMMARY_FILE}", b"<p>the report</p>")
        return run.report

    def alert(self, model: str = SPEC.name, *, by: str | None = None) -> None:
        """Store an open alert, acknowledged by a person or by nobody."""
        alert = Alert(
            id="a1",
            version="7",
            action=DriftAction.WARN,
            concerns=(next(iter(Concern)),),
            reasons=("Age drifted",),
            report="reports/x",
            opened_at=NOW - timedelta(days=3),
            seen_at=NOW,
            runs=3,
            acknowledged_by=by,
        )
        state = DriftState(model=model, alerts=(alert,))
        self.artifacts.put(keys.drift_state(model), state.to_json())

    def record(
        self, outcome: str, days_ago: int, version: str | None = "7", reason: str = "better"
    ) -> None:
        """Store a release record."""
        execution = f"run-{days_ago}"
        record = ReleaseRecord(
            model=SPEC.name,
            execution=execution,
            written_at=NOW - timedelta(days=days_ago),
            by="ada",
            outcome=outcome,
            version=version,
            champion=version,
            reasons=(reason,),
        )
        self.artifacts.put(keys.release_record(SPEC.name, execution), record.to_json())


def named(name: str, title: str = "A model") -> ModelSpec:
    """A model like that of the tests, by another name."""
    return SPEC.model_copy(update={"name": name, "title": title})


@dataclass(frozen=True)
class Person:
    """Who is signed in."""

    name: str = "ada@example.com"
    role: str = "operator"


@dataclass(frozen=True)
class Shell:
    """What the shell of pages shows of the person and the address."""

    person: Person = Person()
    form_token: str = "token"
    base: str = "/prod/console"
    here: str = ""
    stage: str = "prod"
    theme: str = "system"
    request_id: str = "r1"
    sections: tuple[str, ...] = ("fleet",)

    def static(self, name: str) -> str:
        """The address of a static file."""
        return f"{self.base}/static/{name}"


def tab_html(
    template: str,
    path: str,
    shown: object,
    condition: Condition,
    pointer: ReleasePointer | None,
    period: Period,
) -> str:
    """A page of the model, in its shell."""
    return render(
        f"console/templates/{template}.html.j2",
        view=Shell(),
        title=SPEC.name,
        section="fleet",
        model=SPEC.name,
        condition=condition,
        pointer=pointer,
        now=NOW,
        period=period,
        presets=PRESETS,
        tabs=(("", "Overview"), ("/drift", "Drift")),
        tab_path=path,
        neighbors=(),
        shown=shown,
    )
