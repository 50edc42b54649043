"""Known gaps of a model: cases that its training and held-out rows do not cover."""

from collections.abc import Iterator, Sequence

from modelfleet.pages.numbers import counted, percent, profile_range
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.categories import Unseen
from modelfleet.spec.features import Column
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile

# With fewer training rows, a category's effect is mostly noise.
RARE_ROWS = 30
_NAMES_SHOWN = 8
_MOSTLY = 0.5

Described = tuple[Column, NumberProfile | CategoryProfile]


def known_gaps(manifest: BundleManifest, profile: ReferenceProfile) -> list[str]:
    """Describe where the model is not reliable.

    Values of columns with personal data are counted, never named.
    """
    seen = [
        (column, profile.columns[column.name])
        for column in manifest.features
        if column.name in profile.columns
    ]
    return [
        *_generated(manifest),
        *_missing(seen),
        *_ranges(seen),
        *(gap for pair in seen for gap in _categories(*pair, profile.rows)),
        *_low_recall(manifest),
        *_unmeasured(manifest),
    ]


def _generated(manifest: BundleManifest) -> Iterator[str]:
    if manifest.data.generated:
        yield "the rows were generated: these metrics do not predict performance on real data"


def _missing(seen: Sequence[Described]) -> Iterator[str]:
    shares = [(c.name, profile.missing_share) for c, profile in seen if profile.missing_share]
    if shares:
        shown = ", ".join(f"{name} {percent(share)}" for name, share in shares)
        yield f"missing values in training (imputed, or treated as a category): {shown}"


def _ranges(seen: Sequence[Described]) -> Iterator[str]:
    ranges = [
        f"{column.name} {profile_range(profile)}"
        for column, profile in seen
        if isinstance(profile, NumberProfile)
        and profile.minimum is not None
        and profile.maximum is not None
        and (profile.minimum, profile.maximum) != (column.minimum, column.maximum)
        and not column.personal_data
    ]
    if ranges:
        yield f"predictions outside the training range are extrapolated: {', '.join(ranges)}"


def _categories(column: Column, seen: NumberProfile | CategoryProfile, rows: int) -> Iterator[str]:
    if not isinstance(seen, CategoryProfile):
        return
    known = rows * (1.0 - seen.missing_share)
    rare = [name for name, share in seen.shares.items() if round(share * known) < RARE_ROWS]
    if rare:
        yield f"{column.name}: {_named(column, rare)} in fewer than {RARE_ROWS} training rows"
    if absent := [name for name in column.categories if name not in seen.shares]:
        yield f"{column.name}: {_named(column, absent)} allowed but not in the training rows"
    if column.unseen is Unseen.SCORE or not column.categories:
        yield f"{column.name} accepts any value; values not seen in training are scored as unknown"


def _low_recall(manifest: BundleManifest) -> Iterator[str]:
    """Yield the classes whose recall is significantly below one half."""
    results = manifest.evaluation.classes if manifest.evaluation else ()
    hidden = [each.name for each in results if (each.recall.upper or 0.0) < _MOSTLY]
    if hidden:
        names = ", ".join(hidden)
        yield f"recall significantly below {percent(_MOSTLY, 0)}: {names}"


def _unmeasured(manifest: BundleManifest) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for group in manifest.evaluation.slices if manifest.evaluation else ():
        if group.estimate is None:
            names.setdefault(group.note or "too few rows", []).append(group.name)
    for note, groups in names.items():
        yield f"slices not measured ({note}): {', '.join(groups)}"


def _named(column: Column, names: list[str]) -> str:
    if column.personal_data:
        return counted(len(names), "value")
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown
