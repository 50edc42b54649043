"""`make bench`: run the benchmarks, save the results, and update the docs."""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import drift, models, power, report, serving, tables, training
from benchmarks.quality import compare

_SUITES: Mapping[str, Callable[[Callable[[str], None]], dict[str, Any]]] = {
    "serving": serving.measure,
    "models": models.measure,
    "training": training.measure,
    "drift": drift.measure,
    "power": power.measure,
    "tables": tables.measure,
    "quality": compare.measure,
}


def main() -> None:
    """Run the selected suites."""
    parser = argparse.ArgumentParser(prog=report.COMMAND, description=__doc__)
    parser.add_argument("--only", choices=list(_SUITES), help="one suite; without it, all")
    # MLflow's warnings, such as those about signatures, do not matter here.
    warnings.simplefilter("ignore")
    only = parser.parse_args().only
    for name in [only] if only else _SUITES:
        found = _SUITES[name](_say)
        path = report.write_result(name, found)
        page = report.update_page(name)
        sys.stdout.write(f"\n{report.table(name)}\n\nwritten to {path.name} and {page.name}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"  … {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
