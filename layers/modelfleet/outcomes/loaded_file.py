"""Files of loaded outcomes: one for each load and day of predictions, in the order of reports."""

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from modelfleet.captures.lake import unpacked
from modelfleet.spec.document import Document
from modelfleet.spec.errors import DatasetError

# Random IDs hardly compress further.
_LEVEL = 1


class Outcome(NamedTuple):
    """A prediction's newest outcome, and when it was reported."""

    prediction_id: str
    actual: float | str
    received_at: datetime


class OutcomeLoad(Document):
    """First line of a file: who loaded it, when, and from which table."""

    noun = "file of loaded outcomes"
    error = DatasetError

    load: str
    received_at: datetime
    loaded_by: str
    source: str
    sha256: str


def write_loaded(load: OutcomeLoad, outcomes: Iterable[tuple[str, float | str]]) -> bytes:
    """Return a file of outcomes by prediction ID; of several for a prediction, the last holds."""
    lines = [load.model_dump_json()]
    # Prediction IDs need no escaping.
    lines += [f'{{"prediction_id":"{name}","actual":{json.dumps(v)}}}' for name, v in outcomes]
    return gzip.compress("\n".join(lines).encode(), _LEVEL, mtime=0)


def read_loaded(key: str, content: bytes) -> Iterator[Outcome]:
    """Yield the outcomes of a file, in its order.

    Raises
    ------
    DatasetError
        If the file is not valid; the message names it.
    """
    try:
        first, *lines = unpacked(content).split(b"\n")
        received_at = OutcomeLoad.parse(first).received_at
        for line in lines:
            entry = json.loads(line)
            yield Outcome(entry["prediction_id"], entry["actual"], received_at)
    except (DatasetError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{key} is not a valid file of loaded outcomes") from error
