"""Gives LightGBM the OpenMP runtime that scikit-learn brings along.

LightGBM's wheel expects `libgomp.so.1` on the system, which slim images lack. The link is found
through `LD_LIBRARY_PATH` of the Dockerfiles. As both load the same file, there is one runtime.
"""

from pathlib import Path

FOLDER = "openmp"
_NAME = "libgomp.so.1"


def link_openmp(packages: Path) -> None:
    """Link the runtime, if LightGBM is among the packages.

    Raises
    ------
    SystemExit
        If scikit-learn does not bring a runtime, so that LightGBM could not be loaded.
    """
    if not (packages / "lightgbm").exists():
        return
    found = sorted(packages.glob("scikit_learn.libs/libgomp-*.so*"))
    if not found:
        raise SystemExit(f"{packages} holds no OpenMP runtime for LightGBM")
    link = packages / FOLDER / _NAME
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(Path("..") / found[0].relative_to(packages))
