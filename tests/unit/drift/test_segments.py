"""Slices and groups of a lake in memory, against what is put into it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.window import Window
from modelfleet.catalogue import find
from modelfleet.drift.performance.answers import Answers, Judged, read_answers
from modelfleet.drift.requests import DriftRequest
from modelfleet.drift.run import run_drift
from modelfleet.drift.segments.columns import NO_EDGES, UNDECLARED, grouped, needed, small_name
from modelfleet.drift.segments.fairness import NO_POSITIVE_CLASS, measure_rates
from modelfleet.drift.segments.measure import measure_segments
from modelfleet.drift.segments.report import RateComparison, RateKind, SegmentReport
from modelfleet.drift.summaries import store
from modelfleet.outcomes.report import Feedback
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.drift_policy import DriftPolicy
from modelfleet.spec.features import Column, ColumnKind, Features, number
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.results import Estimate, Evaluation, SliceResult
from modelfleet.storage import keys
from tests.serving import put_bundle
from tests.watching import NOW, SPEC, World, sampled, scores

WEEK = Window(start=NOW - timedelta(days=7), end=NOW)
ROWS = 1_200


def limited(**policy: Any) -> ModelSpec:
    """The model with these limits."""
    return SPEC.model_copy(update={"drift": DriftPolicy(**policy)})


class Open(Features):
    """Features without a sensitive one."""

    Balance: float = number("Balance", minimum=0, maximum=1e6, example=1.0)


class Week:
    """A week of predictions, all with outcomes."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], actual: Iterable[float]) -> None:
        self.world = World()
        self.world.release("7")
        self.rows = [dict(row) for row in rows]
        self.actual = np.array(list(actual))
        self.world.predict(self.rows, "7")
        at = NOW - timedelta(hours=1)
        for place, value in enumerate(self.actual):
            name = f"{at:%d%H%M%S}-{place}"
            outcome = Feedback(
                prediction_id=name, model=SPEC.name, actual=value, received_at=at, request_id="r"
            )
            self.world.lake.put(
                keys.feedback(SPEC.name, at.date().isoformat(), name),
                outcome.model_dump_json().encode(),
            )

    @property
    def manifest(self) -> BundleManifest:
        """The manifest of the version."""
        return BundleStore(self.world.artifacts).manifest(SPEC.name, "7")

    def measured(
        self, spec: ModelSpec = SPEC, manifest: BundleManifest | None = None
    ) -> SegmentReport:
        """What is found of the week."""
        read = read_answers(spec, self.world.lake, window=WEEK, now=NOW, columns=needed(spec))
        return measure_segments(spec, read, manifest or self.manifest)


def luck(rows: Sequence[Mapping[str, Any]], seed: int = 5) -> np.ndarray:
    """Outcomes as frequent as the probabilities say."""
    drawn: np.ndarray = np.random.default_rng(seed).random(len(rows)) < scores(rows)
    return drawn.astype(float)


@pytest.fixture(scope="module")
def week() -> Week:
    """A week with few rows of Spain, and in Germany the reverse of what was predicted."""
    rows = sampled(ROWS, seed=4)
    spain = 0
    for row in rows:
        spain += row["Geography"] == "Spain"
        if row["Geography"] == "Spain" and spain > 30:
            row["Geography"] = "France"
    actual = luck(rows)
    german = np.array([row["Geography"] == "Germany" for row in rows])
    actual[german] = 1.0 - actual[german]
    return Week(rows, actual)


def of(report: SegmentReport, column: str, kind: RateKind) -> RateComparison:
    """One comparison."""
    return next(each for each in report.rates if (each.column, each.kind) == (column, kind))


def test_slices_are_measured_on_outcomes(week: Week) -> None:
    """A slice has the metric of its rows, and a rare one the reason for having none."""
    found = {(each.column, each.group): each for each in week.measured().slices}
    french = np.array([row["Geography"] == "France" for row in week.rows])
    france = found["Geography", "France"]
    assert france.rows == french.sum()
    expected = roc_auc_score(week.actual[french], scores(week.rows)[french])
    assert france.estimate is not None
    assert france.estimate.value == pytest.approx(expected, abs=1e-6)
    assert not france.estimate.too_few_rows
    rare = found["Geography", "Spain"]
    assert (rare.rows, rare.estimate, rare.note) == (30, None, "fewer than 100 outcomes")


def test_a_reversed_slice_is_a_finding(week: Week) -> None:
    """Only the slice below its limit, beyond chance for all slices, is one."""
    report = week.measured()
    texts = [each.text for each in report.findings if "Germany" in each.text]
    assert len(texts) == 1
    assert "Geography = Germany (" in texts[0]
    assert texts[0].endswith("significantly below the minimum 0.5")
    assert {each.concern for each in report.findings} == {Concern.SEGMENT}


def test_a_loss_against_the_same_held_out_slice() -> None:
    """A slice within its absolute limit may still have lost more than the policy allows."""
    rows = sampled(ROWS, seed=6)
    made = Week(rows, luck(rows))
    better = Estimate(value=0.99, lower=0.985, upper=0.995)
    slices = (SliceResult(column="Geography", group="France", rows=900, estimate=better),)
    evaluation = Evaluation(rows=900, metrics={}, slices=slices)
    manifest = made.manifest.model_copy(update={"evaluation": evaluation})
    assert made.measured(SPEC, manifest).findings == ()
    (found,) = made.measured(limited(slice_loss=0.02), manifest).findings
    assert "Geography = France" in found.text
    assert "held-out rows (0.9900), by more than 0.02" in found.text


