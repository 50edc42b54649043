"""Lambda handler: steps of a release, ended executions, and manual actions."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from functions.release.calls import read_call
from modelfleet.adapters.runtime import runtime
from modelfleet.spec.errors import CallError, FunctionNotReadyError


@runtime("release").handler
def handler(event: Mapping[str, Any], _context: object) -> BaseModel:
    """Run a step, roll back a release, start an experiment, or handle an AWS event."""
    call = read_call(event)
    runtime("release").append_keys(**call.keys)
    try:
        return call.run()
    except FunctionNotReadyError:
        # Retried as well, but after longer pauses.
        raise
    except CallError as error:
        if error.transient:
            # The state machine decides by the error's name whether to retry.
            raise ConnectionError(str(error)) from error
        raise
