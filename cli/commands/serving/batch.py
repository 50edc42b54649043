"""`fleet batch`: score a table of any size."""

from typing import Annotated

import typer

from cli.batch import files, jobs
from cli.cloud import Cloud, Stage
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
    StageOption,
    identifier,
    reading,
)
from cli.output.console import answer, answer_json, say, step
from cli.output.errors import FleetError, keeps_running
from modelfleet.batch.job import (
    BatchOutcome,
    BatchPlan,
    BatchRequest,
    carried_names,
    result_kind,
)
from modelfleet.batch.job_files import BatchJob, planned
from modelfleet.batch.results import require_carriable
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.tables.table_format import FileKind


def batch(
    model: ModelArgument,
    out: Annotated[
        str,
        typer.Option("--out", help="Results: a file or s3:// address (.csv, .jsonl, .parquet)."),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--in",
            help="Rows: a file or s3:// address (.csv, .jsonl, .json, .parquet, .xlsx; also .gz).",
        ),
    ] = None,
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors", help="Rows that could not be scored. Default: next to the results."
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            help="Resume a failed job; parts already scored are kept.",
            callback=identifier("job"),
        ),
    ] = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(
            "--carry",
            metavar="COLUMN",
            help="Column of the input to repeat in results and errors; can be repeated.",
        ),
    ] = None,
    delimiter: DelimiterOption = None,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    keep_word: KeepWordOption = None,
    sheet: SheetOption = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Score every row of a table with the champion.

    The table is read as the training data were; options say what neither of them settles. Its
    target, identifiers, and other columns that are not features are ignored; --carry repeats some
    of them next to the prediction, as they are in the file. Invalid rows are written to a separate
    file with their row number and reasons. The whole job uses one version, even if another is
    released meanwhile. In CSV results, text that a spreadsheet would interpret as a formula is
    prefixed with an apostrophe, which the fleet strips when it reads the file. JSON Lines and
    Parquet contain the text unchanged.

    Example: fleet batch bankchurn --in customers.csv --out scored.csv --carry CustomerId
    """
    spec = find(model)
    output = result_kind(out)
    errors = errors or files.errors_path(out)
    if resume is not None and carry:
        raise FleetError("a resumed job carries the columns that it was started with; omit --carry")
    carried = carried_names(carry or ())
    require_carriable(spec, carried)
    files.require_different(**{"in": source, "out": out, "errors": errors})
    for target in (out, errors):
        files.require_target(target)
    cloud = Cloud.connect(stage)
    job, kind = _job(cloud, model, source, resume)
    request = BatchRequest(
        model=model,
        job=job.job,
        input_format=kind,
        output_format=output,
        reading=reading(delimiter, encoding, decimal, dates, missing, keep_word, sheet),
        carry=carried,
    )
    outcome = _run(cloud, job, request)
    files.download_result(cloud, outcome.results, out)
    files.download_result(cloud, outcome.errors, errors)
    plan = planned(cloud.store(Output.LAKE_BUCKET), job)
    if as_json:
        _answer(job, outcome, plan, out, errors)
    else:
        _show(job, outcome, plan, out, errors)


def _job(
    cloud: Cloud, model: str, source: str | None, resume: str | None
) -> tuple[BatchJob, FileKind]:
    """A new job with its uploaded input, or an existing job."""
    if (source is None) == (resume is None):
        raise FleetError("specify either --in to start a new job or --resume to resume one")
    if source is None:
        job = BatchJob(model, resume or "")
        return job, jobs.uploaded_format(cloud.store(Output.LAKE_BUCKET), job)
    job = BatchJob(model, jobs.new_job())
    with step(f"upload {source}"):
        return job, files.upload_input(cloud, source, job)


def _run(cloud: Cloud, job: BatchJob, request: BatchRequest) -> BatchOutcome:
    arn = jobs.start(cloud, request)
    left = (
        f"stopped waiting; job {job.job} keeps running\n"
        f"get its results with `fleet batch {job.model} --resume {job.job} --out FILE`, or stop it "
        f"with `fleet jobs stop {job.job}`"
    )
    with keeps_running(left), step(f"run job {job.job}"):
        for progress in jobs.follow(cloud, arn, job):
            say(f"    {progress}", style="dim")
        return jobs.require_outcome(cloud, arn, job)


def _answer(
    job: BatchJob, outcome: BatchOutcome, plan: BatchPlan | None, out: str, errors: str
) -> None:
    found = outcome.model_dump(mode="json") | {"results": out, "errors": errors}
    columns = plan.model_dump(mode="json", include={"carried", "ignored", "unused"}) if plan else {}
    answer_json({"job": job.job, "model": job.model, **found, **columns})


def _show(
    job: BatchJob, outcome: BatchOutcome, plan: BatchPlan | None, out: str, errors: str
) -> None:
    answer(
        f"{job.model} {outcome.version}: {outcome.read:,} rows read, {outcome.scored:,} scored, "
        f"{outcome.failed:,} failed"
    )
    answer(f"results: {out}")
    answer(f"errors: {errors}")
    if plan is None:
        return
    if plan.format:
        answer(f"read as: {plan.format.told}")
    if plan.ignored:
        answer(f"ignored, because they are not features: {', '.join(plan.ignored)}")
    if plan.unused:
        answer(f"unused columns: {', '.join(plan.unused)}")
