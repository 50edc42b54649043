"""Lets the tests of an example model go with the model.

The fleet is whose it is: models come and go, the four that the repository ships as examples among
them. Many tests of the library use an example where any model would do. In a fleet without it they
cannot run, and are skipped with this reason; every other test runs.
"""

import re
from pathlib import Path

EXAMPLES = ("bankchurn", "carvision", "leads", "telecom")
_MODELS = Path(__file__).parents[1] / "layers" / "models"
_ABSENT = re.compile(
    rf"UnknownModelError: no model '({'|'.join(EXAMPLES)})'"
    rf"|ModuleNotFoundError: No module named 'models\.({'|'.join(EXAMPLES)})\b"
)


def removed(models: Path = _MODELS) -> frozenset[str]:
    """The examples that this fleet does not have."""
    return frozenset(name for name in EXAMPLES if not (models / name / "spec.py").is_file())


def needs_removed(failure: str, gone: frozenset[str]) -> str | None:
    """Why a test that failed like this cannot run in this fleet, if that is the reason.

    Parameters
    ----------
    failure
        The failure as pytest prints it.
    gone
        The examples that the fleet does not have; without one, nothing is excused.
    """
    named = {name for found in _ABSENT.findall(failure) for name in found if name}
    if missing := sorted(named & gone):
        return f"needs the example model {', '.join(missing)}, which this fleet does not have"
    return None
