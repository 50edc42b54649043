"""Keys from a secret: read once, kept fresh, and never asked for by whoever guesses."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from modelfleet.adapters.aws.aws_json import AwsJsonClient
from modelfleet.adapters.aws.signing_keys import PATIENCE_SECONDS, REFRESH_SECONDS, SecretKeys
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.spec.errors import CallError, UnavailableError, UnknownPredictionError
from tests.serving import Clock

NOW = datetime(2026, 1, 5, tzinfo=UTC)


class Secret:
    """A Secrets Manager with one secret, whose calls are counted."""

    def __init__(self) -> None:
        self.values = ["first"]
        self.calls: list[str] = []
        self.down = False
        self.failures = 0
        self.wait: threading.Event | None = None

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Answer as the service does."""
        label = parameters["VersionStage"]
        self.calls.append(label)
        assert (operation, parameters["SecretId"]) == ("GetSecretValue", "arn")
        if self.wait is not None:
            assert self.wait.wait(10)
        self.failures -= 1
        if self.down or self.failures >= 0:
            raise CallError("GetSecretValue did not go through", transient=True)
        place = {"AWSCURRENT": -1, "AWSPREVIOUS": -2}[label]
        if len(self.values) < -place:
            refusal = "GetSecretValue failed with status 400: ResourceNotFoundException"
            raise CallError(refusal, transient=False)
        return {"SecretString": self.values[place]}


@pytest.fixture
def secret() -> Secret:
    """A secret with its first value."""
    return Secret()


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
def keys(secret: Secret, clock: Clock) -> SecretKeys:
    """Keys from that secret."""
    return SecretKeys(cast("AwsJsonClient", secret), "arn", clock)


def settle() -> None:
    """Wait until nothing is read any more."""
    for thread in threading.enumerate():
        if thread.name == "signing keys":
            thread.join()


def test_a_key_is_read_once(secret: Secret, keys: SecretKeys) -> None:
    """While something else is made, and not again for any request."""
    assert keys.prime(lambda: "made") == "made"
    assert {keys.newest() for _ in range(100)} == {b"first"}
    assert secret.calls == ["AWSCURRENT"]


def test_one_failure_is_not_the_callers(secret: Secret, keys: SecretKeys) -> None:
    """A prediction for which the key is read first asks once more where it fails for the moment."""
    secret.failures = 2
    keys.prime(lambda: None)
    assert keys.newest() == b"first"
    assert secret.calls == ["AWSCURRENT"] * 3


def test_what_a_start_began_is_waited_for(secret: Secret, keys: SecretKeys) -> None:
    """A prediction that comes while the key is being read does not ask for it again."""
    keys.prime(lambda: None)
    keys._keys = ()
    answered = threading.Event()
    secret.wait = answered
    keys._begin()
    threading.Timer(0.05, answered.set).start()
    assert keys.newest() == b"first"
    assert secret.calls == ["AWSCURRENT"] * 2


def test_a_start_without_the_secret_is_no_failure(secret: Secret, keys: SecretKeys) -> None:
    """The first request asks again, and is told to come again where that fails too."""
    secret.down = True
    keys.prime(lambda: None)
    with pytest.raises(UnavailableError):
        keys.newest()
    secret.down = False
    assert keys.newest() == b"first"


def test_a_key_is_refreshed_without_anybody_waiting(
    secret: Secret, keys: SecretKeys, clock: Clock
) -> None:
    """As after a restore from an old snapshot: the known key signs until the new one is read."""
    keys.prime(lambda: None)
    secret.values.append("second")
    clock.now += REFRESH_SECONDS
    assert keys.newest() == b"first"
    settle()
    assert keys.known() == (b"second", b"first")


def test_an_outage_leaves_the_keys_as_they_are(
    secret: Secret, keys: SecretKeys, clock: Clock
) -> None:
    """It is tried again after a while, and not with every request."""
    keys.prime(lambda: None)
    secret.down = True
    clock.now += REFRESH_SECONDS
    for _ in range(20):
        assert keys.newest() == b"first"
        settle()
    assert secret.calls == ["AWSCURRENT", "AWSCURRENT"]
    clock.now += PATIENCE_SECONDS
    keys.newest()
    settle()
    assert len(secret.calls) == 3


def test_foreign_ids_become_no_calls(secret: Secret, keys: SecretKeys, clock: Clock) -> None:
    """However many are guessed, newer keys are looked for once a minute at most."""
    ids = PredictionIds("churn", keys)
    (made,) = ids.make(1, "k1", NOW)
    before = len(secret.calls)
    for _ in range(50):
        with pytest.raises(UnknownPredictionError):
            ids.day_of(made, "k2")
    assert len(secret.calls) - before == 2
    clock.now += PATIENCE_SECONDS
    with pytest.raises(UnknownPredictionError):
        ids.day_of(made, "k2")
    assert len(secret.calls) - before == 4


def test_containers_of_both_sides_of_a_rotation_know_each_others_ids(
    secret: Secret, keys: SecretKeys
) -> None:
    """One that started before takes an id of the new key, and one that started after of the old."""
    earlier = PredictionIds("churn", keys)
    (of_before,) = earlier.make(1, "k1", NOW)
    secret.values.append("second")
    later = PredictionIds("churn", SecretKeys(cast("AwsJsonClient", secret), "arn"))
    (of_after,) = later.make(1, "k1", NOW)
    assert earlier.day_of(of_after, "k1") == later.day_of(of_before, "k1") == NOW.date()
    assert later.day_of(of_after, "k1") == NOW.date()
