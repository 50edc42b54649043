"""`fleet check`: check whether a model can be deployed."""

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
    reading,
)
from cli.datasets import first_dataset
from cli.local_cloud.layout import Layout
from cli.output.console import answer, answer_json, answer_table, step
from cli.output.errors import FleetError, error_document
from cli.training import model_tables
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import unused_rows
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.table_format import ReadOptions

if TYPE_CHECKING:
    # Imports all training libraries, which would slow down other commands.
    from cli.training.model_check import ModelCheck

_COLUMNS = ("check", "result", "")
_SEED = 2026
# Enough generated rows to see whether a model works, and few enough to train in seconds.
_ROWS = 3_000
_FAILURES_SHOWN = 5


def check(
    model: ModelArgument,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            help="Table to train on. Default: the table of `fleet new`, until `fleet up` loads "
            "it; then generated rows.",
        ),
    ] = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    keep_word: KeepWordOption = None,
    sheet: SheetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check whether a model can be deployed, without a cloud.

    Runs the contract tests for the model, trains it, and measures its bundle. Exits with code 1 if
    a test fails or the gate does not promote the model.

    Example: fleet check creditrisk --csv data.csv
    """
    spec = find(model)
    if csv is not None and not csv.is_file():
        raise FleetError(f"no such file: {csv}")
    options = reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet)
    if csv is None and (first := first_dataset.find(Layout(), model)) is not None:
        csv, options = first.table, first.reading
    found = _checked(spec, csv, options)
    fault = f"{model} is not ready for deployment; see the failed checks above"
    if as_json:
        answer_json(_described(found) | ({} if found.is_good else error_document("failed", fault)))
    else:
        answer_table(_COLUMNS, _rows(found))
        for line in found.contract.failures[:_FAILURES_SHOWN]:
            answer(line)
        answer(f"card     {found.training.card}")
    if not found.is_good:
        raise FleetError(fault, answered=as_json)


def _checked(spec: ModelSpec, csv: Path | None, options: ReadOptions) -> "ModelCheck":
    with step("load the training libraries"):
        from cli.datasets.samples import write_sample  # noqa: PLC0415  # slow, see above
        from cli.training import model_check  # noqa: PLC0415  # slow, see above
        from cli.training.local_training import train_here  # noqa: PLC0415  # slow, see above

    with step("run the contract tests") as tests:
        contract = model_check.run_contract_tests(spec.name)
        tests.failed = contract.failed > 0
    with TemporaryDirectory() as written:
        table = csv or Path(written) / f"{spec.name}.csv"
        if csv is None:
            # With many classes, the default number of rows is needed to have enough of each.
            rows = None if spec.classes else _ROWS
            write_sample(spec.name, table, seed=_SEED, rows=rows)
        folder = Layout().trained / spec.name
        training = train_here(spec, table, folder, generated=csv is None, options=options)
        with step("serve the bundle in a fresh process"):
            served = model_check.serve_fresh(spec, table, folder, options)
    return model_check.ModelCheck(contract, training, served)


def _rows(found: "ModelCheck") -> list[tuple[str, ...]]:
    training, contract, served = found.training, found.contract, found.served
    verdict, rows = training.verdict, training.prepared.rows
    unused = unused_rows(training.prepared.open_cases, training.prepared.excluded)
    counts = ", ".join(f"{count:,} {side}" for side, count in rows.items())
    size = sum(file.stat().st_size for file in training.folder.iterdir())
    metrics = model_tables.metric_rows(training.manifest)
    tests = f"{contract.passed} tests passed, {contract.failed} failed"
    decision = f"{verdict.decision}: {'; '.join(verdict.reasons)}"
    return [
        ("contract", tests, _mark(not contract.failed)),
        ("rows", f"{counts}; {training.prepared.quarantined:,} quarantined", ""),
        *([("rows", unused, "")] if unused else []),
        *(("warning", warning, "") for warning in training.prepared.warnings),
        ("estimator", training.manifest.estimator, ""),
        *((f"{name}, expected", _within(value, ends), "") for name, value, ends in metrics),
        ("gate", decision, _mark(verdict.decision == "promote")),
        ("bundle", f"{size / 1e6:.2f} MB", ""),
        ("first response, cold", f"{served.first_answer_ms:,.0f} ms", ""),
        ("prediction, warm", f"p50 {served.p50_ms:.2f} ms, p95 {served.p95_ms:.2f} ms", ""),
    ]


def _within(value: str, ends: str) -> str:
    return f"{value}, 95% interval {ends}" if ends else value


def _mark(good: bool) -> str:
    return "✓" if good else "✗"


def _described(found: "ModelCheck") -> dict[str, Any]:
    training, contract = found.training, found.contract
    return {
        "model": training.manifest.model,
        "good": found.is_good,
        "contract": {
            "passed": contract.passed,
            "failed": contract.failed,
            "failures": list(contract.failures),
        },
        "rows": training.prepared.rows,
        "open_cases": training.prepared.open_cases,
        "excluded": training.prepared.excluded,
        "verdict": training.verdict.model_dump(mode="json"),
        "metrics": {
            name: estimate.model_dump(mode="json")
            for name, estimate in model_tables.estimates(training.manifest).items()
        },
        "first_answer_ms": found.served.first_answer_ms,
        "p50_ms": found.served.p50_ms,
        "p95_ms": found.served.p95_ms,
    }
