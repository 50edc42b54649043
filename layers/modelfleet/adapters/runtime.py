"""Function runtime: the only module that imports AWS Lambda Powertools."""

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

    # Functions invoked by AWS itself return a dictionary, all others a model.
    Result = BaseModel | dict[str, Any]
    Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]

# The parent of every logger of the library.
_LIBRARY = "modelfleet"
# The Lambda runtime adds a root handler that prints each line as text with a prefix.
_LAMBDA_RUNTIME = "awslambdaric"
_CAUSES_MAXIMUM = 8
_REASON_MAXIMUM = 2_000
_NO_JSON = "(not JSON)"

trace_id = get_tracer_id


class Runtime:
    """JSON logging of a function's invocations; see `runtime`.

    The handler, the library (`logging.getLogger("modelfleet…")`), other packages, and Python's
    warnings write to the same stream with the same keys. The level is `POWERTOOLS_LOG_LEVEL`, or
    INFO; other packages log warnings and errors only.

    Parameters
    ----------
    service
        Name of the function, such as `train`.
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
        """Return the Lambda handler of a function that returns a model or a dictionary.

        Every line carries the request ID and whether this is a cold start. The last line states
        the outcome and the duration, and describes an error before it is raised again.
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
    """Set up logging, once per process; a process runs one function.

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
    """Return the formatter of all log lines: JSON, times in UTC, no prefix.

    Parameters
    ----------
    service
        Name of the function.
    serializer
        Serializes a mapping to a single line of ASCII.
    keys
        Additional keys of every line; `None` removes a default key.
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
    """Return an embedded-metric-format document with one dimension set and all values 0.

    Parameters
    ----------
    namespace
        Namespace of the metrics.
    dimensions
        Dimension values by name.
    units
        CloudWatch units by metric name.
    """
    # A service name would become an additional dimension, which no alarm uses.
    metrics = AmazonCloudWatchEMFProvider(namespace=namespace, service="")
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    for name, unit in units.items():
        metrics.add_metric(name, unit, 0)
    return dict(metrics.serialize_metric_set())


def fault(error: BaseException, causes: int = _CAUSES_MAXIMUM) -> dict[str, Any]:
    """Describe an error by class, stack, and cause, without its message, which may quote data.

    Causes can form a cycle, so at most `causes` of them are followed.
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
    """Handler that writes to the current `sys.stdout`, one write per record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a failure to do so never fails the invocation."""
        try:
            sys.stdout.write(f"{self.format(record)}\n")
            sys.stdout.flush()
        except Exception:  # noqa: BLE001  as the standard library's handlers do
            self.handleError(record)


def _handle_all_records(output: logging.Handler) -> None:
    """Make the root logger write JSON instead of the Lambda runtime's prefixed text."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if type(handler).__module__.startswith(_LAMBDA_RUNTIME):
            root.removeHandler(handler)
    # No effect if other handlers remain, as in tests.
    logging.basicConfig(handlers=[output])
    logging.captureWarnings(True)


def _end(started: float) -> dict[str, Any]:
    return {"seconds": round(time.monotonic() - started, 3)}


def _reason(error: Exception) -> dict[str, str]:
    """Return the message of an expected error, which the caller sees too."""
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
