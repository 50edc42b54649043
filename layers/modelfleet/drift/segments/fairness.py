"""Compares selection and true-positive rates between groups of sensitive columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from modelfleet.drift.performance.answers import Answers, Judged
from modelfleet.drift.segments.columns import grouped, sensitive, small_name, without_groups
from modelfleet.drift.segments.report import GroupRate, RateComparison, RateKind
from modelfleet.evaluation.slices import Group
from modelfleet.spec.features import Column
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics import rates
from modelfleet.statistics.rates import Count
from modelfleet.statistics.tasks.by_task import STATISTICS

NO_POSITIVE_CLASS = "rates are only compared for models with a positive class"
# Fewer positive outcomes say little about a rate, and much about the people.
LEAST_POSITIVES = 20


@dataclass(frozen=True)
class _Counted:
    """A rate's counts by group, and the groups that are too small."""

    column: str
    kind: RateKind
    counts: dict[str, Count]
    small: tuple[GroupRate, ...]
    note: str = ""


def measure_rates(
    spec: ModelSpec, answers: Answers, judged: Judged
) -> tuple[tuple[RateComparison, ...], int]:
    """Compare rates between all pairs of groups of each sensitive column.

    Groups with fewer predictions than the policy's `group_rows` are left out with the reason,
    without their size; for the true-positive rate, so are those with fewer than 20 positive
    outcomes. A single group is not compared.

    Parameters
    ----------
    spec
        The model.
    answers, judged
        A version's outputs with its sensitive columns, and their outcomes.

    Returns
    -------
    tuple
        The comparisons, and the number of pairs that were compared in all of them, for which their
        intervals are corrected (Bonferroni).
    """
    select = STATISTICS[spec.task].selected
    if select is None or not answers.ids:
        return (), 0
    counted = list(_counted(spec, answers, judged, select(judged.scores, judged.ends)))
    pairs = sum(len(each.counts) * (len(each.counts) - 1) // 2 for each in counted)
    level = rates.joint_level(pairs)
    return tuple(_compared(spec, each, level) for each in counted), pairs


def _counted(
    spec: ModelSpec, answers: Answers, judged: Judged, selected: NDArray[np.bool_]
) -> Iterator[_Counted]:
    positive = np.zeros(selected.size, dtype=np.bool_)
    positive[judged.labelled[judged.y == 1.0]] = True
    for column in sensitive(spec):
        if note := without_groups(spec, column):
            yield from (_Counted(column.name, kind, {}, (), note) for kind in RateKind)
            continue
        found = list(grouped(spec, column, answers.columns[column.name]))
        for kind in RateKind:
            among = positive if kind is RateKind.TRUE_POSITIVE else np.ones_like(positive)
            yield _of_groups(spec, column, kind, found, selected, among)


def _of_groups(
    spec: ModelSpec,
    column: Column,
    kind: RateKind,
    found: Sequence[Group],
    selected: NDArray[np.bool_],
    among: NDArray[np.bool_],
) -> _Counted:
    least = spec.drift.group_rows
    counts: dict[str, Count] = {}
    # By name, because all undeclared values have the same.
    small: dict[str, str] = {}
    for group in found:
        rows = group.rows & among
        whole = int(rows.sum())
        if int(group.rows.sum()) < least:
            small[small_name(column, group)] = f"fewer than {least} predictions"
        elif kind is RateKind.TRUE_POSITIVE and whole < LEAST_POSITIVES:
            note = f"fewer than {LEAST_POSITIVES} positive outcomes"
            small[small_name(column, group)] = note
        else:
            counts[group.name] = Count(int((selected & rows).sum()), whole)
    note = "" if len(counts) > 1 else "fewer than two groups are large enough"
    left_out = (GroupRate(group=name, rows=None, note=why) for name, why in small.items())
    return _Counted(column.name, kind, counts, tuple(left_out), note)


def _compared(spec: ModelSpec, counted: _Counted, level: float) -> RateComparison:
    ordered = sorted(counted.counts.items(), key=lambda each: (-each[1].rate, each[0]))
    measured = [
        GroupRate(group=name, rows=count.whole, rate=rates.rate(count)) for name, count in ordered
    ]
    known = RateComparison(
        column=counted.column,
        kind=counted.kind,
        groups=(*measured, *counted.small),
        limit=_limit(spec, counted.kind),
        note=counted.note,
    )
    if len(ordered) < 2:  # noqa: PLR2004 -- a pair
        return known
    # The first of a pair has the higher rate, because the groups are ordered.
    apart = [
        (rates.difference(one[1], other[1], level), one, other)
        for one, other in combinations(ordered, 2)
    ]
    difference, higher, lower = max(apart, key=lambda each: each[0].lower or -1.0)
    update = {
        "higher": higher[0],
        "lower": lower[0],
        "difference": difference,
        "ratio": rates.ratio(lower[1], higher[1], level),
    }
    return known.model_copy(update=update)


def _limit(spec: ModelSpec, kind: RateKind) -> float | None:
    policy = spec.drift
    return {
        RateKind.SELECTION: policy.selection_rate_difference,
        RateKind.TRUE_POSITIVE: policy.true_positive_rate_difference,
    }[kind]
