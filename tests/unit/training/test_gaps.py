"""What a card says that its model has seen too little of."""

from modelfleet.catalogue import find
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile
from modelfleet.statistics.results import Estimate, Evaluation, SliceResult
from modelfleet.training.card.gaps import known_gaps
from tests.serving import manifest

ROWS = 1_000
MANIFEST: BundleManifest = manifest(find("bankchurn"), "1", b"")


def number(low: float | None, high: float | None, missing: float = 0.0) -> NumberProfile:
    """A column of numbers as training saw it."""
    return NumberProfile(
        missing_share=missing,
        minimum=low,
        maximum=high,
        mean=None,
        standard_deviation=None,
        edges=(),
        shares=(),
    )


def category(shares: dict[str, float], missing: float = 0.0) -> CategoryProfile:
    """A column of categories as training saw it."""
    return CategoryProfile(missing_share=missing, shares=shares)


def declared(name: str, kind: ColumnKind = ColumnKind.NUMBER, **more: object) -> Column:
    """A declared column."""
    fields = {"name": name, "kind": kind, "description": name, "example": 0, **more}
    return Column.model_validate(fields)


def gaps(column: Column, seen: NumberProfile | CategoryProfile) -> list[str]:
    """The gaps of a model with one column."""
    one = MANIFEST.model_copy(update={"features": (column,)})
    profile = ReferenceProfile(rows=ROWS, columns={column.name: seen}, prediction=number(0.0, 1.0))
    return known_gaps(one, profile)


def test_missing_values_are_told_with_their_share() -> None:
    """A column with gaps is named with the share of rows that lack it."""
    column = declared("age", minimum=0.0, maximum=9.0)
    assert gaps(column, number(0.0, 9.0, missing=0.125)) == [
        "missing values in training (imputed, or treated as a category): age 12.5%"
    ]


def test_range_is_told_where_it_is_narrower_than_what_is_allowed() -> None:
    """Values that requests may hold and training never saw are extrapolated."""
    column = declared("age", minimum=0.0, maximum=120.0)
    (told,) = gaps(column, number(18.0, 92.0))
    assert told == "predictions outside the training range are extrapolated: age 18 to 92"
    assert gaps(column, number(0.0, 120.0)) == []
    assert gaps(column, number(None, None)) == []


def test_range_of_personal_data_is_not_told() -> None:
    """The extremes of personal data are single people's."""
    column = declared("age", minimum=0.0, maximum=120.0, personal_data=True)
    assert gaps(column, number(18.0, 92.0)) == []


def test_rare_and_absent_categories_are_named() -> None:
    """Below 30 rows a category counts as rare; the rows that lack the column do not count."""
    column = declared("fuel", ColumnKind.CATEGORY, categories=("gas", "diesel", "hybrid", "coal"))
    seen = category({"gas": 0.92, "diesel": 0.06, "hybrid": 0.02}, missing=0.5)
    assert gaps(column, seen) == [
        "missing values in training (imputed, or treated as a category): fuel 50.0%",
        "fuel: hybrid in fewer than 30 training rows",
        "fuel: coal allowed but not in the training rows",
    ]
    enough = category({"gas": 0.94, "diesel": 0.03, "hybrid": 0.03, "coal": 0.0})
    assert gaps(column, enough) == ["fuel: coal in fewer than 30 training rows"]


def test_long_lists_are_cut_and_counted() -> None:
    """Of many categories some are named, and how many more there are; an open column says so."""
    shares = {f"m{n:02}": 0.001 for n in range(12)} | {"ford": 0.988}
    rare, opened = gaps(declared("model", ColumnKind.CATEGORY), category(shares))
    names = ", ".join(f"m{n:02}" for n in range(8))
    assert rare == f"model: {names} and 4 more in fewer than 30 training rows"
    assert opened == "model accepts any value; values not seen in training are scored as unknown"


def test_personal_categories_are_counted_and_never_named() -> None:
    """Who is rare can be recognised."""
    allowed = ("A", "B")
    column = declared("town", ColumnKind.CATEGORY, categories=allowed, personal_data=True)
    assert gaps(column, category({"A": 0.001, "B": 0.999})) == [
        "town: 1 value in fewer than 30 training rows"
    ]


def test_generated_rows_are_the_first_gap() -> None:
    """Who reads the card of a sample must not take its figures for real."""
    data = MANIFEST.data.model_copy(update={"generated": True})
    one = MANIFEST.model_copy(update={"features": (), "data": data})
    profile = ReferenceProfile(rows=ROWS, columns={}, prediction=number(0.0, 1.0))
    (told,) = known_gaps(one, profile)
    assert told.startswith("the rows were generated")


def test_groups_that_are_not_measured_are_told() -> None:
    """A slice without a measure is a gap, with the reason where there is one."""
    measured = SliceResult(column="Geo", group="A", rows=500, estimate=Estimate(value=0.8))
    small = SliceResult(column="Geo", group="B", rows=12)
    less = SliceResult(column="Geo", group="D", rows=2)
    alike = SliceResult(column="Geo", group="C", rows=300, note="all outcomes are 0")
    evaluation = Evaluation(rows=812, metrics={}, slices=(measured, small, alike, less))
    one = MANIFEST.model_copy(update={"features": (), "evaluation": evaluation})
    profile = ReferenceProfile(rows=ROWS, columns={}, prediction=number(0.0, 1.0))
    assert known_gaps(one, profile) == [
        "slices not measured (too few rows): Geo = B, Geo = D",
        "slices not measured (all outcomes are 0): Geo = C",
    ]
