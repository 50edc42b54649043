"""Finds categories that a window's requests were refused for, and proposes to accept them."""

from collections.abc import Iterator, Mapping

from modelfleet.captures.columns import WindowColumns
from modelfleet.captures.refused_values import RefusedColumn
from modelfleet.drift.report import RefusedCategory
from modelfleet.spec.categories import CategoryReader, Unseen
from modelfleet.spec.model import ModelSpec

# Of one column. Fewer rows are more likely typing errors than a new category.
ROWS_MINIMUM = 5
_VALUES_MAXIMUM = 20
_UNKNOWN_CLIENT = ""


def refused_categories(
    spec: ModelSpec, refused: Mapping[str, RefusedColumn], window: WindowColumns
) -> tuple[RefusedCategory, ...]:
    """Return the refused values of a window, most frequent first.

    A value is proposed as a category if its share reaches the drift policy's `new_category_share`,
    and if more than one client sent it where the model has several: a single one could make up any
    value. Values that the spec accepts by now are left out.

    Parameters
    ----------
    spec
        The model.
    refused
        Refused values by column.
    window
        The window's predictions, which count as requests, too.
    """
    readers = spec.features.category_readers()
    found = [
        category
        for column in spec.features.columns()
        if column.unseen is Unseen.REFUSE and not column.personal_data and column.name in refused
        for category in _of_column(
            spec, column.name, readers[column.name], refused[column.name], window
        )
    ]
    found.sort(key=lambda category: -category.share)
    return tuple(found[:_VALUES_MAXIMUM])


def _of_column(
    spec: ModelSpec,
    name: str,
    reader: CategoryReader,
    refused: RefusedColumn,
    window: WindowColumns,
) -> Iterator[RefusedCategory]:
    asked = window.asked + refused.rows.total()
    everyone = window.clients.union(*refused.clients.values())
    for value, rows in refused.rows.most_common(_VALUES_MAXIMUM):
        if value is not None and reader.accepts(value):
            continue
        clients = refused.clients[value]
        share = rows / asked
        often = rows >= ROWS_MINIMUM and share >= spec.drift.new_category_share
        enough = asked >= spec.drift.current_rows
        vouched = _known(clients) > 1 or _known(everyone) <= 1
        yield RefusedCategory(
            column=name,
            value=value,
            rows=rows,
            share=share,
            clients=len(clients),
            proposed=value is not None and often and enough and vouched,
        )


def _known(clients: frozenset[str] | set[str]) -> int:
    return len(clients - {_UNKNOWN_CLIENT})
