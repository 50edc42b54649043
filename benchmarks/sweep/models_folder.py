"""A folder of models beside those of the fleet, for this process; also a plugin of pytest."""

import io
import os
import sys
import warnings

import models

VARIABLE = "MODELFLEET_SWEEP_MODELS"


def join_fleet() -> None:
    """Let the catalogue find the folder's models, and `fleet new` write there."""
    folder = os.environ[VARIABLE]
    if folder not in models.__path__:
        models.__path__.append(folder)


def join_quietly() -> None:
    """Start a process of the sweep: what the commands say of their progress is not shown."""
    warnings.simplefilter("ignore")
    sys.stderr = io.StringIO()
    join_fleet()


def pytest_configure() -> None:
    """Run the contract tests on the folder's models too."""
    join_fleet()
