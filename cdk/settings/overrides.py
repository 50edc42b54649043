"""Settings of a stage that a deployment may override in its context, without a change of code."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cdk.settings.stage import Stage, StageError
from modelfleet.resource_names import StackPart

_ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.-]+(:\d+)?")
# Of the 1,000 that an account starts with once it is established, 100 must stay unreserved.
_RESERVED_MAXIMUM = 900
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def override(stage: Stage, context: Mapping[str, object]) -> Stage:
    """Return the stage with the settings that the context overrides.

    Parameters
    ----------
    stage
        The stage as defined in the code.
    context
        - `reserved_concurrency` of each predict function; 0 shares the account's. No stage reserves
          any by default: other functions cannot use reserved concurrency, 100 must stay unreserved,
          and new accounts have hardly more
          (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
        - `allowed_origins`, the origins that may call the API, separated by spaces.
        - `snap_start`, whether functions start from snapshots.
        - `budget_usd`, the monthly cost at which people are warned; 0 disables the budget. A stage
          without costs never has one.
        - `protected`, the stacks that cannot be deleted: parts separated by commas, `all`, or
          `none`.

        Settings that are `None` are not changed.

    Raises
    ------
    StageError
        If a value is not valid; the message names the setting.
    """
    given = {name: value for name, value in context.items() if value is not None}
    values = {name: _read(name, value) for name, value in given.items()}
    if stage.budget_usd is None:
        values.pop("budget_usd", None)
    return replace(stage, **values)


def _read(name: str, value: object) -> Any:
    read, expected = _READERS[name]
    try:
        return read(str(value).strip())
    except (KeyError, ValueError) as error:
        raise StageError(f"{name}: {value!r} is not valid; give {expected}") from error


def _concurrency(text: str) -> int | None:
    number = int(text)
    if not 0 <= number <= _RESERVED_MAXIMUM:
        raise ValueError(text)
    return number or None


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(text.split())
    if not all(_ORIGIN.fullmatch(each) for each in origins):
        raise ValueError(text)
    return origins


def _budget(text: str) -> float | None:
    usd = float(text)
    if not 0 <= usd < float("inf"):
        raise ValueError(text)
    return usd or None


def _parts(text: str) -> frozenset[StackPart]:
    parts = {"all": ",".join(StackPart), "none": ""}.get(text.lower(), text)
    return frozenset(StackPart(part.strip()) for part in parts.split(",") if part.strip())


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "reserved_concurrency": (_concurrency, f"a number from 0 to {_RESERVED_MAXIMUM}"),
    "allowed_origins": (_origins, "origins such as https://app.example.com, or *"),
    "snap_start": (lambda text: _BOOLEANS[text.lower()], "yes or no"),
    "budget_usd": (_budget, "an amount in US dollars"),
    "protected": (_parts, f"all, none, or some of {', '.join(StackPart)}"),
}
OVERRIDES = tuple(_READERS)
