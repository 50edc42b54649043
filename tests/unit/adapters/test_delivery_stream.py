"""Every record is taken once, however often the stream refuses a part of them."""

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from modelfleet.adapters.aws.aws_json import FIREHOSE, AwsJsonClient
from modelfleet.adapters.aws.delivery_stream import (
    ATTEMPTS,
    BYTES_MAXIMUM,
    RECORDS_MAXIMUM,
    DeliveryStream,
)
from modelfleet.captures.record import CapturedPrediction, read_capture
from modelfleet.spec.errors import CallError, DeliveryError
from tests.captures import prediction_line

Refuse = Callable[[int, int], bool]


class Firehose(AwsJsonClient):
    """Firehose that refuses a record of a call when it is told to, by the numbers of both."""

    def __init__(self, refuse: Refuse = lambda _call, _record: False) -> None:
        super().__init__(FIREHOSE, {"AWS_REGION": "eu-central-1"})
        self.refuse = refuse
        self.calls: list[int] = []
        self.taken: list[bytes] = []
        self.failures: list[CallError] = []

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Take records as PutRecordBatch does."""
        assert (operation, parameters["DeliveryStreamName"]) == ("PutRecordBatch", "stream")
        if self.failures:
            raise self.failures.pop(0)
        records = [base64.b64decode(each["Data"]) for each in parameters["Records"]]
        assert 0 < len(records) <= RECORDS_MAXIMUM
        assert sum(map(len, records)) <= BYTES_MAXIMUM
        answers = []
        for number, record in enumerate(records):
            refused = self.refuse(len(self.calls), number)
            answers.append({"ErrorCode": "ServiceUnavailable"} if refused else {"RecordId": "1"})
            self.taken += [] if refused else [record]
        self.calls.append(len(records))
        failed = sum("ErrorCode" in each for each in answers)
        return {"FailedPutCount": failed, "RequestResponses": answers}


def captures(count: int) -> list[CapturedPrediction]:
    """Predictions with identities of their own."""
    one = read_capture(prediction_line("p"))
    return [dataclasses.replace(one, prediction_id=f"p{n}") for n in range(count)]


def deliver(firehose: Firehose, count: int) -> list[float]:
    """Put predictions and return the pauses that were made."""
    pauses: list[float] = []
    DeliveryStream(firehose, "stream", pauses.append).put(captures(count))
    return pauses


def identities(firehose: Firehose) -> list[str]:
    """The predictions that were taken."""
    return [read_capture(record).prediction_id for record in firehose.taken]


def test_a_prediction_is_a_record_of_one_line() -> None:
    """Firehose joins records as they are, so each brings its newline."""
    firehose = Firehose()
    deliver(firehose, 2)
    assert all(r.endswith(b"\n") and r.count(b"\n") == 1 for r in firehose.taken)
    assert json.loads(firehose.taken[0])["model"] == "churn"


@pytest.mark.parametrize(("count", "calls"), [(1, [1]), (500, [500]), (1001, [500, 500, 1])])
def test_no_call_holds_more_records_than_it_may(count: int, calls: list[int]) -> None:
    """A call takes 500 records."""
    firehose = Firehose()
    assert deliver(firehose, count) == []
    assert firehose.calls == calls
    assert identities(firehose) == [f"p{n}" for n in range(count)]


def test_no_call_holds_more_bytes_than_it_may() -> None:
    """Large records make more calls."""
    firehose = Firehose()
    large = dataclasses.replace(captures(1)[0], features={"text": "x" * 900_000})
    DeliveryStream(firehose, "stream").put([large] * 10)
    assert firehose.calls == [4, 4, 2]


def test_of_a_partial_failure_only_the_refused_are_offered_again() -> None:
    """What was taken is not sent twice."""
    firehose = Firehose(lambda call, record: call == 0 and record % 2 == 1)
    assert len(deliver(firehose, 10)) == 1
    assert firehose.calls == [10, 5]
    assert sorted(identities(firehose)) == sorted(f"p{n}" for n in range(10))


def test_what_is_refused_to_the_end_is_said_and_the_rest_is_delivered() -> None:
    """The first batch keeps failing in one record; the second is delivered all the same."""
    firehose = Firehose(lambda call, record: call < ATTEMPTS and record == 0)
    with pytest.raises(DeliveryError, match="1 of 501 records"):
        deliver(firehose, 501)
    assert identities(firehose) == [f"p{n}" for n in range(1, 501)]


def test_pauses_grow() -> None:
    """An overloaded stream is left more and more time."""
    firehose = Firehose(lambda call, _record: call < 4)
    pauses = deliver(firehose, 1)
    assert len(pauses) == 4
    assert pauses == sorted(set(pauses))


def test_a_call_that_does_not_go_through_is_made_again() -> None:
    """A throttled or broken call refuses all of its records."""
    firehose = Firehose()
    firehose.failures = [CallError("throttled", transient=True)] * 2
    assert len(deliver(firehose, 3)) == 2
    assert len(firehose.taken) == 3


def test_a_call_without_the_right_to_is_not() -> None:
    """No patience helps where the stream does not exist or the role may not write."""
    firehose = Firehose()
    firehose.failures = [CallError("denied", transient=False)]
    with pytest.raises(CallError):
        deliver(firehose, 3)
    assert firehose.taken == []
