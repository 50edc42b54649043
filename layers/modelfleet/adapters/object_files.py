"""obstore's reader and writer as binary file objects."""

import io
from typing import Any


class ObjectReader(io.RawIOBase):
    """A raw, seekable file over an object.

    Parameters
    ----------
    reader
        What `obstore.open_reader` gives.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, in bytes."""
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        """Tell the position, in bytes."""
        return int(self._reader.tell())

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and answer how many bytes."""
        content = memoryview(self._reader.read(len(buffer)))
        buffer[: len(content)] = content
        return len(content)


class ObjectWriter(io.RawIOBase):
    """A raw file that becomes an object; closing it does not complete the object.

    Parameters
    ----------
    writer
        What `obstore.open_writer` gives.
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any) -> int:
        """Take all of the bytes, and answer how many."""
        return int(self._writer.write(bytes(content)))
