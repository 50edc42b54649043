"""Synthetic data sets."""

from datetime import UTC, datetime
from pathlib import Path

from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from cli.output.files import atomic_file
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.tables.spreadsheet import write_rows

_SEED = 2026
_LOADED_BY = "fleet up"


def load_samples(cloud: Cloud, layout: Layout, models: list[str]) -> None:
    """Generate, write, and load a data set for each model."""
    if not models:
        return
    from modelfleet.datasets import load as load_dataset  # noqa: PLC0415  # imports pandas

    lake = cloud.store(Output.LAKE_BUCKET)
    for model in models:
        path = write_sample(model, layout.samples / f"{model}.csv", seed=_SEED)
        now = datetime.now(UTC)
        load_dataset.load(
            find(model), path, lake, _LOADED_BY, now, generated=True, group_key=cloud.group_key
        )


def write_sample(model: str, path: Path, *, seed: int, rows: int | None = None) -> Path:
    """Write a synthetic data set as CSV, by default with as many rows as the real one."""
    from modelfleet.sampling.samplers import sampler  # noqa: PLC0415  # imports numpy

    source = sampler(find(model))
    generated = source.draw(rows or source.rows, seed)
    with atomic_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        write_rows(file, list(generated[0]), generated)
    return path
