"""The fleet page: a row for each model, most urgent first."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from markupsafe import Markup

from modelfleet.console.views.condition import Condition, Rank, condition, judged
from modelfleet.console.views.documents import Documents, ModelDocuments
from modelfleet.drift.performance.report import Basis
from modelfleet.pages.numbers import counted, figure, metric_name, with_interval
from modelfleet.pages.time_charts import sparkline
from modelfleet.spec.model import ModelSpec

ROWS_OF_A_PAGE = 25
_DAYS = 7

Sort = Literal["state", "model", "traffic"]


@dataclass(frozen=True)
class Performance:
    """The primary metric against its value on held-out rows, which the version promised.

    `verdict` is empty unless the metric is significantly worse than allowed.
    """

    metric: str
    value: str
    promised: str
    basis: str
    verdict: str


@dataclass(frozen=True)
class FleetRow:
    """A model on the fleet page."""

    model: str
    title: str
    condition: Condition
    version: str
    since: datetime | None
    challenger: str
    traffic: int
    spark: Markup | None
    performance: Performance | None
    drifted: tuple[str, ...]
    alert: str


@dataclass(frozen=True)
class FleetPage:
    """A page of rows, with counts of all models that match the search."""

    rows: Sequence[FleetRow]
    attention: int
    quiet: int
    total: int
    number: int
    pages: int


def fleet_page(
    models: Mapping[str, ModelSpec],
    documents: Documents,
    now: datetime,
    *,
    search: str = "",
    sort: Sort = "state",
    number: int = 1,
) -> FleetPage:
    """Return the models whose name or title contains a text.

    Parameters
    ----------
    models
        The fleet's models, by name.
    documents
        Reads their documents.
    now
        The current time.
    search
        Text to search for, regardless of case; empty for all.
    sort
        Order of the rows.
    number
        The page, from 1; beyond the last, the last.
    """
    wanted = search.casefold().strip()
    names = [name for name, spec in models.items() if wanted in f"{name}\n{spec.title}".casefold()]
    found = documents.models(names)
    rows = [_row(models[name], found[name], now) for name in names]
    rows.sort(key=_ORDERS[sort])
    pages = max(1, math.ceil(len(rows) / ROWS_OF_A_PAGE))
    number = min(max(1, number), pages)
    first = (number - 1) * ROWS_OF_A_PAGE
    attention = sum(row.condition.needs_attention for row in rows)
    return FleetPage(
        rows=rows[first : first + ROWS_OF_A_PAGE],
        attention=attention,
        quiet=len(rows) - attention,
        total=len(rows),
        number=number,
        pages=pages,
    )


def _row(spec: ModelSpec, found: ModelDocuments, now: datetime) -> FleetRow:
    pointer = found.pointer
    challenger = pointer.challenger if pointer else None
    traffic = _volumes(found, now)
    return FleetRow(
        model=spec.name,
        title=spec.title,
        condition=condition(found, now),
        version=pointer.champion if pointer else "",
        since=pointer.written_at if pointer else None,
        challenger=f"{challenger.version} ({challenger.share:.0%})" if challenger else "",
        traffic=sum(traffic),
        spark=_spark(traffic) if found.latest else None,
        performance=performance(found),
        drifted=tuple(c.name for c in found.latest.drift.drifted) if found.latest else (),
        alert=alert(found, now),
    )


def _volumes(found: ModelDocuments, now: datetime) -> list[int]:
    """Return the predictions of the last seven days, oldest first; 0 where there is no summary."""
    known = {each.day: each.predictions for each in found.latest.days} if found.latest else {}
    today = now.date()
    return [known.get(today - timedelta(days=_DAYS - 1 - back), 0) for back in range(_DAYS)]


def _spark(traffic: Sequence[int]) -> Markup:
    words = f"{counted(sum(traffic), 'prediction')} in {len(traffic)} days"
    return sparkline(traffic, f"{words}; by day: {', '.join(f'{each:,}' for each in traffic)}")


def performance(found: ModelDocuments) -> Performance | None:
    """Return a model's performance against its promise; `None` before any was measured."""
    finding = judged(found)
    if finding is None or finding.value is None:
        return None
    return Performance(
        metric=metric_name(finding.metric),
        value=with_interval(finding.value),
        promised=figure(finding.held_out.value) if finding.held_out else "",
        basis="realized" if finding.basis is Basis.REALISED else "expected",
        verdict="worse than allowed" if finding.degraded else "",
    )


def alert(found: ModelDocuments, now: datetime) -> str:
    """Return the state of a model's alert; empty without one."""
    state = found.state
    current = state.open_alert if state else None
    if state is not None and state.silence is not None and state.silence.until > now:
        return f"silenced by {state.silence.by}"
    if current is None:
        return ""
    if current.acknowledged_by:
        return f"acknowledged by {current.acknowledged_by}"
    return f"open, {counted(current.runs, 'run')}"


def _by_state(row: FleetRow) -> tuple[Any, ...]:
    # An acknowledged model is less urgent than one that nobody looks after.
    handled = row.condition.rank <= Rank.WARN and row.condition.acknowledged
    return row.condition.rank, handled, -row.traffic, row.model


_ORDERS: Mapping[Sort, Callable[[FleetRow], tuple[Any, ...]]] = {
    "state": _by_state,
    "model": lambda row: (row.model,),
    "traffic": lambda row: (-row.traffic, row.model),
}
