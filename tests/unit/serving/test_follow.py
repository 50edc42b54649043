"""Following the release pointer: what serves, and when it is looked for."""

import threading

import pytest

from modelfleet.adapters.object_store import BucketObjectStore, memory_store
from modelfleet.catalogue import find
from modelfleet.registry.manifest import MODEL_FILE
from modelfleet.registry.pointer import Challenger, Variant
from modelfleet.serving.follow import LOOK_UP
from modelfleet.spec.errors import BundleError, NotReadyError, ObjectNotFoundError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore, StoredObject
from tests.serving import Service, put_bundle, put_pointer, serving

SPEC = find("telecom")
POINTER = keys.release_pointer(SPEC.name)


@pytest.fixture
def service() -> Service:
    """A predict function that serves version 1."""
    made = serving(SPEC)
    made.follower.prime()
    return made


class SlowStore(BucketObjectStore):
    """A bucket that answers nothing until it is let go on."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.asked = 0
        self.go_on = threading.Event()

    def get(self, key: str) -> StoredObject:
        """Read an object, some time."""
        self.asked += 1
        assert self.go_on.wait(10)
        return self.store.get(key)

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """Read an object, some time."""
        self.asked += 1
        assert self.go_on.wait(10)
        return self.store.get_if_changed(key, etag)


class BusyStore(BucketObjectStore):
    """A bucket that turns away the first few that ask, as a busy one does."""

    def __init__(self, store: ObjectStore, turned_away: int) -> None:
        self.store = store
        self.turned_away = turned_away

    def get(self, key: str) -> StoredObject:
        """Read an object, or fail as a connection does."""
        if self.turned_away:
            self.turned_away -= 1
            raise TimeoutError("busy")
        return self.store.get(key)


def champion(service: Service) -> str:
    """The version that serves now."""
    return service.follower.current().champion.manifest.version


def test_nothing_released_is_not_ready() -> None:
    """Without a pointer the function lives, and says that it is not ready."""
    service = Service(SPEC)
    service.follower.prime()
    with pytest.raises(NotReadyError):
        service.follower.current()
    assert isinstance(service.telemetry.refresh_failures[0], ObjectNotFoundError)


def test_a_first_release_is_found_without_waiting_for_the_interval() -> None:
    """A function that serves nothing looks every second."""
    service = Service(SPEC)
    service.follower.prime()
    put_bundle(service.store, SPEC, "1")
    put_pointer(service.store, SPEC.name, "1")
    service.clock.now += 1
    assert champion(service) == "1"


def looked(service: Service) -> None:
    """Wait until a look at the pointer that is under way has come to its end."""
    for thread in threading.enumerate():
        # Other tests of the process may have left threads that never end.
        if thread.name == LOOK_UP:
            thread.join(10)


def test_a_new_release_is_taken_up_without_a_waiting_request(service: Service) -> None:
    """Who finds the interval over is answered at once, and who comes after it by the new one."""
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, SPEC.name, "2", previous="1")
    service.clock.now += 29.9
    assert champion(service) == "1"
    looked(service)
    assert champion(service) == "1"
    service.store = store = SlowStore(service.store)
    service.clock.now += 0.1
    assert champion(service) == "1"
    store.go_on.set()
    looked(service)
    assert champion(service) == "2"
    assert service.telemetry.releases == [("1", None), ("2", None)]


def test_a_slow_bucket_holds_up_one_request_and_no_longer_than_it_may() -> None:
    """After a long silence one request waits for its patience; the others do not wait at all."""
    service = serving(SPEC)
    service.patience_seconds = 0.01
    service.__post_init__()
    service.follower.prime()
    service.store = store = SlowStore(service.store)
    put_bundle(service.store.store, SPEC, "2")
    put_pointer(service.store.store, SPEC.name, "2")
    service.clock.now += 86_400
    assert [champion(service) for _ in range(3)] == ["1"] * 3
    assert store.asked == 1
    store.go_on.set()
    looked(service)
    assert champion(service) == "2"


def test_a_slow_bucket_at_the_start_is_not_ready_until_it_answers() -> None:
    """With nothing to answer by, requests wait for their patience and are told so."""
    service = serving(SPEC)
    service.patience_seconds = 0.01
    service.__post_init__()
    service.store = store = SlowStore(service.store)
    for _ in range(2):
        with pytest.raises(NotReadyError):
            service.follower.current()
    assert store.asked == 1
    store.go_on.set()
    looked(service)
    assert champion(service) == "1"


def test_a_caller_waits_for_a_bucket_that_is_busy_when_nothing_is_loaded() -> None:
    """A container that starts in a storm answers its first request, however often it must ask."""
    service = serving(SPEC)
    service.store = BusyStore(service.store, turned_away=2)
    assert champion(service) == "1"
    assert len(service.telemetry.refresh_failures) == 2


def test_a_bucket_that_is_sure_is_not_asked_again() -> None:
    """What is not there or is broken is answered for at once: waiting does not mend it."""
    service = Service(SPEC)
    with pytest.raises(NotReadyError):
        service.follower.current()
    assert len(service.telemetry.refresh_failures) == 1


def test_a_clock_that_was_set_back_does_not_stop_the_refresh(service: Service) -> None:
    """A restore may find an earlier time; the pointer is read all the same."""
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, SPEC.name, "2")
    service.clock.now -= 500
    assert champion(service) == "2"


def test_the_first_request_after_a_snapshot_reads_the_pointer(service: Service) -> None:
    """However old the snapshot is, its release is looked at anew."""
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, SPEC.name, "2")
    service.clock.now += 86_400
    assert champion(service) == "2"


def test_an_unchanged_pointer_is_not_read_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first time the pointer is asked for conditionally, and no bundle is loaded."""
    asked: list[tuple[str, str]] = []

    def get_if_changed(key: str, etag: str) -> StoredObject | None:
        asked.append((key, etag))
        return None

    etag = service.store.get(POINTER).etag
    monkeypatch.setattr(service.store, "get_if_changed", get_if_changed)
    loaded = service.follower.current().champion
    service.clock.now += 60
    assert service.follower.current().champion is loaded
    assert asked == [(POINTER, etag)]


