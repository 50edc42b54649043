"""Moving the release pointer: when, to what, and never over somebody else's change."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.registry.pointer import Challenger, ReleasePointer
from modelfleet.release.history import ReleaseRecord
from modelfleet.release.lock import free_lock, take_lock
from modelfleet.release.promote import promote
from modelfleet.release.requests import RollbackRequest
from modelfleet.release.rollback import roll_back
from modelfleet.retraining.state import Evaluated, Registered, Released, RetrainingState
from modelfleet.spec.errors import BundleError, ConflictError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import ATTEMPTS
from modelfleet.storage.object_store import ObjectStore
from tests.serving import NOW, put_bundle, put_pointer

SPEC = find("telecom")
POINTER = keys.release_pointer(SPEC.name)


@pytest.fixture
def store() -> ObjectStore:
    """A bucket with three registered versions, none of them released."""
    bucket = memory_store()
    for version in ("1", "2", "3"):
        put_bundle(bucket, SPEC, version)
    return bucket


def state(
    version: str, decision: Decision = Decision.PROMOTE, *, force: bool = False
) -> RetrainingState:
    """A retraining after the steps evaluate and register."""
    verdict = Verdict(decision=decision, reasons=("better by 0.02",))
    return RetrainingState(
        model=SPEC.name,
        force=force,
        execution=f"execution-{version}",
        evaluated=Evaluated(verdict=verdict, metrics={}),
        registered=Registered(version=version),
    )


def unheard(record: ReleaseRecord) -> None:
    """Nobody listens."""
    assert record.model == SPEC.name


def rollback(champion: str | None = None) -> RollbackRequest:
    """A request to take the release back."""
    return RollbackRequest(
        action="rollback", model=SPEC.name, by="ada", reason="complaints", champion=champion
    )


def pointer(store: ObjectStore) -> ReleasePointer:
    """What is released."""
    return ReleasePointer.parse(store.get(POINTER).content)


def promoted(store: ObjectStore, *versions: str) -> Released:
    """Release versions one after the other, each from a share of its own; the last answer."""
    return [_released(store, state(version)) for version in versions][-1]


def _released(store: ObjectStore, given: RetrainingState) -> Released:
    take_lock(store, given, NOW, lambda _: False, 0)
    served = store.keys(keys.RELEASES)
    if given.registered and list(served) and pointer(store).champion != given.registered.version:
        put_pointer(
            store,
            SPEC.name,
            pointer(store).champion,
            Challenger(version=given.registered.version, share=0.5),
            previous=pointer(store).previous,
        )
    released = promote(store, given, lambda: NOW)
    free_lock(store, SPEC.name, given.execution)
    return released


def meddling(monkeypatch: pytest.MonkeyPatch, store: ObjectStore, times: int) -> None:
    """Let somebody else write the pointer just before each of the next writes."""
    replace: Callable[[str, bytes, str], str] = store.replace
    left = iter(range(times))

    def late(key: str, content: bytes, etag: str) -> str:
        if key == POINTER and next(left, None) is not None:
            put_pointer(store, SPEC.name, "1", Challenger(version="3", share=0.9), previous="2")
        return replace(key, content, etag)

    monkeypatch.setattr(store, "replace", late)


def test_a_first_release_has_no_previous(store: ObjectStore) -> None:
    """The pointer is created with who, when and why."""
    assert promoted(store, "1") == Released(champion="1", previous=None)
    written = pointer(store)
    assert (written.written_by, written.written_at) == ("execution-1", NOW)
    assert written.reason == "better by 0.02"


def test_the_old_champion_becomes_previous(store: ObjectStore) -> None:
    """The way back leads to what served before."""
    assert promoted(store, "1", "2") == Released(champion="2", previous="1")


def test_a_retried_release_answers_the_same_and_writes_nothing(store: ObjectStore) -> None:
    """Idempotent: `previous` is not lost and the audit trail does not grow."""
    promoted(store, "1", "2")
    before = store.get(POINTER)
    take_lock(store, state("2"), NOW, lambda _: False, 0)
    later = promote(store, state("2"), lambda: NOW + timedelta(hours=1))
    assert later == Released(champion="2", previous="1")
    assert store.get(POINTER) == before


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("decision", [Decision.KEEP, Decision.BLOCK])
def test_what_the_gate_does_not_promote_is_never_released(
    store: ObjectStore, decision: Decision, force: bool
) -> None:
    """The verdict alone decides: whoever may overrule the comparison has done so in it."""
    promoted(store, "1")
    with pytest.raises(ReleaseError, match="not to promote"):
        _released(store, state("2", decision, force=force))
    assert pointer(store).champion == "1"


def test_a_named_version_needs_no_verdict(store: ObjectStore) -> None:
    """A person who names a registered version has decided."""
    named = RetrainingState(
        model=SPEC.name, version="2", execution="named", registered=Registered(version="2")
    )
    promoted(store, "1")
    assert _released(store, named) == Released(champion="2", previous="1")
    assert pointer(store).reason == "requested manually"


def test_without_the_lock_nothing_is_released(store: ObjectStore) -> None:
    """An execution whose lock was taken over changes nothing any more."""
    promoted(store, "1")
    put_pointer(store, SPEC.name, "1", Challenger(version="2", share=0.5))
    with pytest.raises(ReleaseError, match="lock"):
        promote(store, state("2"), lambda: NOW)


def test_what_was_taken_back_meanwhile_is_not_released(store: ObjectStore) -> None:
    """A rollback by hand during the last look stands."""
    promoted(store, "1")
    take_lock(store, state("2"), NOW, lambda _: False, 0)
    with pytest.raises(ReleaseError, match="not on trial"):
        promote(store, state("2"), lambda: NOW)


def test_nothing_is_released_that_was_not_registered(store: ObjectStore) -> None:
    """The step needs the results of those before it."""
    unregistered = state("1").model_copy(update={"registered": None})
    with pytest.raises(ReleaseError, match="registered"):
        promote(store, unregistered, lambda: NOW)


def test_the_pointer_never_names_a_version_without_a_bundle(store: ObjectStore) -> None:
    """What no predict function could load is not released."""
    with pytest.raises(BundleError, match="telecom 9"):
        promoted(store, "9")
    assert list(store.keys(keys.RELEASES)) == []


def test_a_change_in_between_is_read_before_it_is_built_upon(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost race starts over from what was written in between."""
    promoted(store, "1")
    meddling(monkeypatch, store, times=1)
    assert promoted(store, "3") == Released(champion="3", previous="1")


