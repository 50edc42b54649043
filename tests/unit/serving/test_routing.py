"""Routing: who meets the challenger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.registry.pointer import Challenger, Mode, ReleasePointer, Variant
from modelfleet.serving.routing import choose
from tests.serving import NOW

ENTITIES = [f"customer-{number}" for number in range(10_000)]


def pointer(share: float, mode: Mode = Mode.CANARY, version: str = "2") -> ReleasePointer:
    """A release of version 1 with a challenger."""
    return ReleasePointer(
        model="churn",
        champion="1",
        challenger=Challenger(version=version, share=share, mode=mode),
        written_by="test",
        written_at=NOW,
        reason="test",
    )


def met(release: ReleasePointer) -> set[str]:
    """The entities that meet the challenger."""
    return {e for e in ENTITIES if choose(release, e, lambda: 0.0) is Variant.CHALLENGER}


def test_without_a_challenger_the_champion_answers() -> None:
    """A release without a challenger has one arm."""
    release = pointer(0.5).model_copy(update={"challenger": None})
    assert choose(release, "anyone", lambda: 0.0) is Variant.CHAMPION


def test_a_shadow_never_answers() -> None:
    """A challenger in shadow mode answers nobody, whatever its share."""
    assert choose(pointer(1.0, Mode.SHADOW), None, lambda: 0.0) is Variant.CHAMPION


@given(share=st.floats(0, 1), draw=st.floats(0, 1, exclude_max=True))
def test_without_an_entity_the_draw_decides(share: float, draw: float) -> None:
    """The challenger answers exactly where the draw falls below its share."""
    chosen = choose(pointer(share), None, lambda: draw)
    assert (chosen is Variant.CHALLENGER) == (draw < share)


@given(entity=st.text(), draw=st.floats(0, 1, exclude_max=True))
def test_an_entity_always_meets_the_same_arm(entity: str, draw: float) -> None:
    """With an entity, chance has no say."""
    assert choose(pointer(0.5), entity, lambda: draw) is choose(pointer(0.5), entity, lambda: 0.0)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
def test_the_share_of_entities_is_the_challengers_share(share: float) -> None:
    """Of 10,000 entities, the share that meets the challenger is within 1 % of the one set."""
    assert abs(len(met(pointer(share))) / len(ENTITIES) - share) < 0.01


def test_whoever_met_the_challenger_still_does_when_its_share_grows() -> None:
    """Going from 10 % to 50 % and to all moves nobody back to the champion."""
    assert met(pointer(0.1)) < met(pointer(0.5)) < met(pointer(1.0)) == set(ENTITIES)


def test_another_challenger_meets_other_entities() -> None:
    """Two experiments in a row do not burden the same entities."""
    assert met(pointer(0.1)) != met(pointer(0.1, version="3"))
