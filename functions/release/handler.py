"""Lambda's entry: the steps of a release, the end of an execution, and what people do by hand."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from functions.release.calls import read_call
from modelfleet.adapters.runtime import runtime
from modelfleet.spec.errors import CallError


@runtime("release").handler
def handler(event: Mapping[str, Any], _context: object) -> BaseModel:
    """Run a step of the machine, take a release back, or start an experiment."""
    call = read_call(event)
    runtime("release").append_keys(**call.keys)
    try:
        return call.run()
    except CallError as error:
        if error.transient:
            # The machine knows by the name of an error whether to try again.
            raise ConnectionError(str(error)) from error
        raise
