"""What a drift report says of windows that drifted, did not, or cannot be compared."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from modelfleet.drift.metrics import measurements
from modelfleet.drift.report import (
    ColumnDrift,
    DriftPolicy,
    DriftReport,
    DriftStatus,
    DriftTest,
    Severity,
)
from modelfleet.drift.state import DriftAction
from modelfleet.metrics.drift_metrics import DriftMetric
from modelfleet.spec.errors import DriftError
from modelfleet.spec.features import Features, number, open_category
from modelfleet.statistics.drift import numbers as drift_numbers
from modelfleet.statistics.drift.shares import Comparison
from modelfleet.statistics.reference_profile import NumberProfile, ReferenceProfile
from tests.drifting import DAY, SPEC, Table, customers, detect, reference, window_of

Change = Callable[[Table], None]


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    """The same rows in every run."""
    return np.random.default_rng(20)


@pytest.fixture(scope="module")
def profile() -> ReferenceProfile:
    """A reference of 4,000 rows."""
    return reference(customers(np.random.default_rng(19), 4_000))


def report_of(profile: ReferenceProfile, rng: np.random.Generator, change: Change) -> DriftReport:
    """The report of 1,000 rows that are changed."""
    table = customers(rng, 1_000)
    change(table)
    return detect(profile, window_of(table))


def column(report: DriftReport, name: str) -> ColumnDrift:
    """A column of a report."""
    return next(column for column in report.columns if column.name == name)


def put(name: str, value: object) -> Change:
    """Let a column hold a single value."""

    def change(table: Table) -> None:
        table[name] = np.full_like(table[name], value)

    return change


def add(name: str, value: float) -> Change:
    """Shift a column."""

    def change(table: Table) -> None:
        table[name] = table[name] + value

    return change


def lose(name: str, share: float) -> Change:
    """Let values go missing."""

    def change(table: Table) -> None:
        gone = np.arange(len(table[name])) < share * len(table[name])
        table[name] = table[name].copy()
        table[name][gone] = None if table[name].dtype == object else np.nan

    return change


def replace_some(name: str, value: str, share: float) -> Change:
    """Give a part of the rows another category."""

    def change(table: Table) -> None:
        table[name] = table[name].copy()
        table[name][: int(share * len(table[name]))] = value

    return change


def test_the_same_population_has_not_drifted(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """Other rows of the same population are no drift, and the report says of what sizes."""
    report = report_of(profile, rng, lambda _: None)
    assert report.status is DriftStatus.NO_DRIFT
    assert (report.reference_rows, report.current_rows) == (4_000, 1_000)
    assert report.drifted == ()
    assert {column.name for column in report.columns} == set(SPEC.features.model_fields)


@pytest.mark.parametrize(
    ("name", "change", "test"),
    [
        ("income", add("income", 7.5), DriftTest.KOLMOGOROV_SMIRNOV),
        ("income", add("income", 120.0), DriftTest.RANGE),
        ("income", add("income", 120.0), DriftTest.PSI),
        ("spending", put("spending", 20.0), DriftTest.WASSERSTEIN),
        ("visits", add("visits", 1.0), DriftTest.JENSEN_SHANNON),
        ("balance", put("balance", 0.0), DriftTest.KOLMOGOROV_SMIRNOV),
        ("income", lose("income", 0.15), DriftTest.MISSING_SHARE),
        ("city", lose("city", 0.15), DriftTest.MISSING_SHARE),
        ("plan", replace_some("plan", "business", 0.15), DriftTest.CHI_SQUARE),
        ("plan", put("plan", "basic"), DriftTest.CHI_SQUARE),
        ("city", replace_some("city", "new", 0.04), DriftTest.NEW_CATEGORIES),
    ],
)
def test_what_has_drifted_is_named(
    profile: ReferenceProfile,
    rng: np.random.Generator,
    name: str,
    change: Change,
    test: DriftTest,
) -> None:
    """The column that was changed is found by the test that is made for it, and no other column."""
    report = report_of(profile, rng, change)
    assert report.status is DriftStatus.DRIFT
    assert [drifted.name for drifted in report.drifted] == [name]
    assert report.columns[0].name == name
    assert name in report.reason
    found = report.columns[0].finding(test)
    assert found is not None
    assert found.drifted
    assert found.severity is Severity.HIGH
    assert report.drifted_share == pytest.approx(1 / 6)
    assert not report.data_set_drifted


def test_the_prediction_is_compared_too(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """Answers that have moved are drift by themselves, whatever the features say."""
    report = report_of(profile, rng, add("prediction", 0.2))
    assert report.prediction is not None
    assert report.prediction.drifted
    assert report.drifted == (report.prediction,)
    assert report.status is DriftStatus.DRIFT
    assert report.drifted_share == 0


def test_most_features_are_the_data_set(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """Where more than half of the features have drifted, the data set has."""

    def change(table: Table) -> None:
        for name in ("income", "spending", "visits", "balance"):
            add(name, 50.0)(table)

    report = report_of(profile, rng, change)
    assert report.drifted_share == pytest.approx(4 / 6)
    assert report.data_set_drifted


def test_a_small_shift_is_a_warning(rng: np.random.Generator) -> None:
    """Between the two limits of the index nothing has drifted, and the report says what is near."""
    big = reference(customers(rng, 20_000))
    table = customers(rng, 20_000)
    table["income"] = table["income"] + 5.5
    policy = DriftPolicy(kolmogorov_smirnov=0.5, jensen_shannon=0.5, wasserstein=1.0)
    report = detect(big, window_of(table), policy=policy)
    index = column(report, "income").finding(DriftTest.PSI)
    assert index is not None
    assert 0.1 < index.statistic < 0.2
    assert (index.drifted, index.severity) == (False, Severity.LOW)
    assert report.status is DriftStatus.WARNING
    assert "income" in report.reason


def test_many_rows_do_not_make_every_shift_drift(rng: np.random.Generator) -> None:
    """A shift of a tenth of a deviation is beyond chance on 60,000 rows, and no drift."""
    table = customers(rng, 60_000)
    table["income"] = table["income"] + 1.5
    report = detect(reference(customers(rng, 20_000)), window_of(table))
    tested = column(report, "income").finding(DriftTest.KOLMOGOROV_SMIRNOV)
    assert tested is not None
    assert tested.p_value is not None
    assert tested.p_value < 0.001
    assert not tested.drifted
    assert report.status is DriftStatus.NO_DRIFT


@pytest.mark.parametrize("rows", [0, 1, 99])
def test_too_few_predictions_say_nothing(profile: ReferenceProfile, rows: int) -> None:
    """An empty day, a day of one row, a day of 99: not enough is no "no drift"."""
    table = {
        name: values[:rows] for name, values in customers(np.random.default_rng(3), 99).items()
    }
    report = detect(profile, window_of(table))
    assert report.status is DriftStatus.INSUFFICIENT_DATA
    assert report.reason == f"{rows} of 100 required predictions in the window"
    assert report.columns == ()


def test_a_small_reference_says_nothing(rng: np.random.Generator) -> None:
    """What was trained on too few rows to know them has nothing to compare with."""
    report = detect(reference(customers(rng, 999)), window_of(customers(rng, 500)))
    assert report.status is DriftStatus.INSUFFICIENT_DATA
    assert report.reason == "999 of 1,000 required rows in the reference"


def test_a_bundle_without_a_profile_is_answered(rng: np.random.Generator) -> None:
    """The report says that there is nothing to compare with, and what to do."""
    report = detect(None, window_of(customers(rng, 500)))
    assert report.status is DriftStatus.INSUFFICIENT_DATA
    assert "version 7: its bundle has no reference profile" in report.reason
    assert "retrain" in report.reason


def test_the_very_same_rows_are_a_fault(rng: np.random.Generator) -> None:
    """Whoever compares the training rows with themselves has compared nothing, in any order."""
    table = customers(rng, 1_500)
    order = rng.permutation(1_500)
    report = detect(reference(table), window_of({name: v[order] for name, v in table.items()}))
    assert report.status is DriftStatus.FAULT
    assert "exactly the rows" in report.reason


def test_a_single_other_value_is_another_window(rng: np.random.Generator) -> None:
    """Rows that are nearly those of training are compared: they are none."""
    table = customers(rng, 1_500)
    profile = reference(table)
    table["income"] = table["income"].copy()
    table["income"][:20] = 100.0
    assert detect(profile, window_of(table)).status is DriftStatus.NO_DRIFT


def test_a_statistic_that_is_no_number_is_an_error(
    profile: ReferenceProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a test comes to, NaN is not taken for less than its threshold."""
    nothing = Comparison(float("nan"), 0.5, 0.0)
    monkeypatch.setattr(drift_numbers, "kolmogorov_smirnov", lambda *_: nothing)
    window = window_of(customers(np.random.default_rng(4), 500))
    with pytest.raises(DriftError, match="income: kolmogorov_smirnov is not finite"):
        detect(profile, window)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_what_cannot_be_computed_is_an_error(profile: ReferenceProfile, value: float) -> None:
    """A value that makes statistics no number must not pass for one that has not moved."""
    table = customers(np.random.default_rng(4), 500)
    table["income"] = table["income"].copy()
    table["income"][0] = value
    with pytest.raises(DriftError, match="income: infinite values"):
        detect(profile, window_of(table))


