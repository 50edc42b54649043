"""Takes out of installed packages what no function imports, each thing with its reason."""

import shutil
from collections.abc import Iterator
from pathlib import Path

# Folders by their name, wherever they are; but what Evidently calls tests is what it offers.
_FOLDERS = frozenset({"tests", "__pycache__"})
_OFFERED = ("evidently/tests", "evidently/legacy/tests")
# Declarations for type checkers and compilers, and what they are made of.
_SUFFIXES = frozenset({".pyi", ".pxd", ".pyx", ".pxi", ".h", ".hpp", ".c", ".cc", ".cpp", ".a"})
_NAMED = (
    # Commands: an image has one, its entry point.
    "bin",
    # ONNX Runtime for programs in C; Python's module holds the same code once more.
    "onnxruntime/capi/libonnxruntime.so.*",
    # What prepares models for other machines; ours are ready when they are exported.
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/datasets",
    # Arrow's client and server of tables over the network, which nothing else is linked to.
    "pyarrow/libarrow_flight.so*",
    "pyarrow/libarrow_python_flight.so*",
    "pyarrow/_flight.*",
    "pyarrow/src",
)


def trim(packages: Path) -> int:
    """Remove it, and say how many bytes that was."""
    before = size(packages)
    for path in list(_unneeded(packages)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            # A folder that was listed before it may have held the file.
            path.unlink(missing_ok=True)
    return before - size(packages)


def size(folder: Path) -> int:
    """The bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _unneeded(packages: Path) -> Iterator[Path]:
    for pattern in _NAMED:
        yield from packages.glob(pattern)
    offered = {packages / name for name in _OFFERED}
    for path in packages.rglob("*"):
        if path.is_dir():
            unneeded = path.name in _FOLDERS and path not in offered
        else:
            unneeded = path.suffix in _SUFFIXES
        if unneeded:
            yield path
