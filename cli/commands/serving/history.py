"""`fleet history`: what happened to a model's releases."""

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_entries, answer_json
from cli.release.history import release_records
from modelfleet.catalogue import find
from modelfleet.release.history import ReleaseRecord


def history(
    model: ModelArgument, stage: StageOption = Stage.LOCAL, as_json: JsonOption = False
) -> None:
    """List a model's releases and rollbacks, newest first.

    With --json, each includes the measurements of every judgment.

    Example: fleet history bankchurn
    """
    find(model)
    records = release_records(Cloud.connect(stage), model)
    if as_json:
        answer_json([record.model_dump(mode="json") for record in records])
    elif not records:
        answer(f"{model} has no releases or rollbacks yet")
    else:
        answer_entries([(_heading(record), record.reasons) for record in records])


def _heading(record: ReleaseRecord) -> str:
    version = f"version {record.version}" if record.version else "no version"
    serving = f"version {record.champion} is serving" if record.champion else "nothing is serving"
    return (
        f"{record.written_at:%Y-%m-%d %H:%M:%S} UTC  {record.outcome}: {version}, by {record.by}; "
        f"{serving}"
    )
