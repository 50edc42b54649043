"""A column's distribution next to that of the previous version."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from modelfleet.datasets.data_report import Bar
from modelfleet.pages.numbers import profile_text
from modelfleet.pages.text import OTHERS
from modelfleet.statistics.drift.psi import category_shares, number_shares, stability_index
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.arrays import Profile, Values, as_numbers

_MOST_BARS = 12


def drift(before: Profile | None, values: Values, now: Profile) -> float | None:
    """Return the population stability index against a profile; `None` if the kinds differ.

    Later rows have later dates, which is no drift. `now` is the profile of the values.
    """
    if isinstance(before, NumberProfile) and isinstance(now, NumberProfile):
        if now.of_dates:
            return None
        shares = number_shares(before, as_numbers(values))
        return stability_index(np.array(before.shares), shares)
    if isinstance(before, CategoryProfile) and isinstance(now, CategoryProfile):
        return stability_index(*category_shares(before, now))
    return None


def bars_of(before: Profile | None, values: Values, now: Profile) -> tuple[Bar, ...]:
    """Return the bars of a column's chart, with the parent version's shares if comparable.

    `now` is the profile of the values.
    """
    if isinstance(now, CategoryProfile):
        return _category_bars(before if isinstance(before, CategoryProfile) else None, now)
    known = before if isinstance(before, NumberProfile) else None
    edges = known or now
    numbers = as_numbers(values)
    shares, labels = number_shares(edges, numbers), _labels(edges, numbers)
    return tuple(
        Bar(label=label, share=float(share), before=known.shares[i] if known else None)
        for i, (label, share) in enumerate(zip(labels, shares, strict=True))
    )


def _category_bars(before: CategoryProfile | None, now: CategoryProfile) -> tuple[Bar, ...]:
    then = before.shares if before else {}
    names = sorted({*now.shares, *then}, key=lambda n: (-now.shares.get(n, 0), n))
    shown = names if len(names) <= _MOST_BARS + 1 else names[:_MOST_BARS]
    rest = names[len(shown) :]
    bars = [(name, now.shares.get(name, 0.0), then.get(name, 0.0)) for name in shown]
    if rest:
        sums = (sum(shares.get(name, 0.0) for name in rest) for shares in (now.shares, then))
        bars.append((f"{len(rest)} {OTHERS}", *sums))  # type: ignore[arg-type]  # two sums
    return tuple(
        Bar(label=label, share=share, before=old if before else None) for label, share, old in bars
    )


def _labels(profile: NumberProfile, numbers: NDArray[np.float64]) -> list[str]:
    """Return bin labels; bins are open below and closed above, or hold a single value."""
    edges = profile.edges
    if not edges:
        return ["all values"]
    texts = [profile_text(profile, edge) for edge in edges]
    known = numbers[~np.isnan(numbers)]
    beyond = known[known > edges[-1]]
    if beyond.size and beyond.min() == beyond.max() and np.isin(known, [*edges, beyond[0]]).all():
        return [*texts, profile_text(profile, float(beyond[0]))]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *inner, f"above {texts[-1]}"]
