"""Records the category values by which requests were refused, within bounds."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from modelfleet.captures.refusal import VALUES_MAXIMUM, CapturedRefusal, RefusedValue
from modelfleet.serving.score import Call
from modelfleet.serving.telemetry import ServingTelemetry
from modelfleet.spec.clock import Clock

# Callers choose these values. A new category is sent again and again, so a few values of each
# column, client, and day suffice, and no client uses up the values of another.
VALUES_OF_A_CLIENT = 20
CLIENTS_MAXIMUM = 100


def _now() -> datetime:
    return datetime.now(UTC)


class RefusalRecorder:
    """Passes refused values to the log, with a bounded number of distinct ones per process and day.

    Further values are counted without their text.

    Parameters
    ----------
    model
        Name of the model.
    telemetry
        Writes the log.
    unlogged
        Names of the columns whose values no log may show.
    clock
        Returns the current time.
    """

    def __init__(
        self,
        model: str,
        telemetry: ServingTelemetry,
        unlogged: frozenset[str],
        clock: Clock = _now,
    ) -> None:
        self._model = model
        self._telemetry = telemetry
        self._unlogged = unlogged
        self._clock = clock
        self._day: date | None = None
        self._known: dict[str, dict[str, set[str]]] = {}

    def record(self, call: Call, refused: Iterable[tuple[str, str | None]]) -> None:
        """Record a request's refused values.

        Parameters
        ----------
        call
            The request.
        refused
            Column and value of each, once per row; `None` if the value may not be recorded.
        """
        now = self._clock()
        counted = Counter(
            (column, self._named(now.date(), call.client, column, value))
            for column, value in refused
            if column not in self._unlogged
        )
        values = tuple(
            RefusedValue(column, value, rows)
            for (column, value), rows in counted.most_common(VALUES_MAXIMUM)
        )
        if values:
            made = CapturedRefusal(call.request_id, now, self._model, call.client, values)
            self._telemetry.refused(made)

    def _named(self, day: date, client: str, column: str, value: str | None) -> str | None:
        if value is None:
            return None
        if day != self._day:
            self._day, self._known = day, {}
        if client not in self._known and len(self._known) >= CLIENTS_MAXIMUM:
            return None
        known = self._known.setdefault(client, defaultdict(set))[column]
        if value not in known and len(known) >= VALUES_OF_A_CLIENT:
            return None
        known.add(value)
        return value
