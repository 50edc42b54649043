"""Binary file objects over obstore's reader and writer."""

import io
from typing import Any


class ObjectReader(io.RawIOBase):
    """A raw, seekable file over an object.

    Parameters
    ----------
    reader
        Result of `obstore.open_reader`.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        """Return `True`."""
        return True

    def seekable(self) -> bool:
        """Return `True`."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes, and return it."""
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        """Return the position in bytes."""
        return int(self._reader.tell())

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and return the number of bytes."""
        content = memoryview(self._reader.read(len(buffer)))
        buffer[: len(content)] = content
        return len(content)


class ObjectWriter(io.RawIOBase):
    """A raw file that writes an object; closing it does not complete the object.

    Parameters
    ----------
    writer
        Result of `obstore.open_writer`.
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def writable(self) -> bool:
        """Return `True`."""
        return True

    def write(self, content: Any) -> int:
        """Write all bytes, and return their number."""
        return int(self._writer.write(bytes(content)))
