"""Trials between the looks of a release: an alarm ends them, and outcomes move a bandit's share."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from modelfleet.registry.pointer import Mode
from modelfleet.release import evidence
from modelfleet.release.bandit import (
    LARGEST_SHARE,
    SMALLEST_SHARE,
    UNSHARED_LARGEST,
    shift_share,
)
from modelfleet.release.end_trial import end_trial
from modelfleet.release.evidence import gather
from modelfleet.release.experiment import start_experiment
from modelfleet.release.judge import Evidence
from modelfleet.release.requests import ExperimentRequest
from tests.releasing import Fleet

ALARM = "modelfleet-dev-telecom-challenger-fails"


def on_trial(mode: Mode) -> Fleet:
    """Version 2 runs beside version 1, at a half."""
    fleet = Fleet()
    request = ExperimentRequest.model_validate(
        {
            "action": "experiment",
            "model": "telecom",
            "version": "2",
            "mode": mode,
            "share": 0.5,
            "by": "ada",
        }
    )
    start_experiment(fleet.store, request, fleet.clock, fleet.announce)
    fleet.heard.clear()
    return fleet


def test_an_alarm_ends_a_trial() -> None:
    """The champion serves all, and the record says which alarm it was."""
    fleet = on_trial(Mode.AB)
    for taken_back in ("2", None):
        ended = end_trial(fleet.store, "telecom", ALARM, fleet.clock, fleet.announce)
        assert ended.taken_back == taken_back
    pointer = fleet.pointer()
    assert (pointer.champion, pointer.challenger, pointer.taken_back) == ("1", None, "2")
    (record,) = fleet.heard
    assert (record.by, record.outcome, record.version) == (ALARM, "rolled back", "2")


def test_an_alarm_never_takes_a_champion_back() -> None:
    """Where nothing is on trial, nothing happens."""
    fleet = Fleet()
    before = fleet.pointer()
    assert end_trial(fleet.store, "telecom", ALARM, fleet.clock, fleet.announce).taken_back is None
    assert (fleet.pointer(), fleet.heard) == (before, [])


def outcomes(
    fleet: Fleet, count: int, lead: float, clients: Sequence[str] = (), reported: int | None = None
) -> None:
    """Let outcomes come back; version 2 is off by less, or by more where the lead is negative.

    `clients` has a client for each prediction of a version, of which the first so many are
    reported on.
    """
    for version, off in (("1", 0.4), ("2", 0.4 - lead)):
        rng = random.Random(5)  # noqa: S311  # repeatable, no secret
        scores = [off + rng.uniform(-0.2, 0.2) for _ in range(count)]
        fleet.traffic(version, scores, clients=clients)
        for number in range(count if reported is None else reported):
            fleet.outcome(f"{version}-{number}", 0.0)


@pytest.mark.parametrize(
    ("clients", "reported", "share"),
    [
        (["a"] * 200, 200, LARGEST_SHARE),
        (["a"] * 199 + ["b"], 199, UNSHARED_LARGEST),
        (["a"] * 199 + ["b"], 200, UNSHARED_LARGEST),
        (["a"] * 100 + ["b"] * 100, 200, LARGEST_SHARE),
        (["a"] * 199 + [""], 200, LARGEST_SHARE),
    ],
    ids=["alone", "others silent", "others say little", "both", "of nobody known"],
)
def test_one_clients_word_moves_nobody_elses_traffic(
    clients: list[str], reported: int, share: float
) -> None:
    """Where others call, what one of them says alone is good for one half at most."""
    fleet = on_trial(Mode.BANDIT)
    outcomes(fleet, 200, 0.2, clients, reported)
    assert shifted(fleet) == pytest.approx(share)


def test_one_clients_word_may_take_traffic_away() -> None:
    """A challenger that is worse for the one who reports is tried less, whoever else calls."""
    fleet = on_trial(Mode.BANDIT)
    outcomes(fleet, 200, -0.2, ["a"] * 199 + ["b"])
    assert shifted(fleet) == SMALLEST_SHARE


def shifted(fleet: Fleet) -> float | None:
    """The share after a look."""
    return shift_share(fleet.spec, fleet.store, fleet.lake, fleet.metrics, fleet.clock)


@pytest.mark.parametrize(("lead", "share"), [(0.2, LARGEST_SHARE), (-0.2, SMALLEST_SHARE)])
def test_the_share_goes_where_the_outcomes_point(lead: float, share: float) -> None:
    """The better arm gets nearly all, and the other is never starved."""
    fleet = on_trial(Mode.BANDIT)
    since = fleet.pointer().trial_since
    outcomes(fleet, 200, lead)
    assert shifted(fleet) == share
    pointer = fleet.pointer()
    assert pointer.challenger is not None
    assert (pointer.challenger.share, pointer.challenger.mode) == (share, Mode.BANDIT)
    assert pointer.trial_since == since
    assert pointer.reason.startswith("bandit: probability of being better")
    assert shifted(fleet) == share
    assert fleet.pointer() == pointer


def test_arms_that_are_alike_share_the_traffic() -> None:
    """Without a lead the share stays in the middle."""
    fleet = on_trial(Mode.BANDIT)
    outcomes(fleet, 200, 0.0)
    share = shifted(fleet)
    assert share == pytest.approx(0.5)


def test_few_outcomes_move_nothing() -> None:
    """The share stays until there are outcomes to go by."""
    fleet = on_trial(Mode.BANDIT)
    before = fleet.pointer()
    outcomes(fleet, 20, 0.2)
    assert shifted(fleet) == 0.5
    assert fleet.pointer() == before


@pytest.mark.parametrize("mode", [Mode.AB, Mode.SHADOW])
def test_other_trials_keep_their_share(mode: Mode) -> None:
    """What a person set stays set."""
    fleet = on_trial(mode)
    outcomes(fleet, 200, 0.2)
    assert shifted(fleet) is None
    assert fleet.pointer().challenger is not None


def gathered(fleet: Fleet) -> Evidence:
    """What both arms did today."""
    day = timedelta(days=1)
    versions = ["1", "2"]
    since, until = fleet.now - day, fleet.now + day
    return gather(fleet.spec, versions, since, until, fleet.lake, fleet.metrics)


def test_what_a_client_has_beyond_half_is_counted_apart() -> None:
    """Of 150 outcomes of one client and 50 of another, the second count leaves 50 of each."""
    fleet = on_trial(Mode.AB)
    outcomes(fleet, 200, 0.2, ["a"] * 150 + ["b"] * 50)
    found = gathered(fleet)
    assert found.several_clients
    for arm in (found.champion, found.challenger):
        assert (len(arm.losses), len(arm.shared)) == (200, 100)
        assert set(arm.shared) <= set(arm.losses)


def test_without_another_client_nothing_is_left_out() -> None:
    """One that is alone speaks for every caller there is."""
    fleet = on_trial(Mode.AB)
    outcomes(fleet, 200, 0.2, ["a"] * 200)
    found = gathered(fleet)
    assert not found.several_clients
    assert len(found.champion.shared) == len(found.champion.losses) == 200


def test_who_reports_first_has_no_more_of_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more outcomes than are read, a hash of their ids draws them."""
    monkeypatch.setattr(evidence, "OUTCOMES_MAXIMUM", 100)
    fleet = on_trial(Mode.AB)
    outcomes(fleet, 400, 0.0, ["a"] * 200 + ["b"] * 200)
    for number in range(200):
        fleet.outcome(f"1-{number}", 1.0)
    losses = gathered(fleet).champion.losses
    assert len(losses) == 100
    # Of the first two hundred, who all reported otherwise, about half are read and not all.
    assert 30 < sum(loss > 0.25 for loss in losses) < 70
