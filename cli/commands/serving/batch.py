"""`fleet batch`: score a table of any size."""

from typing import Annotated

import typer

from cli.batch import jobs as batch_jobs
from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption, name_of_a
from cli.output.console import answer, answer_json, say, step
from cli.output.errors import FleetError
from modelfleet.domain.batch import BatchOutcome, BatchRequest, TableFormat, table_format
from modelfleet.domain.deployment import Output
from modelfleet.pipelines.batch_job import BatchJob
from models.catalogue import find


def batch(
    model: ModelArgument,
    out: Annotated[
        str, typer.Option("--out", help="Results: a file or s3://…, .csv, .jsonl or .parquet.")
    ],
    source: Annotated[
        str | None,
        typer.Option("--in", help="Rows: a file or s3://…, .csv, .jsonl or .parquet."),
    ] = None,
    errors: Annotated[
        str | None,
        typer.Option("--errors", help="Rows that could not be scored; beside the results if not."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            help="Resume a failed job; scored parts stay scored.",
            callback=name_of_a("job"),
        ),
    ] = None,
    stage: StageOption = Stage.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Score every row of a table with the version that serves now.

    Bad rows are set aside with their number and reasons. All of the job is scored by one version,
    whatever is released meanwhile. In CSV, text that a spreadsheet would take for a formula begins
    with an apostrophe; the fleet reads it without. JSON Lines and Parquet hold it as it is.

    Example: fleet batch bankchurn --in customers.csv --out scored.csv
    """
    find(model)
    output = table_format(out)
    errors = errors or batch_jobs.errors_beside(out)
    for target in (out, errors):
        batch_jobs.require_target(target)
    cloud = Cloud.connect(stage)
    job, kind = _job(cloud, model, source, resume)
    request = BatchRequest(model=model, job=job.job, input_format=kind, output_format=output)
    done = _run(cloud, job, request)
    batch_jobs.fetch(cloud, done.results, out)
    batch_jobs.fetch(cloud, done.errors, errors)
    _tell(job, done, out, errors, as_json)


def _job(
    cloud: Cloud, model: str, source: str | None, resume: str | None
) -> tuple[BatchJob, TableFormat]:
    """A new job with its input, or one that was begun."""
    if (source is None) == (resume is None):
        raise FleetError("give either --in, for a new job, or --resume, to go on with one")
    if source is None:
        job = BatchJob(model, resume or "")
        return job, batch_jobs.brought(cloud.store(Output.LAKE_BUCKET), job)
    job = BatchJob(model, batch_jobs.new_job())
    with step(f"bring {source}"):
        return job, batch_jobs.bring(cloud, source, job)


def _run(cloud: Cloud, job: BatchJob, request: BatchRequest) -> BatchOutcome:
    arn = batch_jobs.start(cloud, request)
    with step(f"job {job.job}"):
        for progress in batch_jobs.follow(cloud, arn, job):
            say(f"    {progress}", style="dim")
        return batch_jobs.outcome(cloud, arn, job)


def _tell(job: BatchJob, done: BatchOutcome, out: str, errors: str, as_json: bool) -> None:
    if as_json:
        found = done.model_dump(mode="json") | {"results": out, "errors": errors}
        answer_json({"job": job.job, "model": job.model, **found})
        return
    answer(
        f"{job.model} {done.version}: {done.read} rows read, {done.scored} scored, "
        f"{done.failed} failed"
    )
    answer(f"results: {out}")
    answer(f"errors: {errors}")
