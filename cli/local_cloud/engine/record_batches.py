"""Records of one batch and one folder in one object, as Firehose writes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

Put = Callable[[str, str, bytes], None]


@dataclass(slots=True)
class _Gathered:
    key: str
    contents: list[bytes] = field(default_factory=list)


class ObjectWriter:
    """Writes objects, and gathers those of one folder where it is asked to.

    Parameters
    ----------
    put
        Writes an object: bucket, key and content.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        # Batches are taken by several threads at a time.
        self._gathered: ContextVar[dict[tuple[str, str], _Gathered] | None] = ContextVar(
            "gathered", default=None
        )

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object, or keep it until all are gathered."""
        gathered = self._gathered.get()
        if gathered is None:
            self._put(bucket, key, content)
            return
        folder = key.rpartition("/")[0]
        gathered.setdefault((bucket, folder), _Gathered(key)).contents.append(content)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Write what the block puts when the block has ended, an object a folder."""
        gathered: dict[tuple[str, str], _Gathered] = {}
        token = self._gathered.set(gathered)
        try:
            yield
        finally:
            self._gathered.reset(token)
        for (bucket, _), each in gathered.items():
            self._put(bucket, each.key, b"".join(each.contents))
