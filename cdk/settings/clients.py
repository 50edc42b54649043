"""Clients of the API, each with its own key and limits."""

import json
from collections.abc import Mapping
from typing import Any

from cdk.settings.stage import Stage, StageError, Throttle

DEFAULT_CLIENT = "default"
_FIELDS = frozenset(Throttle.__dataclass_fields__)


def read_clients(stage: Stage, context: object) -> dict[str, Throttle]:
    """Return the limits of each client; the command `fleet` calls the API as client `default`.

    Parameters
    ----------
    stage
        The stage, whose limits apply to `default` and to limits that other clients do not set.
    context
        The CDK context `clients`, an object or its JSON:
        `{"acme": {"requests_per_second": 5, "burst": 10, "requests_per_month": 100000}}`.

    Raises
    ------
    StageError
        If the context has any other form; the message names the client and the field.
    """
    declared = {} if context is None else _object("clients", _parse(context))
    limits = {name: _limits(stage, name, value) for name, value in declared.items()}
    return {DEFAULT_CLIENT: stage.throttle} | limits


def _limits(stage: Stage, name: str, value: object) -> Throttle:
    given = _object(f"clients.{name}", value)
    for field, number in given.items():
        if field not in _FIELDS:
            raise StageError(
                f"clients.{name}.{field}: unknown field; use {', '.join(sorted(_FIELDS))}"
            )
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise StageError(f"clients.{name}.{field}: {number!r} is not a positive integer")
    defaults = {field: getattr(stage.throttle, field) for field in _FIELDS}
    return Throttle(**defaults | dict(given))


def _parse(context: object) -> object:
    if not isinstance(context, str):
        return context
    try:
        return json.loads(context)
    except ValueError as error:
        raise StageError("clients: the context is not valid JSON") from error


def _object(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise StageError(f"{name}: must be an object")
    return value
