"""Decodes deliveries of a CloudWatch Logs subscription."""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any

from modelfleet.spec.errors import CaptureError

_DATA = "DATA_MESSAGE"


def messages(event: Mapping[str, Any]) -> list[str]:
    """Unpack the log lines of a delivery; CloudWatch's control messages contain none.

    Raises
    ------
    CaptureError
        If the event is not a CloudWatch Logs delivery.
    """
    try:
        packed = base64.b64decode(event["awslogs"]["data"], validate=True)
        delivery = json.loads(gzip.decompress(packed))
        if delivery["messageType"] != _DATA:
            return []
        return [str(each["message"]) for each in delivery["logEvents"]]
    except (KeyError, TypeError, ValueError, OSError, EOFError, zlib.error) as error:
        raise CaptureError("not a CloudWatch Logs delivery") from error
