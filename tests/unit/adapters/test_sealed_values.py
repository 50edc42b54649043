"""Sensitive values in log lines: readable with the stage's secret, for their prediction alone."""

import base64
from collections.abc import Sequence

import pytest
from pydantic_core import to_json

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.sealed_values import ValueOpener, ValueSealer
from modelfleet.captures.sealed import Unsealed
from modelfleet.spec.errors import CaptureError

ROWS = [
    Unsealed("20261130-a-1", {"Gender": "Female", "Age": 42}),
    Unsealed("20261130-a-2", {"Gender": "Zoë \u2028", "Age": None, "Score": 0.1}),
]


class RotatedKeys(FixedKeys):
    """Keys of a process that has not noticed a rotation yet."""

    def __init__(self, known: bytes, now: Sequence[bytes]) -> None:
        super().__init__(known)
        self._now = now

    def read_again(self) -> Sequence[bytes]:
        """The keys as they are now."""
        return self._now


def sealed(secret: bytes = b"one", model: str = "churn") -> Sequence[str]:
    """The rows as a predict function seals them."""
    return ValueSealer(FixedKeys(secret), to_json).seal(model, ROWS)


def test_every_row_of_a_request_opens_to_its_own_values() -> None:
    """Texts in any script, numbers, and missing values survive; no row is another's."""
    opener = ValueOpener(FixedKeys(b"one"))
    found = [opener.open("churn", r.prediction_id, s) for r, s in zip(ROWS, sealed(), strict=True)]
    assert found == [row.values for row in ROWS]
    with pytest.raises(CaptureError):
        opener.open("churn", ROWS[0].prediction_id, sealed()[1])


def test_sealing_the_same_values_again_looks_different() -> None:
    """Equal values cannot be recognized in the log, within a request or across requests."""
    same = [Unsealed(f"20261130-a-{n}", {"Gender": "Female"}) for n in range(50)]
    sealer = ValueSealer(FixedKeys(b"one"), to_json)
    found = [text for _ in range(20) for text in sealer.seal("churn", same)]
    contents = {base64.b64decode(text)[:12] for text in found}
    assert len(contents) == len(found)
    assert not any(b"Female" in base64.b64decode(text) for text in found)


@pytest.mark.parametrize(
    ("secret", "model", "prediction_id"),
    [
        (b"two", "churn", "20261130-a-1"),
        (b"one", "leads", "20261130-a-1"),
        (b"one", "churn", "20261201-a-1"),
        (b"one", "churn", "20261130-b-1"),
    ],
)
def test_another_key_model_or_prediction_opens_nothing(
    secret: bytes, model: str, prediction_id: str
) -> None:
    """Values cannot be moved to another line."""
    with pytest.raises(CaptureError):
        ValueOpener(FixedKeys(secret)).open(model, prediction_id, sealed()[0])


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64!", None, 7, "é", "QUJD" * 100])
def test_damaged_texts_open_nothing(damaged: object) -> None:
    """Whatever stands in the line."""
    with pytest.raises(CaptureError):
        ValueOpener(FixedKeys(b"one")).open("churn", ROWS[0].prediction_id, damaged)


@pytest.mark.parametrize("secret", [b"old", b"new"])
def test_a_rotation_loses_nothing(secret: bytes) -> None:
    """Lines of the previous key and of one newer than the known ones can be opened."""
    opener = ValueOpener(RotatedKeys(b"old", [b"new", b"old"]))
    text = sealed(secret)[0]
    assert opener.open("churn", ROWS[0].prediction_id, text) == ROWS[0].values
