"""`fleet compare`: compare two registered versions on the same held-out rows."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import completion
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, identifier
from cli.output.console import answer, answer_json, answer_table, step
from cli.training import model_tables
from modelfleet.catalogue import find
from modelfleet.resource_names import Output

if TYPE_CHECKING:
    # Imports pandas and ONNX Runtime, which would slow down other commands.
    from modelfleet.training.compare_versions import VersionComparison

_VERSION = identifier("version")


def compare(
    model: ModelArgument,
    first: Annotated[
        str,
        typer.Argument(
            help="Registered version.", callback=_VERSION, autocompletion=completion.versions
        ),
    ],
    second: Annotated[
        str,
        typer.Argument(
            help="Version to compare with it.",
            callback=_VERSION,
            autocompletion=completion.versions,
        ),
    ],
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Compare two registered versions on held-out rows.

    Runs the gate's paired tests with the versions' bundles, on the newest data set version.
    Differences are second minus first.

    Example: fleet compare bankchurn 1 2
    """
    find(model)
    found = _compared(model, first, second, Cloud.connect(stage))
    if as_json:
        answer_json(_described(model, found))
        return
    comparison = found.comparison
    answer(
        f"{model} {second} compared with {first} on {comparison.rows:,} held-out rows of data set "
        f"{found.dataset_version}; 95% intervals below the values"
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
    with step(f"score held-out rows with {model} {first} and {second}"):
        from modelfleet.adapters.onnx_scorer import OnnxScorer  # noqa: PLC0415  # slow, see above
        from modelfleet.training.compare_versions import (  # noqa: PLC0415  # slow, see above
            compare_versions,
        )

        lake, artifacts = cloud.store(Output.LAKE_BUCKET), cloud.store(Output.ARTIFACTS_BUCKET)
        return compare_versions(spec, lake, artifacts, OnnxScorer, (first, second))
