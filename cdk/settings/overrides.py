"""What a deployment may set of its stage, without a change of the code."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cdk.settings.stage import Stage, StageError
from modelfleet.domain.deployment import StackPart

_ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.-]+(:\d+)?")
# An established account's 1,000, of which 100 must stay unreserved.
_MOST_RESERVED = 900
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def adjusted(stage: Stage, context: Mapping[str, object]) -> Stage:
    """The stage with what the deployment's context says of it.

    Parameters
    ----------
    stage
        Whose own settings hold for all that is not said.
    context
        `reserved_concurrency` of each predict function, 0 to share the account's. No stage
        reserves any by itself: 100 of the account's must stay unreserved, a new account has hardly
        more, and so many are taken from all other functions for each model
        (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
        `allowed_origins`, the web pages that may call, separated by spaces; `snap_start`, whether
        snapshots are kept for fast starts; `protected`, the stacks that are up and not to be
        deleted: their parts separated by commas, `all` or `none`. What is `None` is not said.

    Raises
    ------
    StageError
        If a value is none of what its setting takes; the text names the setting.
    """
    said = {name: value for name, value in context.items() if value is not None}
    return replace(stage, **{name: _read(name, value) for name, value in said.items()})


def _read(name: str, value: object) -> Any:
    try:
        return _READERS[name](str(value).strip())
    except (KeyError, ValueError) as error:
        raise StageError(f"{name}: {value!r} cannot be set") from error


def _concurrency(text: str) -> int | None:
    number = int(text)
    if not 0 <= number <= _MOST_RESERVED:
        raise ValueError(text)
    return number or None


def _parts(text: str) -> frozenset[StackPart]:
    named = {"all": ",".join(StackPart), "none": ""}.get(text.lower(), text)
    return frozenset(StackPart(part.strip()) for part in named.split(",") if part.strip())


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    if not all(_ORIGIN.fullmatch(each) for each in origins):
        raise ValueError(text)
    return origins


_READERS: dict[str, Callable[[str], Any]] = {
    "reserved_concurrency": _concurrency,
    "allowed_origins": _origins,
    "snap_start": lambda text: _WORDS[text.lower()],
    "protected": _parts,
}
SETTINGS = tuple(_READERS)
