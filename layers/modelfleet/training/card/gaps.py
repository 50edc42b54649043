"""What a model has seen too little of: found in the profile of its training rows."""

from collections.abc import Iterator, Sequence

from modelfleet.pages.numbers import number_text
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.features import Column
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile, ReferenceProfile

# With fewer training rows than this, what was learned of a category is mostly chance.
RARE_ROWS = 30
_NAMES_SHOWN = 8
_MOSTLY = 0.5

Described = tuple[Column, NumberProfile | CategoryProfile]


def known_gaps(manifest: BundleManifest, profile: ReferenceProfile) -> list[str]:
    """Say in sentences what a reader must not rely on.

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
        *_overlooked(manifest),
        *_unmeasured(manifest),
    ]


def _generated(manifest: BundleManifest) -> Iterator[str]:
    if manifest.data.generated:
        yield "the rows were generated: nothing here says how good it is on rows that happened"


def _missing(seen: Sequence[Described]) -> Iterator[str]:
    shares = [(c.name, found.missing_share) for c, found in seen if found.missing_share]
    if shares:
        told = ", ".join(f"{name} {share:.1%}" for name, share in shares)
        yield f"missing in training rows, and filled in or taken as a value of its own: {told}"


def _ranges(seen: Sequence[Described]) -> Iterator[str]:
    told = [
        f"{column.name} {number_text(found.minimum)} to {number_text(found.maximum)}"
        for column, found in seen
        if isinstance(found, NumberProfile)
        and found.minimum is not None
        and found.maximum is not None
        and (found.minimum, found.maximum) != (column.minimum, column.maximum)
        and not column.personal_data
    ]
    if told:
        ranges = ", ".join(told)
        yield f"beyond these values, which training saw, answers are extrapolated: {ranges}"


def _categories(column: Column, seen: NumberProfile | CategoryProfile, rows: int) -> Iterator[str]:
    if not isinstance(seen, CategoryProfile):
        return
    known = rows * (1.0 - seen.missing_share)
    rare = [name for name, share in seen.shares.items() if round(share * known) < RARE_ROWS]
    if rare:
        yield (
            f"{column.name}: {_named(column, rare)} seen in fewer than {RARE_ROWS} training rows"
        )
    if absent := [name for name in column.categories if name not in seen.shares]:
        yield f"{column.name}: {_named(column, absent)} allowed, but never seen in training"
    if not column.categories:
        yield f"{column.name} is open: a value that training never saw is answered as unknown"


def _overlooked(manifest: BundleManifest) -> Iterator[str]:
    """Yield the classes that the model hardly ever names, beyond chance."""
    results = manifest.evaluation.classes if manifest.evaluation else ()
    hidden = [each.name for each in results if (each.recall.upper or 0.0) < _MOSTLY]
    if hidden:
        names = ", ".join(hidden)
        yield f"most rows of these classes are taken for others, beyond chance: {names}"


def _unmeasured(manifest: BundleManifest) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for group in manifest.evaluation.slices if manifest.evaluation else ():
        if group.estimate is None:
            names.setdefault(group.note or "too few rows", []).append(group.name)
    for note, groups in names.items():
        yield f"not measured by themselves, {note}: {', '.join(groups)}"


def _named(column: Column, names: list[str]) -> str:
    if column.personal_data:
        return f"{len(names)} values"
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown
