"""`fleet digest`: the last seven days of every model."""

from datetime import UTC, datetime
from typing import Any

from cli.cloud import Cloud, Stage
from cli.commands.options import JsonOption, StageOption
from cli.output.console import answer, answer_json
from modelfleet.catalogue import find, names
from modelfleet.console.views.digest import Digest, as_text
from modelfleet.console.views.digest import digest as summarize
from modelfleet.console.views.documents import Documents
from modelfleet.resource_names import Output


def digest(stage: StageOption = Stage.LOCAL, as_json: JsonOption = False) -> None:
    """Show the last seven days of every model, ready to be mailed.

    Covers the seven full days (UTC) before today, as of the last nightly drift runs.

    Example: fleet digest --stage prod
    """
    cloud = Cloud.connect(stage)
    documents = Documents(cloud.store(Output.ARTIFACTS_BUCKET))
    found = summarize({name: find(name) for name in names()}, documents, datetime.now(UTC))
    if as_json:
        answer_json(_document(found))
        return
    answer(*as_text(found, stage, cloud.output(Output.CONSOLE_URL)).splitlines())


def _document(found: Digest) -> dict[str, Any]:
    return {
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "attention": found.attention,
        "models": [
            {
                "model": each.model,
                "state": each.condition.word,
                "reason": each.condition.reason,
                "version": each.version or None,
                "predictions": each.predictions,
                "predictions_before": each.before,
                "performance": vars(each.performance) if each.performance else None,
                "drifted": list(each.drifted),
                "segment_findings": each.findings,
                "releases": [
                    {"at": record.written_at.isoformat(), "outcome": record.outcome}
                    | {"version": record.version, "by": record.by}
                    for record in each.releases
                ],
                "alert": each.alert or None,
            }
            for each in found.entries
        ],
        "faults": list(found.faults),
    }
