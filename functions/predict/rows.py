"""Request bodies with many rows, some of which may be invalid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from functions.predict.json_route import BodyReader, JsonRoute, faults
from functions.predict.schemas import BATCH_KEY, STRICT_KEY, AboutEntity
from modelfleet.outcomes.entities import ENTITY_ID, entity_of
from modelfleet.spec.features import Features, row_of

if TYPE_CHECKING:
    from functions.predict.plain_rows import PlainReader

# body, instances, index
ROW_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Rows:
    """Valid rows in order, and the errors of the others by index.

    `entities` are the callers' IDs of what the valid rows are about; empty if no row has one.
    """

    valid: Sequence[Mapping[str, Any]]
    faults: Mapping[int, Sequence[Mapping[str, Any]]]
    entities: Sequence[str | None] = ()

    @property
    def count(self) -> int:
        """Number of rows, valid or not."""
        return len(self.valid) + len(self.faults)


class RowsReader(BodyReader[Rows]):
    """Validates a batch as a whole, and row by row only if that fails.

    Pydantic is only asked about batches that are not plain.
    """

    def __init__(self, kind: Any) -> None:
        rows = kind.model_fields[BATCH_KEY].annotation
        self._row: type[Features] = get_args(rows)[0]
        self._batch: TypeAdapter[Any] = TypeAdapter(kind)
        self._rows: TypeAdapter[list[Features]] = TypeAdapter(rows)
        self._has_entities = issubclass(self._row, AboutEntity)

    @cached_property
    def _plain(self) -> "PlainReader | None":
        # Cold starts need neither msgspec nor this reader.
        from functions.predict.plain_rows import plain_reader  # noqa: PLC0415

        return plain_reader(self._row)

    def read(self, content: bytes) -> Rows:
        """Validate a batch.

        Raises
        ------
        RequestValidationError
            If anything but a row is invalid, or a row of a strict batch.
        """
        if self._plain is not None and (plain := self._plain.read(content)) is not None:
            named = [entity_of(each) for each in plain.entities]
            return Rows(plain.rows, {}, named if any(named) else ())
        try:
            batch = self._batch.validate_json(content)
        except ValidationError as error:
            return self._rescue(content, faults(error, content))
        return self._read(getattr(batch, BATCH_KEY), {})

    def _read(
        self, rows: Sequence[Features], faults: Mapping[int, Sequence[Mapping[str, Any]]]
    ) -> Rows:
        if not self._has_entities:
            return Rows([row_of(row) for row in rows], faults)
        # The validated row is discarded; its values without the ID are the model's row.
        entities = [entity_of(vars(row).pop(ENTITY_ID)) for row in rows]
        return Rows([row_of(row) for row in rows], faults, entities if any(entities) else ())

    def _rescue(self, content: bytes, found: Sequence[Mapping[str, Any]]) -> Rows:
        wrong: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for fault in found:
            location = fault["loc"]
            if len(location) < ROW_DEPTH or location[1] != BATCH_KEY:
                raise RequestValidationError(list(found))
            wrong[location[2]].append(fault)
        body = from_json(content)
        if body.get(STRICT_KEY):
            raise RequestValidationError(list(found))
        good = [row for index, row in enumerate(body[BATCH_KEY]) if index not in wrong]
        return self._read(self._rows.validate_python(good), wrong)


class RowsRoute(JsonRoute):
    """A route whose endpoint takes the request and `Rows`."""

    def reader(self, kind: Any) -> RowsReader:
        """Make the reader of the body."""
        return RowsReader(kind)
