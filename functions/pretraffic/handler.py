"""Lambda's entry: CodeDeploy asks whether new code may have the traffic."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from modelfleet.bootstrap import pretraffic as trying
from modelfleet.pretraffic.hook import read_hook
from modelfleet.spec.errors import ModelfleetError


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Try the new version, and tell CodeDeploy what came of it, whatever that is."""
    execution = read_hook(event)
    succeeded = False
    try:
        because = trying.check_new_code()
        succeeded = True
    except ModelfleetError as error:
        because = str(error)
    finally:
        trying.report(execution, succeeded=succeeded)
    return _logged(succeeded, because)


def _logged(succeeded: bool, because: str) -> dict[str, Any]:
    settings = trying.pretraffic_settings()
    line = {
        "level": "INFO" if succeeded else "ERROR",
        "message": "new code tried",
        "model": settings.model,
        "code_version": settings.version,
        "succeeded": succeeded,
        "because": because,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return {"succeeded": succeeded, "because": because}
