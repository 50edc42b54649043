"""Writes the records of one batch and one folder to one object, as Firehose does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

Put = Callable[[str, str, bytes], None]


@dataclass(slots=True)
class _Batch:
    key: str
    contents: list[bytes] = field(default_factory=list)


class ObjectWriter:
    """Writes objects; within `batching`, those of one folder are combined.

    Parameters
    ----------
    put
        Writes an object: bucket, key, and content.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        # Several threads handle batches at the same time.
        self._batches: ContextVar[dict[tuple[str, str], _Batch] | None] = ContextVar(
            "batches", default=None
        )

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object, or add it to the current batch."""
        batches = self._batches.get()
        if batches is None:
            self._put(bucket, key, content)
            return
        folder = key.rpartition("/")[0]
        batches.setdefault((bucket, folder), _Batch(key)).contents.append(content)

    @contextmanager
    def batching(self) -> Iterator[None]:
        """Write the objects of the block when it ends, combined into one per folder."""
        batches: dict[tuple[str, str], _Batch] = {}
        token = self._batches.set(batches)
        try:
            yield
        finally:
            self._batches.reset(token)
        for (bucket, _), batch in batches.items():
            self._put(bucket, batch.key, b"".join(batch.contents))
