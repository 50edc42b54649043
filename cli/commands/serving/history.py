"""`fleet history`: what happened to a model's releases."""

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, ModelArgument, StageOption
from cli.output.console import answer, answer_entries, answer_json
from cli.release import history as releases
from modelfleet.domain.history import ReleaseRecord
from models.catalogue import find


def history(
    model: ModelArgument, stage: StageOption = Stage.LOCAL, as_json: JsonOption = False
) -> None:
    """List a model's releases and rollbacks, the newest first: who, what, why.

    With --json, each has the evidence of every look at both arms.

    Example: fleet history bankchurn
    """
    find(model)
    records = releases.history(Cloud.connect(stage), model)
    if as_json:
        answer_json([record.model_dump(mode="json") for record in records])
    elif not records:
        answer(f"{model}: nothing has happened yet")
    else:
        answer_entries([(_heading(record), record.reasons) for record in records])


def _heading(record: ReleaseRecord) -> str:
    version = f"version {record.version}" if record.version else "no version"
    serves = f"version {record.champion} serves" if record.champion else "nothing serves"
    return (
        f"{record.written_at:%Y-%m-%d %H:%M:%S} UTC  {record.outcome}: {version}, by {record.by}; "
        f"{serves}"
    )
