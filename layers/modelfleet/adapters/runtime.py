"""What every function runs in: AWS Lambda Powertools' logger and metrics, imported here alone."""

from __future__ import annotations

import functools
import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)
from aws_lambda_powertools.shared.functions import get_tracer_id

from modelfleet.settings import SettingsError
from modelfleet.spec.errors import ModelfleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    # Functions that answer AWS itself return what AWS expects, the others a message.
    Result = BaseModel | dict[str, Any]
    Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]

# The parent of every logger of the library.
_LIBRARY = "modelfleet"
# Adds a handler to the root logger that prefixes each line and prints it as text.
_LAMBDA_RUNTIME = "awslambdaric"
_CAUSES_MAXIMUM = 8
_REASON_MAXIMUM = 2_000
_NO_JSON = "(not JSON)"

trace_id = get_tracer_id


class Runtime:
    """Logs a function's invocations as JSON lines; see `runtime`.

    The handler, the library (`logging.getLogger("modelfleet…")`), other packages, and Python's
    warnings write to the same stream with the same keys. The level is `POWERTOOLS_LOG_LEVEL`, or
    INFO; other packages log warnings and errors only.

    Parameters
    ----------
    service
        The function's word, such as `train`.
    """

    def __init__(self, service: str) -> None:
        output = _StandardOutput()
        self.logger = Logger(
            service, logger_handler=output, logger_formatter=json_formatter(service, _as_json)
        )
        logging.getLogger(service).propagate = False
        logging.getLogger(_LIBRARY).setLevel(self.logger.log_level)
        _handle_all_records(output)
        self._is_cold = True

    def append_keys(self, **keys: object) -> None:
        """Add keys to all further lines of this invocation."""
        self.logger.append_keys(**keys)

    def handler(self, run: Callable[[Mapping[str, Any], Any], Result]) -> Handler:
        """Make the Lambda handler of a function that returns a message or a dictionary.

        Every line carries the request ID and whether this is a cold start. The last line states
        the outcome and the duration and describes an error, which is raised again.
        """

        @functools.wraps(run)
        def invoke(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
            self._start(context)
            started = time.monotonic()
            try:
                result = run(event, context)
                answer = result if isinstance(result, dict) else result.model_dump(mode="json")
            except Exception as error:
                extra = _end(started) | fault(error) | _reason(error)
                self.logger.error("invocation failed", extra=extra)
                raise
            self.logger.info("invocation succeeded", extra=_end(started))
            return answer

        return invoke

    def _start(self, context: Any) -> None:
        self.logger.clear_state()
        request_id = getattr(context, "aws_request_id", None)
        self.append_keys(request_id=request_id, cold_start=self._is_cold)
        self._is_cold = False


@functools.cache
def runtime(service: str) -> Runtime:
    """Set up the logging of this process once; a process runs one function.

    Examples
    --------
    >>> @runtime("train").handler
    ... def handler(event, context):
    ...     request = read(event)
    ...     runtime("train").append_keys(model=request.model, execution_id=request.execution)
    ...     return train(request)
    """
    return Runtime(service)


def json_formatter(
    service: str, serializer: Callable[[Any], str], **keys: Any
) -> LambdaPowertoolsFormatter:
    """Make the formatter of all log lines: JSON, times in UTC, no prefix.

    Parameters
    ----------
    service
        The function's word.
    serializer
        Makes a line of a mapping: one line of ASCII, whatever the values contain.
    keys
        Further keys of every line; `None` removes one of the formatter's own.
    """
    return LambdaPowertoolsFormatter(
        json_serializer=serializer,
        # A message that happens to be valid JSON stays text.
        json_deserializer=str,
        utc=True,
        use_rfc3339=True,
        serialize_stacktrace=False,
        service=service,
        **keys,
    )


def metric_frame(
    namespace: str, dimensions: Mapping[str, str], units: Mapping[str, str]
) -> dict[str, Any]:
    """Make an embedded-metric-format document with one dimension set and every value zero.

    Parameters
    ----------
    namespace
        The metrics' namespace.
    dimensions
        Name to value.
    units
        The metrics' names and CloudWatch units.
    """
    # A service name would become a further dimension, which no alarm names.
    metrics = AmazonCloudWatchEMFProvider(namespace=namespace, service="")
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    for name, unit in units.items():
        metrics.add_metric(name, unit, 0)
    return dict(metrics.serialize_metric_set())


def fault(error: BaseException, causes: int = _CAUSES_MAXIMUM) -> dict[str, Any]:
    """Describe an error for a log line by class, stack, and cause; its text may quote a value.

    Causes can form a circle, so only so many are followed.
    """
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if error.__cause__ is not None and causes > 0:
        described["cause"] = fault(error.__cause__, causes - 1)
    return described


class _StandardOutput(logging.Handler):
    """Writes to what is standard output at the time, one write per record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a failure to do so never fails the invocation."""
        try:
            sys.stdout.write(f"{self.format(record)}\n")
            sys.stdout.flush()
        except Exception:  # noqa: BLE001  as every handler of the standard library does
            self.handleError(record)


def _handle_all_records(output: logging.Handler) -> None:
    """Let the root logger write JSON too, in place of the Lambda runtime's prefixed text."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if type(handler).__module__.startswith(_LAMBDA_RUNTIME):
            root.removeHandler(handler)
    # Has no effect where handlers are left, as in tests.
    logging.basicConfig(handlers=[output])
    logging.captureWarnings(True)


def _end(started: float) -> dict[str, Any]:
    return {"seconds": round(time.monotonic() - started, 3)}


def _reason(error: Exception) -> dict[str, str]:
    """Quote an error that was raised on purpose, as the caller is told it too."""
    if not isinstance(error, ModelfleetError | SettingsError):
        return {}
    return {"reason": str(error)[:_REASON_MAXIMUM]}


def _as_json(line: Any) -> str:
    """Write a line; a value that JSON cannot hold is left out, and never the line with it."""
    try:
        return _dumped(line)
    except (ValueError, RecursionError):
        return _dumped({name: value if _fits(value) else _NO_JSON for name, value in line.items()})


def _fits(value: object) -> bool:
    try:
        _dumped(value)
    except (ValueError, RecursionError):
        return False
    return True


def _dumped(value: object) -> str:
    # NaN and infinity are no JSON: CloudWatch would find nothing in such a line.
    return json.dumps(value, default=str, separators=(",", ":"), allow_nan=False)
