"""Signed ids: what an id proves on its own, and what passes for none."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from string import ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.spec.errors import UnknownPredictionError

AT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
KEYS = FixedKeys(b"new", b"old")
IDS = PredictionIds("bankchurn", KEYS)
MADE = IDS.make(1_000, "k1", AT)
TYPED = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-0189/.\n\u0661A"), max_size=70)


def refused(prediction_id: str, client: str = "k1", ids: PredictionIds = IDS) -> bool:
    """Whether nobody was ever given this id."""
    try:
        ids.day_of(prediction_id, client)
    except UnknownPredictionError:
        return True
    return False


def test_an_id_says_on_which_day_it_was_made() -> None:
    """By UTC, whatever zone the clock is in, and for every row of the request."""
    assert {IDS.day_of(each, "k1") for each in MADE} == {date(2026, 1, 31)}
    east = AT.astimezone(timezone(timedelta(hours=9)))
    assert IDS.day_of(IDS.make(1, "k1", east)[0], "k1") == date(2026, 1, 31)


def test_ids_are_short_unique_and_safe_everywhere() -> None:
    """A URL, a log line, a file's name and a key hold them as they are."""
    assert len(set(MADE)) == len(MADE)
    assert all(re.fullmatch(r"[a-z0-9-]{50,70}", each) for each in MADE)
    assert len({IDS.make(1, "", AT)[0] for _ in range(500)}) == 500


def test_a_request_without_rows_has_no_ids() -> None:
    """Nothing is signed for nothing."""
    assert list(IDS.make(0, "k1", AT)) == []


@pytest.mark.parametrize("client", ["k2", "", "k1 ", "K1", "k1\n"])
def test_another_clients_prediction_is_unknown(client: str) -> None:
    """Also to whoever has no key, and where a key is another one's beginning."""
    assert refused(MADE[0], client)


def test_another_models_prediction_is_unknown() -> None:
    """Although both sign with the same keys."""
    assert refused(MADE[0], ids=PredictionIds("leads", KEYS))


def test_parts_do_not_run_into_each_other() -> None:
    """No model and client are signed as another model with another client are."""
    one = PredictionIds("a\nb", KEYS).make(1, "c", AT)[0]
    assert refused(one, "b\nc", PredictionIds("a", KEYS))


@pytest.mark.parametrize("place", range(len(MADE[0])))
def test_an_altered_id_is_unknown(place: int) -> None:
    """Whatever its characters are changed to, but for the index, which another row has."""
    made = MADE[7]
    others = f"{ascii_lowercase}{digits}-"
    altered = {made[:place] + other + made[place + 1 :] for other in others} - set(MADE)
    assert len(altered) > 20
    assert all(refused(each) for each in altered)


@pytest.mark.parametrize(
    "spelled",
    ["-1000-1000", "-1000-0999", "-1000-00", "-01000-0", "-9999-5000", "-1000--1", "-1000-\u0661"],
)
def test_a_row_has_one_spelling(spelled: str) -> None:
    """A row that the request did not have, or a number spelled otherwise, is no other object."""
    assert refused(MADE[0].removesuffix("-1000-0") + spelled)


@pytest.mark.parametrize(
    "change", [str.upper, lambda one: f"{one}\n", lambda one: f" {one}", lambda one: one[:-1]]
)
def test_nothing_around_an_id_is_ignored(change: object) -> None:
    """One prediction has one id."""
    assert callable(change)
    assert refused(change(IDS.make(1, "k1", AT)[0]))


@given(st.text() | TYPED)
def test_nobody_guesses_an_id(typed: str) -> None:
    """Whatever is typed, it is refused and fails in no other way."""
    assert refused(typed)


@pytest.mark.parametrize(
    "typed", ["../../datasets/x", "16dec41a-bf77-4ffa-8e6e-650bd22c1488", "\ud800", "", "1" * 10**6]
)
def test_what_has_another_form_is_refused_without_a_key(typed: str) -> None:
    """No key is needed to see that it is none."""
    assert refused(typed, ids=PredictionIds("bankchurn", FixedKeys()))


def test_ids_outlive_a_rotation_of_the_key() -> None:
    """What the key of before has signed is accepted, and what an older one signed is not."""
    before = PredictionIds("bankchurn", FixedKeys(b"old")).make(1, "k1", AT)[0]
    long_before = PredictionIds("bankchurn", FixedKeys(b"oldest")).make(1, "k1", AT)[0]
    assert not refused(before)
    assert refused(long_before)
    assert refused(IDS.make(1, "k1", AT)[0], ids=PredictionIds("bankchurn", FixedKeys(b"old")))
