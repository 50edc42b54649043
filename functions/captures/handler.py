"""Lambda's entry: one delivery of log events, carried to the lake."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from functions.captures.delivery import messages
from modelfleet.bootstrap import captures as capturing
from modelfleet.captures.delivery import deliver


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Carry what the delivery holds, and say how much that was."""
    carried = asdict(deliver(messages(event), capturing.capture_sink(), capturing.metric_sink()))
    level = "WARNING" if carried["unreadable"] else "INFO"
    line = {"level": level, "message": "log events carried"} | carried
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return carried
