"""A new model: its folder, and the table as its first data set, both or neither."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.datasets import first_dataset
from cli.datasets.first_dataset import FirstDataset
from cli.drafting import folder
from cli.drafting.draft import ModelDraft
from cli.local_cloud.layout import Layout
from cli.output.console import step
from cli.output.errors import FleetError
from modelfleet import catalogue
from modelfleet.adapters.object_store import memory_store
from modelfleet.datasets.manifest import DatasetManifest
from modelfleet.spec.errors import DatasetError
from modelfleet.tables.table_format import ReadOptions

# Reading a larger table again takes minutes and gigabytes; `fleet up` reads it anyway.
_CHECKED_CELLS = 4_000_000
# Nothing that is hashed with it is stored.
_GROUP_KEY = bytes(32)


def write(
    made: ModelDraft, table: Path, files: Mapping[str, str], reading: ReadOptions
) -> DatasetManifest | None:
    """Write a model's folder, keep its table, and check that the model can load it.

    Returns
    -------
    DatasetManifest or None
        What loading the table gave; `None` if it is too large to be loaded just to see.

    Raises
    ------
    FleetError
        If the model exists by now, or cannot load its table; nothing is written.
    """
    layout, model = Layout(), made.plan.model
    with first_dataset.exclusive(layout):
        place = folder.require_free(model)
        first = first_dataset.keep(layout, model, table, reading)
        try:
            folder.write(place, files)
        except BaseException:
            first.discard()
            raise
    try:
        return _loadable(made, first)
    except BaseException:
        folder.remove(model)
        first.discard()
        _forget(model)
        raise


def _loadable(made: ModelDraft, first: FirstDataset) -> DatasetManifest | None:
    rows = made.plan.sampled_from or made.plan.rows
    if rows * len(made.plan.columns) > _CHECKED_CELLS:
        return None
    importlib.invalidate_caches()
    try:
        with step("check the rows as its first data set"):
            return first.load(catalogue.find(made.plan.model), memory_store(), lambda: _GROUP_KEY)
    except DatasetError as error:
        raise FleetError(
            f"nothing was written, because the model could not be trained on this table: {error}; "
            "change the plan with --drop and --keep"
        ) from error


def _forget(model: str) -> None:
    """Forget the deleted modules, so that a model of the same name is imported anew."""
    catalogue.find.cache_clear()
    package = f"{catalogue.FLEET}.{model}"
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
        del sys.modules[name]
