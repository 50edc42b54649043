"""`fleet compare`: two registered versions on the same held-out rows."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, name_of_a
from cli.output.console import answer, answer_json, answer_table, step
from cli.training import model_tables
from modelfleet.domain.deployment import Output
from models.catalogue import find

if TYPE_CHECKING:
    # It reaches pandas and ONNX Runtime, which no other command should wait for.
    from modelfleet.pipelines.compare_versions import VersionComparison

_VERSION = name_of_a("version")


def compare(
    model: ModelArgument,
    first: Annotated[str, typer.Argument(help="A registered version.", callback=_VERSION)],
    second: Annotated[
        str, typer.Argument(help="The version to set against it.", callback=_VERSION)
    ],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Test two registered versions in pairs, on held-out rows of the newest data set version.

    Differences are the second version minus the first. They are the tests that the gate makes, by
    the bundles that serve.

    Example: fleet compare bankchurn 1 2
    """
    found = _compared(model, first, second, Cloud.connect(stage))
    if as_json:
        answer_json(_described(model, found))
        return
    comparison = found.comparison
    answer(
        f"{model} {second} against {first} on {comparison.rows:,} held-out rows of data set "
        f"{found.dataset_version}; below each value its 95 % interval"
    )
    rows = [
        model_tables.paired_row(test, *found.evaluations)
        for test in (comparison.primary, *comparison.others)
    ]
    answer_table((model_tables.METRICS[0], first, second, *model_tables.TESTS), rows)
    answer(model_tables.conclusion(comparison.primary, first, second))


def _described(model: str, found: "VersionComparison") -> dict[str, Any]:
    comparison = found.comparison
    versions = [comparison.champion_version, found.version]
    metrics = [one.model_dump(mode="json")["metrics"] for one in found.evaluations]
    return {
        "model": model,
        "versions": versions,
        "dataset_version": found.dataset_version,
        "metrics": dict(zip(versions, metrics, strict=True)),
        **comparison.model_dump(mode="json", include={"rows", "primary", "others"}),
    }


def _compared(model: str, first: str, second: str, cloud: Cloud) -> "VersionComparison":
    spec = find(model)
    with step(f"score held-out rows by {model} {first} and {second}"):
        from modelfleet.adapters.onnx_scorer import OnnxScorer  # noqa: PLC0415  # heavy, see above
        from modelfleet.pipelines.compare_versions import (  # noqa: PLC0415  # as above
            compare_versions,
        )

        lake, artifacts = cloud.store(Output.LAKE_BUCKET), cloud.store(Output.ARTIFACTS_BUCKET)
        return compare_versions(spec, lake, artifacts, OnnxScorer, (first, second))