@pytest.mark.parametrize("broken", ["checksum", "absent", "pointer", "gone"])
def test_what_is_broken_leaves_the_last_good_version(service: Service, broken: str) -> None:
    """Neither a bad bundle nor a bad pointer takes the service down, and each is reported."""
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, SPEC.name, "3" if broken == "absent" else "2")
    if broken == "checksum":
        service.store.put(f"{keys.bundle(SPEC.name, '2')}/{MODEL_FILE}", b"altered")
    if broken == "pointer":
        service.store.put(POINTER, b"{}")
    if broken == "gone":
        service.store = memory_store()
    service.clock.now += 60
    assert champion(service) == "1"
    expected = {"checksum": BundleError, "pointer": ReleaseError}.get(broken, ObjectNotFoundError)
    assert isinstance(service.telemetry.refresh_failures[-1], expected)


def test_a_repaired_bundle_is_taken_up(service: Service) -> None:
    """What failed is tried again after the interval though the pointer is the same."""
    put_pointer(service.store, SPEC.name, "2")
    service.clock.now += 60
    assert champion(service) == "1"
    put_bundle(service.store, SPEC, "2")
    service.clock.now += 60
    assert champion(service) == "2"


def test_a_fresh_container_falls_back_to_the_previous_version() -> None:
    """With nothing to keep, the version before a broken champion serves, under its own name."""
    service = Service(SPEC)
    put_bundle(service.store, SPEC, "1")
    put_pointer(service.store, SPEC.name, "2", previous="1")
    assert champion(service) == "1"
    put_bundle(service.store, SPEC, "2")
    service.clock.now += 60
    assert champion(service) == "2"


def test_a_broken_challenger_leaves_the_champion_to_answer(service: Service) -> None:
    """The champion answers for a challenger that cannot be loaded, and it is tried again."""
    put_pointer(service.store, SPEC.name, "1", Challenger(version="2", share=1.0))
    service.clock.now += 60
    assert service.follower.current().arm(Variant.CHALLENGER)[1] is Variant.CHAMPION
    put_bundle(service.store, SPEC, "2")
    service.clock.now += 60
    model, variant = service.follower.current().arm(Variant.CHALLENGER)
    assert (model.manifest.version, variant) == ("2", Variant.CHALLENGER)


def test_a_promoted_challenger_is_not_loaded_again(service: Service) -> None:
    """What is in memory already is kept when the pointer moves."""
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, SPEC.name, "1", Challenger(version="2", share=0.5))
    service.clock.now += 60
    challenger = service.follower.current().challenger
    put_pointer(service.store, SPEC.name, "2", previous="1")
    service.clock.now += 60
    assert service.follower.current().champion is challenger


def test_the_connection_of_the_start_is_not_kept() -> None:
    """The store is opened again after priming: a snapshot's sockets and credentials are dead."""
    service = serving(SPEC)
    service.follower.prime()
    for _ in range(3):
        service.clock.now += 60
        service.follower.current()
    assert service.opened == 2


def test_something_else_is_done_while_the_bucket_answers() -> None:
    """A start builds the application while it waits, and has both when it is over."""
    service = serving(SPEC)
    service.store = store = SlowStore(service.store)

    def meanwhile() -> str:
        store.go_on.set()
        return "built"

    assert service.follower.prime(meanwhile) == "built"
    assert champion(service) == "1"


def test_a_bucket_that_is_quicker_is_not_asked_again(service: Service) -> None:
    """What was looked at while something else was done counts, however long that took."""
    asked = service.opened
    service.follower.prime(lambda: looked(service))
    assert service.opened == asked + 1
