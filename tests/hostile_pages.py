"""Every page of ours, full of text of strangers."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import repeat
from typing import Any, Literal

import numpy as np
from markupsafe import Markup
from pydantic import create_model

from modelfleet.datasets.data_report import Bar, ColumnReport, DataReport, Finding, Status
from modelfleet.datasets.manifest import Rejection
from modelfleet.datasets.page import render_data_report
from modelfleet.drift.page import drift_page
from modelfleet.drift.performance.report import DayPerformance, PerformanceReport
from modelfleet.drift.report import DriftReport, RefusedCategory, RunFindings
from modelfleet.drift.state import Alert, Decision, DriftAction, DriftState, Trouble
from modelfleet.evaluation.gate import Decision as Gate
from modelfleet.evaluation.gate import Verdict
from modelfleet.evaluation.holdout import HeldOut
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import Features, category, number, open_category
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.importance import Importance
from modelfleet.statistics.results import ClassResult, Comparison, Estimate, PairedTest
from modelfleet.training.card import class_plots, plots, value_plots
from modelfleet.training.card.build import CardMaterial, render_card, with_verdict
from tests.browsing import Served
from tests.hostile import HOSTILE, in_turn, planted, together
from tests.serving import Gateway, Service
from tests.unit.drift.test_report import DAY, report
from tests.unit.training.test_build import BANKCHURN, EVALUATION, FULL, NOTHING, PROFILE
from tests.unit.training.test_plots import INTERVAL, binary, regression

# These are looked up by what they hold.
KEPT = frozenset({"metric", "slice_metric", "scale", "role"})
# A page with each text in turn would be as many pages; with all of them in each place it is one.
PLANTS = ("together", "in turn", "in turn, from another")
_ESTIMATE = Estimate(value=0.8, lower=0.7, upper=0.9)


def texts(plant: str) -> Iterator[str]:
    """What is put into each place."""
    if plant == "together":
        return repeat(together())
    return in_turn(0 if plant == "in turn" else len(HOSTILE) // 2)


def importance(found: Iterator[str]) -> tuple[Importance, ...]:
    """Columns of these names that matter."""
    return tuple(Importance(next(found), 0.1, 0.01) for _ in range(12))


def spec(found: Iterator[str]) -> ModelSpec:
    """A model whose title, description, target and unit are strangers'."""
    return BANKCHURN.model_copy(update={"title": next(found), "description": next(found)})


def card(plant: str) -> bytes:
    """A model card with everything that a card can show."""
    found = texts(plant)
    classes = tuple(
        ClassResult(name=next(found), rows=9, called=9, recall=_ESTIMATE, precision=_ESTIMATE)
        for _ in range(5)
    )
    evaluation = EVALUATION.model_copy(update={"classes": classes})
    full = FULL.model_copy(
        update={"evaluation": evaluation, "trigger": "x", "trigger_evidence": ("x",)}
    )
    manifest: BundleManifest = planted(full, found, KEPT)
    libraries = {next(found): next(found) for _ in range(4)}
    manifest = manifest.model_copy(update={"libraries": libraries, "classes": ("a", next(found))})
    rows = binary()
    drawn = plots.draw(
        BANKCHURN, 0.4, HeldOut(rows.y, rows.predicted, importance(found), next(found))
    )
    warnings = tuple(next(found) for _ in range(8))
    page = render_card(spec(found), manifest, CardMaterial(PROFILE, drawn, warnings))
    return with_verdict(page, *verdict(found), next(found))


def verdict(found: Iterator[str]) -> tuple[Verdict, Comparison]:
    """What the gate said, in strangers' words."""
    test = PairedTest(
        name=next(found),
        metric=next(found),
        candidate=0.8,
        champion=0.7,
        difference=0.1,
        p_value=0.1,
    )
    comparison = Comparison(
        champion_version=next(found),
        champion_dataset=next(found),
        candidate_dataset=next(found),
        rows=10,
        rows_of=next(found),
        primary=test,
        others=(test,),
    )
    reasons = tuple(next(found) for _ in range(5))
    return Verdict(decision=Gate.PROMOTE, reasons=reasons), comparison


def planted_drift_page(plant: str) -> bytes:
    """The page of a run of watching that found everything, on columns and bins of any name."""
    found = texts(plant)
    columns = tuple(
        column.model_copy(
            update={
                "reference": column.reference.model_copy(update=_bins(found)),
                "current": column.current.model_copy(update=_bins(found)),
            }
        )
        for column in report().columns * 4
    )
    refused = RefusedCategory(column="x", value="x", rows=9, share=0.1, clients=2, proposed=True)
    made = report().model_copy(update={"columns": columns, "refused": (refused,) * 3})
    drift = planted(made, found)
    day = DayPerformance(
        version="1", predictions=9, labels=3, labels_share=0.3, day=date(2026, 1, 30),
        realised={Metric.ROC_AUC: _ESTIMATE}, expected={Metric.ROC_AUC: _ESTIMATE},
    )  # fmt: skip
    performance = PerformanceReport(
        model="m", start=DAY, end=DAY, made_at=DAY, days=(day,) * 3, note="a note"
    )
    decision = Decision(
        model="m", version="1", window_end=DAY, decided_at=DAY, action=DriftAction.RETRAIN,
        troubles=(Trouble(concern=next(iter(Concern)), severity="high", text="x"),) * 3,
        held_back=("x",) * 3, report="r",
    )  # fmt: skip
    alert = Alert(
        id="1", version="1", action=DriftAction.WARN, concerns=(), reasons=("x",), report="r",
        opened_at=DAY, seen_at=DAY, runs=2,
    )  # fmt: skip
    state = planted(DriftState(model="m", alerts=(alert,)), found)
    looked = RunFindings(FULL, drift, planted(performance, found), ())
    past = [earlier(days) for days in (3, 2, 1)]
    return drift_page(spec(found), looked, planted(decision, found), state, past)