def test_columns_of_another_kind_are_an_error(profile: ReferenceProfile) -> None:
    """A number that has become a category cannot be compared, and the report is not made."""
    window = window_of(customers(np.random.default_rng(5), 500))
    swapped = dict(window.features) | {"income": window.features["plan"]}
    with pytest.raises(DriftError, match="income: the reference is of kind number"):
        detect(profile, replace(window, features=swapped))


def test_a_column_that_is_not_there_is_an_error(profile: ReferenceProfile) -> None:
    """A window without one of the model's features is not this model's."""
    window = window_of(customers(np.random.default_rng(5), 500))
    rest = {name: values for name, values in window.features.items() if name != "plan"}
    with pytest.raises(DriftError, match="the window has no column plan"):
        detect(profile, replace(window, features=rest))


def test_a_reference_of_other_columns_is_an_error(rng: np.random.Generator) -> None:
    """Where nothing can be compared, the answer is not that nothing has drifted."""
    other = reference(customers(rng, 2_000)).model_copy(update={"columns": {}})
    with pytest.raises(DriftError, match="none of the monitored features"):
        detect(other, window_of(customers(rng, 500)))


def test_a_feature_may_be_left_alone(profile: ReferenceProfile, rng: np.random.Generator) -> None:
    """What a model declares as unwatched is in no report."""
    table = customers(rng, 1_000)
    put("visits", 9.0)(table)
    report = detect(profile, window_of(table), policy=DriftPolicy(unwatched=("visits",)))
    assert report.status is DriftStatus.NO_DRIFT
    assert len(report.columns) == 5


