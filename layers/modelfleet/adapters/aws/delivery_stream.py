"""Delivery of captures to the lake through Amazon Data Firehose."""

import base64
import time
from collections.abc import Callable, Iterator, Sequence

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.captures.delivery import Captured
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.captures.refusal import write_refusal
from modelfleet.spec.errors import CallError, DeliveryError

# Limits of PutRecordBatch; the size is that before base64 encoding.
RECORDS_MAXIMUM = 500
BYTES_MAXIMUM = 4 * 1024 * 1024
ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.1


class DeliveryStream:
    """A `CaptureSink` over one delivery stream.

    Parameters
    ----------
    client
        Client of Firehose.
    name
        Name of the stream.
    pause
        Sleeps for a number of seconds.
    """

    def __init__(
        self, client: AwsJsonClient, name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self._pause = pause

    def put(self, captures: Sequence[Captured]) -> None:
        """Deliver predictions and refusals, one record each; see `CaptureSink.put`."""
        records = [_record(capture).encode() for capture in captures]
        rejected = sum(len(self._deliver(batch)) for batch in _batches(records))
        if rejected:
            raise DeliveryError(
                f"{self._name} rejected {rejected} of {len(records)} records in {ATTEMPTS} attempts"
            )

    def _deliver(self, batch: list[bytes]) -> list[bytes]:
        """Deliver a batch, with retries; return the records that were never accepted."""
        batch = self._rejected(batch)
        for seconds in pauses():
            if not batch:
                break
            self._pause(seconds)
            batch = self._rejected(batch)
        return batch

    def _rejected(self, batch: list[bytes]) -> list[bytes]:
        """Deliver a batch once and return rejected records; a successful call may reject some."""
        records = [{"Data": base64.b64encode(record).decode()} for record in batch]
        parameters = {"DeliveryStreamName": self._name, "Records": records}
        try:
            answer = self._client.call("PutRecordBatch", parameters)
        except CallError as error:
            if not error.transient:
                raise
            return batch
        if not answer["FailedPutCount"]:
            return []
        answers = answer["RequestResponses"]
        return [r for r, each in zip(batch, answers, strict=True) if "ErrorCode" in each]


def pauses() -> list[float]:
    """Return the pauses between attempts, in seconds."""
    return [_FIRST_PAUSE_SECONDS * 2**attempt for attempt in range(ATTEMPTS - 1)]


def _record(captured: Captured) -> str:
    if isinstance(captured, CapturedPrediction):
        return write_capture(captured)
    return write_refusal(captured)


def _batches(records: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for record in records:
        length = len(record)
        if batch and (len(batch) == RECORDS_MAXIMUM or size + length > BYTES_MAXIMUM):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch
