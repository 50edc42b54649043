"""What the engine found under way, or damaged, in the state that it began with."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

CAUSE = "the local cloud stopped while this was under way"
FILE = "restored.json"


class Restored(BaseModel):
    """Told by the engine to the command that started it, `pid` says by which."""

    model_config = ConfigDict(frozen=True)

    pid: int
    executions: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    deliveries: int = 0
    calls: int = 0
    damaged: tuple[str, ...] = ()


def write_restored(root: Path, restored: Restored) -> None:
    """Write it in one move."""
    draft = root / f"{FILE}.draft"
    draft.write_text(restored.model_dump_json())
    draft.replace(root / FILE)


def read_restored(root: Path) -> Restored | None:
    """Read it; `None` where no engine has written one that can be read."""
    try:
        return Restored.model_validate_json((root / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