def test_endless_changes_end_in_a_conflict(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a bounded number of lost races the release gives up and changes nothing."""
    promoted(store, "1")
    meddling(monkeypatch, store, times=ATTEMPTS)
    with pytest.raises(ConflictError):
        promoted(store, "3")
    assert pointer(store).champion == "1"


def test_a_rollback_brings_the_previous_version_back(store: ObjectStore) -> None:
    """Champion and previous change places, signed by who asked."""
    promoted(store, "1", "2")
    assert roll_back(store, rollback(), lambda: NOW, unheard) == Released(
        champion="1", previous="2"
    )
    assert (pointer(store).written_by, pointer(store).reason) == ("ada", "rollback: complaints")


def test_a_rollback_that_is_delivered_twice_takes_back_once(store: ObjectStore) -> None:
    """A request that names the bad champion does not bring it back."""
    promoted(store, "1", "2")
    answers = [roll_back(store, rollback(champion="2"), lambda: NOW, unheard) for _ in range(2)]
    assert answers == [Released(champion="1", previous="2")] * 2


def test_a_rollback_during_a_canary_ends_the_canary(store: ObjectStore) -> None:
    """The newest version is taken back, and that is the challenger."""
    put_pointer(store, SPEC.name, "1", Challenger(version="2", share=0.1))
    roll_back(store, rollback(), lambda: NOW, unheard)
    assert (pointer(store).champion, pointer(store).challenger) == ("1", None)


def test_a_second_rollback_does_not_bring_the_bad_version_back(store: ObjectStore) -> None:
    """Typed twice, a rollback says what to type instead; by its name any version may serve."""
    promoted(store, "1", "2")
    roll_back(store, rollback(), lambda: NOW, unheard)
    with pytest.raises(ReleaseError, match="fleet rollback telecom --to 2"):
        roll_back(store, rollback(), lambda: NOW, unheard)
    named = rollback().model_copy(update={"to": "2"})
    assert roll_back(store, named, lambda: NOW, unheard) == Released(champion="2", previous="1")
    with pytest.raises(ReleaseError, match="is already the champion"):
        roll_back(store, named, lambda: NOW, unheard)


def test_a_rollback_to_a_version_without_a_bundle_changes_nothing(store: ObjectStore) -> None:
    """A version that no function could load is not gone back to."""
    promoted(store, "1", "2")
    with pytest.raises(BundleError, match="telecom 9"):
        roll_back(store, rollback().model_copy(update={"to": "9"}), lambda: NOW, unheard)
    assert pointer(store).champion == "2"


def test_a_rollback_is_kept_in_the_history(store: ObjectStore) -> None:
    """Who took what back, and why, is on record once."""
    promoted(store, "1", "2")
    roll_back(store, rollback(champion="2"), lambda: NOW, unheard)
    roll_back(store, rollback(champion="2"), lambda: NOW, unheard)
    (key,) = store.keys(keys.release_history(SPEC.name))
    kept = ReleaseRecord.parse(store.get(key).content)
    assert (kept.by, kept.version, kept.champion) == ("ada", "2", "1")
    assert kept.reasons == ("complaints",)


@pytest.mark.parametrize("released", [(), ("1",)])
def test_without_a_version_to_go_back_to_a_rollback_fails(
    store: ObjectStore, released: tuple[str, ...]
) -> None:
    """The error says so and nothing changes."""
    for version in released:
        promoted(store, version)
    with pytest.raises(ReleaseError):
        roll_back(store, rollback(), lambda: NOW, unheard)
