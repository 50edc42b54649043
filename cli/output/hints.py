"""Commands that messages recommend, for the stage that the user typed."""

import re

# Between backticks, or after a colon up to the end of the clause.
_COMMAND = re.compile(
    r"(?:(?<=`)|(?<=: ))fleet (?P<name>[a-z]+)(?: (?P<part>[a-z]+))?"
    r"[^`;\n]*(?=[`;\n]|$)"
)
_OPTION = "--stage"
# They act on the local cloud, or on none; all others take the option.
WITHOUT_STAGE = frozenset(
    {
        *("up", "down", "recover", "ui", "new", "check", "remove", "train"),
        *("columns accept", "drill backup"),
    }
)


class _Stage:
    """The stage of the running command, unless it is the default one."""

    typed: str | None = None


def remember_stage(typed: str | None) -> None:
    """Set the stage that the user typed; `None` if it need not be typed again."""
    _Stage.typed = typed


def for_stage(text: str) -> str:
    """Add the stage that the user typed to the commands that a message recommends."""
    return _COMMAND.sub(_completed, text) if _Stage.typed else text


def _completed(command: re.Match[str]) -> str:
    names = {command["name"], f"{command['name']} {command['part']}"}
    if names & WITHOUT_STAGE or _OPTION in command[0]:
        return command[0]
    return f"{command[0]} {_OPTION} {_Stage.typed}"
