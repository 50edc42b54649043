"""Attempts are made again while that can help and there is time, and no longer."""

import pytest

from modelfleet.spec.errors import CallError
from modelfleet.storage.patience import until_done
from tests.fake_time import Time


def _failing(time: Time, failures: list[CallError], *, takes: float = 0.0) -> str:
    def attempt() -> str:
        time.now += takes
        if failures:
            raise failures.pop(0)
        return "done"

    return until_done(attempt, seconds=120, clock=time.clock, pause=time.pause)


def _passing(count: int) -> list[CallError]:
    return [CallError("DatabaseResumingException: waking", transient=True) for _ in range(count)]


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_a_passing_failure_is_tried_again(failures: int) -> None:
    """The pauses grow up to a limit, and what succeeds in the end has succeeded."""
    time = Time()
    assert _failing(time, _passing(failures)) == "done"
    assert time.pauses == [1.0, 2.0, 4.0, 8.0, 15.0][:failures]


def test_a_lasting_failure_is_not() -> None:
    """What no time can cure is raised at once."""
    time = Time()
    with pytest.raises(CallError, match="DatabaseErrorException"):
        _failing(time, [CallError("DatabaseErrorException: syntax", transient=False)])
    assert time.pauses == []


@pytest.mark.parametrize("takes", [0.0, 7.0, 50.0])
def test_it_gives_up_in_time(takes: float) -> None:
    """No attempt is begun after its time, and the last failure is told with their number."""
    time = Time()
    with pytest.raises(CallError, match=r"gave up after \d+ attempts: DatabaseResuming"):
        _failing(time, _passing(1000), takes=takes)
    assert time.now <= 100 + 120 + takes


def test_without_time_there_is_one_attempt() -> None:
    """Even where no time is left, the reason is told."""
    time = Time()
    with pytest.raises(CallError, match="gave up after 1 attempts"):
        until_done(
            lambda: (_ for _ in ()).throw(_passing(1)[0]),
            seconds=-5,
            clock=time.clock,
            pause=time.pause,
        )