def earlier(days: int) -> DriftReport:
    """A report of so many days before."""
    now = report()
    window = now.window.model_copy(update={"end": now.window.end - timedelta(days=days)})
    return now.model_copy(update={"window": window})


def _bins(found: Iterator[str]) -> dict[str, tuple[object, ...]]:
    return {"labels": tuple(next(found) for _ in range(10)), "shares": (0.1,) * 10}


def data_report(plant: str) -> bytes:
    """The report of a data set version whose file, columns and categories are strangers'."""
    found = texts(plant)
    findings = tuple(
        Finding(check=Check.LEAKAGE, status=status, column="x", message="x", value=1.0)
        for status in (Status.FAIL, Status.WARN, Status.PASS)
    )
    columns = tuple(
        ColumnReport(
            name="x", role="target", description="x", unit="x", rejected=0, leakage=0.9, psi=0.1,
            missing_before=0.0, profile=NOTHING, bars=(Bar(label="x", share=0.5, before=0.4),) * 5,
        )
        for _ in range(6)
    )  # fmt: skip
    made = DataReport(
        model="m", version="v", previous="u", source="file.csv", created_at=DAY, rows=9,
        rows_before=8, rejected=1, positive_share=0.5, findings=findings, columns=columns,
        rejections=(Rejection(reason="x", rows=3, line=1_044),) * 3,
    )  # fmt: skip
    return render_data_report(spec(found), planted(made, found, KEPT))


PAGES = {"card": card, "drift": planted_drift_page, "data report": data_report}


CHARTS = ("actual", "residuals", "coverage", "classes", "recall", "importance")


def drawings() -> dict[str, Markup]:
    """Every kind of chart, with text of strangers wherever it takes any."""
    found = in_turn()
    values, odd = regression(), together()
    y = np.array([0.0, 1.0, 2.0] * 20)
    shares = np.tile(np.array([[0.5, 0.3, 0.2]]), (60, 1))
    rows = binary()
    drawn = plots.draw(BANKCHURN, 0.4, HeldOut(rows.y, rows.predicted, importance(found), odd))
    one = ClassResult(name=odd, rows=9, called=9, recall=_ESTIMATE, precision=_ESTIMATE)
    return {
        "actual": value_plots.predicted_against_actual(values.y, values.predicted, odd),
        "residuals": value_plots.residuals(values.y, values.predicted, INTERVAL, odd),
        "coverage": value_plots.coverage(values.y, values.predicted, INTERVAL, odd),
        "classes": class_plots.confusion_matrix(y, shares, (odd, *HOSTILE[:2])),
        "recall": class_plots.recall_by_class([one] * 3),
        "importance": drawn[-1].svg,
    }


_Choice = Literal["</script><script>pwned('script')</script>", "<img src=x onerror=pwned(1)>"]
# What viewers look up, and what they would follow.
_LOOKED_UP = ("$ref", "__proto__", "constructor", "description", "example", "properties", "$defs")


def features_of(texts: Sequence[str]) -> type[Features]:
    """Columns whose names, descriptions, units and categories are strangers'."""
    fields: dict[str, Any] = {
        f"column_{place}": (float, number(text, minimum=0, maximum=9, example=1, unit=text))
        for place, text in enumerate(texts)
    }
    fields["amount"] = (float, number(texts[0], minimum=0, maximum=9, example=1, alias=texts[0]))
    fields["choice"] = (_Choice, category(texts[0], example="<img src=x onerror=pwned(1)>"))
    fields |= {
        f"looked_up_{place}": (
            str,
            open_category(texts[0], example="http://127.0.0.1:9/x.json", alias=name),
        )
        for place, name in enumerate(_LOOKED_UP)
    }
    return create_model("HostileFeatures", __base__=Features, **fields)


def documented(*texts: str) -> dict[str, Served]:
    """Everything that the documentation's page is made of, as the function serves it.

    Parameters
    ----------
    texts
        The descriptions of the columns; the first describes everything else as well.
    """
    target = BANKCHURN.target.model_copy(update={"description": texts[0]})
    named = BANKCHURN.model_copy(
        update={
            "title": texts[0],
            "description": texts[0],
            "features": features_of(texts),
            "target": target,
        }
    )
    gateway: Gateway = Service(named).gateway
    paths = (
        "docs",
        "docs/swagger-ui.css",
        "docs/swagger-ui-bundle.js",
        "docs/start.js",
        "openapi.json",
    )
    served = {}
    for path in paths:
        reply = gateway.get(f"/bankchurn/{path}")
        assert reply.status == 200
        served[f"/bankchurn/{path}"] = Served(reply.text.encode(), reply.headers)
    return served
