"""The generated data sets that the local cloud starts with."""

from datetime import UTC, datetime

from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from modelfleet.domain.deployment import Output
from models.catalogue import find

SAMPLE_ROWS = 10_000
_SEED = 2026
_LOADED_BY = "fleet up"


def load_samples(cloud: Cloud, layout: Layout, models: list[str]) -> None:
    """Generate, write and load a data set for each model."""
    if not models:
        return
    from modelfleet.pipelines.load import load  # noqa: PLC0415  # pandas is heavy

    lake = cloud.store(Output.LAKE_BUCKET)
    for model in models:
        path = write_sample(model, layout.samples / f"{model}.csv", rows=SAMPLE_ROWS, seed=_SEED)
        load(find(model), path, lake, loaded_by=_LOADED_BY, now=datetime.now(UTC))
