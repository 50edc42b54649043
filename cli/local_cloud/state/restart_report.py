"""What the engine found unfinished or damaged when it loaded its state."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.local_cloud.layout import replace_file

CAUSE = "the local cloud stopped while this was running"
FILE = "restored.json"


class RestartReport(BaseModel):
    """Written by the engine with this `pid` for the command that started it.

    `executions` and `stacks` were running, `deliveries` and `calls` are counts of pending work.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    executions: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    deliveries: int = 0
    calls: int = 0
    damaged: tuple[str, ...] = ()


def write_report(root: Path, report: RestartReport) -> None:
    """Write the report."""
    replace_file(root / FILE, report.model_dump_json())


def read_report(root: Path) -> RestartReport | None:
    """Read the report; `None` if there is none or it cannot be read."""
    try:
        return RestartReport.model_validate_json((root / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
