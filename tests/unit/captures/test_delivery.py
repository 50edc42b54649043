"""What a delivery holds is handed over once, and damage stays where it is."""

import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.bootstrap.serving import value_sealer
from modelfleet.captures.delivery import Delivered, deliver
from modelfleet.captures.sealed import Sealer, Unsealed
from modelfleet.spec.errors import DeliveryError
from tests.captures import (
    PLATFORM_LINE,
    RecordedCaptures,
    RecordedMetrics,
    metrics_line,
    prediction_line,
)
from tests.sealing import opener, sealer


def test_predictions_and_measurements_are_told_apart() -> None:
    """Each kind of line goes where it belongs, and Lambda's own lines nowhere."""
    captures, metrics = RecordedCaptures(), RecordedMetrics()
    lines = [PLATFORM_LINE, prediction_line("p1"), metrics_line(requests=1, score=[0.1, 0.2])]
    assert deliver(lines, captures, metrics, opener()) == Delivered(1, 0, 2, 0)
    assert [c.prediction_id for c in captures.captures] == ["p1"]
    assert [(m.name, m.values) for m in metrics.measurements] == [
        ("requests", (1.0,)),
        ("score", (0.1, 0.2)),
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        prediction_line("p2", latency_ms=10**400),
        prediction_line("p2", latency_ms=float("inf")),
        prediction_line("p2", timestamp="0001-01-01T00:00:00+23:59"),
        metrics_line(requests=10**400),
        metrics_line(requests=float("inf")),
        metrics_line(requests=1).replace("1769904000000", "1e300"),
    ],
    ids=["latency", "infinite latency", "time", "value", "infinite value", "time of a value"],
)
def test_values_out_of_range_are_set_aside(damaged: str) -> None:
    """A number that no clock or counter makes costs only its own line."""
    captures, metrics = RecordedCaptures(), RecordedMetrics()
    carried = deliver([damaged, prediction_line("p1")], captures, metrics, opener())
    assert (carried.predictions, carried.unreadable) == (1, 1)
    assert [c.prediction_id for c in captures.captures] == ["p1"]


def test_measurements_stay_where_nobody_takes_them() -> None:
    """In AWS, CloudWatch finds them by itself."""
    captures = RecordedCaptures()
    carried = deliver([metrics_line(requests=1), prediction_line("p1")], captures, None, opener())
    assert carried == Delivered(1, 0, 0, 0)


def test_a_doubled_event_is_carried_once() -> None:
    """Within a delivery a prediction is known by its identity."""
    captures = RecordedCaptures()
    lines = [prediction_line("p1"), prediction_line("p2"), prediction_line("p1")]
    assert deliver(lines, captures, None, opener()) == Delivered(2, 1, 0, 0)
    assert [c.prediction_id for c in captures.captures] == ["p1", "p2"]


@pytest.mark.parametrize(
    "damaged",
    [
        prediction_line("p9")[:-30],
        prediction_line(""),
        prediction_line("p9", features=None),
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Dimensions": [["model"]]}]}}',
        '{"_aws": 7}',
        "{" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_damaged_event_holds_nothing_back(damaged: str) -> None:
    """What is before and after it is carried, and the damage is counted."""
    captures = RecordedCaptures()
    carried = deliver(
        [prediction_line("p1"), damaged, prediction_line("p2")], captures, None, opener()
    )
    assert carried == Delivered(2, 0, 0, 1)


def test_nothing_is_handed_over_where_nothing_is() -> None:
    """A delivery without predictions bothers nobody."""
    unused = RecordedCaptures(failure=DeliveryError("must not be asked"))
    assert deliver([PLATFORM_LINE, "", "{}"], unused, None, opener()) == Delivered(0, 0, 0, 0)


def test_a_refusal_is_raised() -> None:
    """Only then is the delivery tried again, and kept at last."""
    with pytest.raises(DeliveryError):
        deliver(
            [prediction_line("p1")], RecordedCaptures(failure=DeliveryError("full")), None, opener()
        )


def sealed_line(prediction_id: str, seals: Sealer | None = None) -> str:
    """The line of a prediction with an encrypted column."""
    rows = [Unsealed(prediction_id, {"Gender": "Female"})]
    (text,) = (seals or sealer()).seal("churn", rows)
    return prediction_line(prediction_id, sealed=text)


def test_sensitive_values_are_delivered_among_the_features() -> None:
    """What the log has encrypted, the lake has with the other columns of the same prediction."""
    captures = RecordedCaptures()
    deliver([sealed_line("p1"), prediction_line("p2")], captures, None, opener())
    found = {each.prediction_id: each.features for each in captures.captures}
    assert found == {"p1": {"Age": 42, "Gender": "Female"}, "p2": {"Age": 42}}


def test_values_that_no_key_opens_are_delivered_later() -> None:
    """The other predictions are delivered, and the delivery is tried again and kept at last."""
    captures = RecordedCaptures()
    strange = value_sealer(FixedKeys(b"of another stage"))
    lines = [sealed_line("p1", strange), sealed_line("p2")]
    with pytest.raises(DeliveryError, match="1 predictions cannot be decrypted"):
        deliver(lines, captures, None, opener())
    assert [each.prediction_id for each in captures.captures] == ["p2"]
