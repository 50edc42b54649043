"""Counts the category values by which a window's requests were refused."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelfleet.captures.lake import days, unpacked
from modelfleet.captures.refusal import CapturedRefusal, read_refusal
from modelfleet.captures.window import Window
from modelfleet.spec.errors import CaptureError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Callers choose the values. Those in one of a hundred requests are among the most frequent.
VALUES_MAXIMUM = 10_000
_CLIENTS_MAXIMUM = 100

_log = logging.getLogger(__name__)


@dataclass
class RefusedColumn:
    """Refused values of one column.

    `rows` counts rows by value, under `None` those whose value was not recorded. `clients` are the
    IDs of the API keys that sent a value, at most 100 of them; the empty one is unknown.
    """

    rows: Counter[str | None] = field(default_factory=Counter)
    clients: defaultdict[str | None, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, value: str | None, rows: int, client: str) -> None:
        """Count rows; of too many values, the rarer half is forgotten."""
        self.rows[value] += rows
        known = self.clients[value]
        if len(known) < _CLIENTS_MAXIMUM:
            known.add(client)
        if len(self.rows) > VALUES_MAXIMUM:
            kept = dict(self.rows.most_common(VALUES_MAXIMUM // 2))
            self.rows[None] = self.rows.total() - sum(n for v, n in kept.items() if v is not None)
            for each in [each for each in self.rows if each is not None and each not in kept]:
                del self.rows[each]
                self.clients.pop(each, None)


def read_refused_values(lake: ObjectStore, model: str, window: Window) -> dict[str, RefusedColumn]:
    """Return the refused values of a window's requests by column, each request counted once."""
    found: dict[str, RefusedColumn] = defaultdict(RefusedColumn)
    seen: set[str] = set()
    for refusal in _refusals(lake, model, window):
        if refusal.request_id in seen:
            continue
        seen.add(refusal.request_id)
        for column, value, rows in refusal.values:
            found[column].add(value, rows, refusal.client)
    return dict(found)


def _refusals(lake: ObjectStore, model: str, window: Window) -> Iterator[CapturedRefusal]:
    for day in days(window.start, window.end):
        for key in lake.keys(keys.refusals(model, day)):
            for number, line in enumerate(unpacked(lake.get(key).content).split(b"\n"), start=1):
                if not line.strip():
                    continue
                try:
                    refusal = read_refusal(line)
                except CaptureError:
                    _log.warning("line %s of %s is not a refusal", number, key)
                    continue
                if window.start <= refusal.timestamp < window.end:
                    yield refusal