def test_a_column_that_went_missing_has_drifted(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """With no value left to compare, its being missing is all there is to find, and is found."""
    report = report_of(profile, rng, lose("income", 1.0))
    lost = report.columns[0]
    assert (lost.name, lost.drifted) == ("income", True)
    assert lost.finding(DriftTest.KOLMOGOROV_SMIRNOV) is None


def test_a_reference_without_a_value_is_compared(rng: np.random.Generator) -> None:
    """A column that training never saw, and that now has values, has drifted."""
    table = customers(rng, 2_000)
    table["income"] = np.full(2_000, np.nan)
    report = detect(reference(table), window_of(customers(rng, 500)))
    assert [drifted.name for drifted in report.drifted] == ["income"]


def test_a_constant_reference_is_compared(rng: np.random.Generator) -> None:
    """A column that had one value in training and now has another has drifted."""
    table = customers(rng, 2_000)
    put("balance", 5.0)(table)
    profile = reference(table)
    again = customers(rng, 500)
    put("balance", 5.0)(again)
    assert detect(profile, window_of(again)).status is DriftStatus.NO_DRIFT
    put("balance", 5.001)(again)
    assert [c.name for c in detect(profile, window_of(again)).drifted] == ["balance"]


def test_an_old_profile_still_finds_drift(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """Bundles from before profiles had curves are compared by what they have."""
    old = ReferenceProfile.model_validate(_as_written_before(profile))
    assert isinstance(old.columns["income"], NumberProfile)
    assert old.columns["income"].curve is None
    assert report_of(old, rng, lambda _: None).status is DriftStatus.NO_DRIFT
    report = report_of(old, rng, add("income", 7.5))
    assert [drifted.name for drifted in report.drifted] == ["income"]


def _as_written_before(profile: ReferenceProfile) -> dict[str, object]:
    """What the first format had of a profile."""
    content = profile.model_dump(mode="json")
    content["format"] = 1
    for part in (*content["columns"].values(), content["prediction"]):
        part.pop("curve", None)
        part.pop("rows")
    return content


def test_both_sides_are_drawn_in_the_same_bins(
    profile: ReferenceProfile, rng: np.random.Generator
) -> None:
    """Shares add up to one on both sides, and what is out of range or missing has a bar."""
    report = report_of(profile, rng, add("income", 120.0))
    for drawn in report.columns:
        assert drawn.reference.labels == drawn.current.labels
        assert sum(drawn.reference.shares) == pytest.approx(1)
        assert sum(drawn.current.shares) == pytest.approx(1)
    bars = dict(
        zip(report.columns[0].current.labels, report.columns[0].current.shares, strict=True)
    )
    above = next(share for label, share in bars.items() if label.startswith("above"))
    assert above > 0.8
    assert bars["missing"] == pytest.approx(0.1, abs=0.05)
    assert len(column(report, "city").current.labels) <= 15


class AnswersNames(Features):
    """Columns that are called what reports and metrics call the model's answers."""

    prediction_: float = number("P", minimum=0, maximum=1, example=0.5, alias="prediction")
    label: str = open_category("Label", example="basic", alias="answered class")
    column_3: float = number("Q", minimum=0, maximum=1, example=0.5, alias="(prediction)")


def test_a_feature_may_be_called_as_the_answers_are(rng: np.random.Generator) -> None:
    """It is compared as every feature is, and what is said of the answers is theirs."""
    spec = SPEC.model_copy(update={"features": AnswersNames})

    def rows(count: int, moved: float) -> Table:
        drawn = customers(rng, count)
        own = {"answered class": drawn["plan"], "(prediction)": rng.random(count)}
        return {**own, "prediction": drawn["prediction"] * moved}

    report = detect(reference(rows(4_000, 1.0), spec), window_of(rows(1_000, 0.1), spec), spec)
    assert {each.name for each in report.columns} == set(spec.feature_names)
    assert column(report, "prediction").drifted
    assert report.prediction is not None
    assert report.prediction.drifted
    decision = SimpleNamespace(action=DriftAction.NONE)
    looked = SimpleNamespace(drift=report, performance=SimpleNamespace(versions=()))
    scores = [
        each.dimensions["feature"]
        for each in measurements("n", looked, decision, DAY)  # type: ignore[arg-type]  # what is read
        if each.name == DriftMetric.DRIFT_SCORE and "version" not in each.dimensions
    ]
    assert len(scores) == len(set(scores)) == 4