def test_rates_of_groups_are_their_shares(week: Week) -> None:
    """Rates are of recorded decisions, the true-positive rate of rows with positive outcomes."""
    report = week.measured()
    women = np.array([row["Gender"] == "Female" for row in week.rows])
    selected, positive = scores(week.rows) >= 0.3, week.actual == 1.0
    for kind, among in ((RateKind.SELECTION, women), (RateKind.TRUE_POSITIVE, women & positive)):
        found = of(report, "Gender", kind)
        (group,) = (each for each in found.groups if each.group == "Female")
        assert group.rate is not None
        assert (group.rows, group.rate.value) == (among.sum(), selected[among].mean())


def test_groups_of_age_differ_and_the_alarm_names_none() -> None:
    """Scores depend on age alone, so a limit on the selection rate is exceeded."""
    rows = sampled(ROWS, seed=6)
    made = Week(rows, luck(rows))
    report = made.measured(limited(selection_rate_difference=0.2))
    age = of(report, "Age", RateKind.SELECTION)
    assert (age.higher, age.lower) == ("40 to below 50", "below 30")
    assert "60 or more" in [group.group for group in age.groups if group.rate is None]
    assert age.difference is not None
    assert age.ratio is not None
    assert age.ratio.value < 0.8
    (found,) = report.findings
    assert found.concern is Concern.FAIRNESS
    assert found.text.startswith("selection rate differs between groups of Age by ")
    for group in age.groups:
        assert group.group not in found.text


def test_small_groups_are_left_out_without_their_size() -> None:
    """A group below the minimum is named with the reason, and neither rate nor size is told."""
    rows = sampled(ROWS, seed=6)
    for place, row in enumerate(rows):
        row["Gender"] = "Female" if place < 25 else "Male"
    report = Week(rows, luck(rows)).measured()
    for kind in RateKind:
        gender = of(report, "Gender", kind)
        (small,) = (each for each in gender.groups if each.group == "Female")
        assert (small.rows, small.rate) == (None, None)
        assert small.note == "fewer than 100 predictions"
        assert gender.difference is None
    of_women = next(s for s in report.slices if (s.column, s.group) == ("Gender", "Female"))
    assert of_women.rows is None


@pytest.mark.parametrize("value", ["\ud800", "a\nb", "x" * 5_000])
def test_a_group_has_a_printable_name(value: str) -> None:
    """Callers choose the values of an open category, which must not break a summary."""
    column = Column(
        name="City", kind=ColumnKind.CATEGORY, description="", sensitive=True, example="Rome"
    )
    (group,) = grouped(SPEC, column, [value] * 3)
    assert group.rows.sum() == 3
    assert len(group.name.encode()) <= 200
    assert small_name(column, group) == UNDECLARED


def test_a_number_needs_edges() -> None:
    """What cannot be compared says why."""
    without = SPEC.model_copy(update={"slices": None})
    rows = sampled(200, seed=6)
    made = Week(rows, luck(rows))
    assert of(made.measured(without), "Age", RateKind.SELECTION).note == NO_EDGES


def test_a_model_without_a_positive_class_compares_no_rates() -> None:
    """A regression's slices are empty without predictions, and its rates say why there are none."""
    cars = find("carvision")
    read = read_answers(cars, memory_store(), window=WEEK, now=NOW, columns=needed(cars))
    world = World()
    put_bundle(world.artifacts, cars, "1")
    report = measure_segments(cars, read, BundleStore(world.artifacts).manifest(cars.name, "1"))
    assert (report.rates, report.slices, report.note) == ((), (), NO_POSITIVE_CLASS)
    assert report.measured == frozenset()


def test_equal_groups_are_seldom_found_apart() -> None:
    """In 300 weeks without any difference, at most one in twenty has a difference above zero."""
    random = np.random.default_rng(8)
    ages, genders = np.arange(20, 80), np.array(["Female", "Male"])
    false_alarms = 0
    for _ in range(300):
        answers = Answers(
            ids=[str(place) for place in range(900)],
            columns={
                "Age": random.choice(ages, 900).tolist(),
                "Gender": random.choice(genders, 900).tolist(),
            },
        )
        judged = Judged(
            scores=random.random(900),
            ends=np.full((900, 2), 0.7),
            labelled=np.arange(900),
            y=(random.random(900) < 0.4).astype(float),
        )
        found, pairs = measure_rates(SPEC, answers, judged)
        assert pairs == 2 * (1 + 10)
        false_alarms += any(
            each.difference is not None and (each.difference.lower or 0.0) > 0 for each in found
        )
    # The binomial 99 % quantile of 300 runs at 5 %.
    assert false_alarms <= 24


def test_a_run_decides_on_segments_and_summarizes_them(week: Week) -> None:
    """The nightly run warns of the slice, and its day's summary has all slices and groups."""
    run_drift(SPEC, DriftRequest(model=SPEC.name, whole_hours=True), week.world.watcher)
    day = store.day(week.world.artifacts, SPEC.name, NOW.date())
    assert day is not None
    assert day.segments == week.measured()
    decision = week.world.told.decisions[-1]
    assert Concern.SEGMENT in {each.concern for each in decision.troubles}


@pytest.mark.parametrize(
    ("policy", "change", "told"),
    [
        (DriftPolicy(slice_loss=0.1), {"slices": None}, "declare slices"),
        (
            DriftPolicy(selection_rate_difference=0.1),
            {"features": Open, "slices": None},
            "no column is sensitive",
        ),
    ],
)
def test_a_limit_that_nothing_can_exceed_is_refused(
    policy: DriftPolicy, change: dict[str, Any], told: str
) -> None:
    """A spec with a limit on what it does not declare is a mistake."""
    values = {name: getattr(SPEC, name) for name in type(SPEC).model_fields} | {"drift": policy}
    with pytest.raises(ValueError, match=told):
        ModelSpec(**(values | change))
