"""What is taken out of installed packages, and what is not."""

from pathlib import Path

import pytest

from images.trim import size, trim

NEEDED = [
    "numpy/__init__.py",
    "numpy/testing/__init__.py",
    "numpy/_core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so",
    "onnxruntime/capi/onnxruntime_pybind11_state.cpython-313-x86_64-linux-gnu.so",
    "onnxruntime/capi/libonnxruntime_providers_shared.so",
    "pyarrow/libarrow.so.2500",
    "pyarrow/libarrow_python.so.2500",
    "sklearn/utils/_testing.py",
    "botocore/data/s3/2006-03-01/service-2.json.gz",
    "evidently/legacy/tests/base_test.py",
    "fastapi-1.0.dist-info/METADATA",
]
UNNEEDED = [
    "bin/fastapi",
    "numpy/tests/test_all.py",
    "numpy/_core/tests/data/values.csv",
    "numpy/_core/tests/data/generate.cpp",
    "numpy/_core/include/numpy/arrayobject.h",
    "numpy/__init__.pyi",
    "onnxruntime/capi/libonnxruntime.so.1.31.1",
    "onnxruntime/transformers/models/gpt2/convert.py",
    "pyarrow/libarrow_flight.so.2500",
    "pyarrow/libarrow_python_flight.so",
    "pyarrow/_flight.cpython-313-x86_64-linux-gnu.so",
    "functions/__pycache__/handler.cpython-313.pyc",
]


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with files of a hundred bytes each."""
    for name in NEEDED + UNNEEDED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 100)
    return tmp_path


def test_what_no_function_imports_is_gone(packages: Path) -> None:
    """Exactly that goes, however deep it lies."""
    trim(packages)
    left = {path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()}
    assert left == set(NEEDED)


def test_it_says_how_much_that_was(packages: Path) -> None:
    """The bytes removed are those of the files removed."""
    assert trim(packages) == 100 * len(UNNEEDED)
    assert size(packages) == 100 * len(NEEDED)
    assert trim(packages) == 0
