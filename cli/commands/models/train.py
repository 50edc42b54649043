"""`fleet train`: the steps of a retraining on this machine, without a cloud."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.options import (
    DatesOption,
    DecimalOption,
    DelimiterOption,
    EncodingOption,
    JsonOption,
    KeepWordOption,
    MissingOption,
    ModelArgument,
    SheetOption,
    TuneOption,
    reading,
)
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_json, answer_table, step
from cli.output.errors import FleetError
from cli.output.files import require_writable
from cli.training import model_tables
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import unused_rows
from modelfleet.registry.manifest import CARD_FILE
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.table_format import ReadOptions

if TYPE_CHECKING:
    # Imports all training libraries, which would slow down other commands.
    from cli.training.local_training import LocalTraining

_SEED = 2026


def train(
    model: ModelArgument,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Table with the model's columns and its target."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Number of rows to generate instead.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the bundle. Default: in .fleet/trained."),
    ] = None,
    tune: TuneOption = 0,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    keep_word: KeepWordOption = None,
    sheet: SheetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model on this machine, without a cloud.

    Runs the same checks, steps, and gate as a retraining, and writes the bundle and its model card
    to a folder. Nothing is registered or released.

    Example: fleet train telecom --csv users_behavior.csv, or: fleet train leads --sample 3000
    """
    spec = find(model)
    folder = out or Layout().trained / model
    require_writable(folder / CARD_FILE)
    options = reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet)
    done = _train(spec, csv, sample, folder, tune, options)
    if as_json:
        answer_json(_described(done))
        return
    _show(done)


def _train(
    spec: ModelSpec,
    csv: Path | None,
    sample: int | None,
    folder: Path,
    tune: int,
    options: ReadOptions,
) -> "LocalTraining":
    if (csv is None) == (sample is None):
        raise FleetError("specify either --csv FILE or --sample ROWS")
    if csv is not None and not csv.is_file():
        raise FleetError(f"no such file: {csv}")
    with step("load the training libraries"):
        from cli.datasets.samples import write_sample  # noqa: PLC0415  # slow, see above
        from cli.training.local_training import train_here  # noqa: PLC0415  # slow, see above

    if csv is not None:
        return train_here(spec, csv, folder, generated=False, tune=tune, options=options)
    with TemporaryDirectory() as written:
        path = Path(written) / f"{spec.name}.csv"
        write_sample(spec.name, path, seed=_SEED, rows=sample)
        return train_here(spec, path, folder, generated=True, tune=tune)


def _show(done: "LocalTraining") -> None:
    manifest, rows = done.manifest, done.prepared.rows
    counts = ", ".join(f"{count:,} {side}" for side, count in rows.items())
    answer(f"rows     {counts}; {done.prepared.quarantined:,} quarantined")
    if unused := unused_rows(done.prepared.open_cases, done.prepared.excluded):
        answer(f"rows     {unused}")
    for warning in done.prepared.warnings:
        answer(f"warning  {warning}")
    if (selection := manifest.selection) is not None:
        found = [model_tables.candidate_row(c, selection.chosen) for c in selection.candidates]
        answer_table(model_tables.CANDIDATES, found)
        answer(selection.reason)
    else:
        answer(f"estimator {manifest.estimator}")
    answer_table(model_tables.METRICS, model_tables.metric_rows(manifest))
    for line in model_tables.rule_lines(manifest):
        answer(line)
    answer(f"{done.verdict.decision}: {'; '.join(done.verdict.reasons)}")
    answer(f"card     {done.card}")


def _described(done: "LocalTraining") -> dict[str, Any]:
    manifest = done.manifest
    return {
        "model": manifest.model,
        "verdict": done.verdict.model_dump(mode="json"),
        "rows": done.prepared.rows,
        "quarantined": done.prepared.quarantined,
        "open_cases": done.prepared.open_cases,
        "excluded": done.prepared.excluded,
        "warnings": list(done.prepared.warnings),
        "metrics": {
            name: estimate.model_dump(mode="json")
            for name, estimate in model_tables.estimates(manifest).items()
        },
        "card": str(done.card),
    } | manifest.model_dump(mode="json", include=_SHOWN)


_SHOWN = {
    *("estimator", "data", "threshold", "threshold_choice", "classes", "interval"),
    *("selection", "calibration", "parity", "code_version"),
}
