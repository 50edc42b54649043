"""Follows the release pointer, and keeps the last good version serving."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelfleet.registry.pointer import Mode, ReleasePointer, Variant
from modelfleet.serving.load import ServedModel
from modelfleet.serving.telemetry import ServingTelemetry
from modelfleet.spec.errors import ModelfleetError, NotReadyError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore, StoredObject

RETRY_SECONDS = 1.0
START_SECONDS = 8.0
# Before a first version is loaded there is nothing else to answer with, so a bucket that is slow or
# busy is asked again within one look-up; what the bucket says for certain is not doubted.
_PAUSES_SECONDS = (0.25, 0.5, 1.0, 2.0)
# What the thread is called in which the pointer is looked at.
LOOK_UP = "release look-up"

Loader = Callable[[ObjectStore, str], ServedModel]


@dataclass(frozen=True, slots=True)
class Release:
    """What serves, swapped as a whole; `challenger` is absent where its bundle is broken."""

    pointer: ReleasePointer
    champion: ServedModel
    challenger: ServedModel | None = None

    def arm(self, variant: Variant) -> tuple[ServedModel, Variant]:
        """The arm that answers for a variant: the champion, where there is no challenger."""
        if variant is Variant.CHALLENGER and self.challenger is not None:
            return self.challenger, Variant.CHALLENGER
        return self.champion, Variant.CHAMPION

    def shadow(self) -> ServedModel | None:
        """The challenger that scores without being shown, if there is one."""
        challenger = self.pointer.challenger
        return self.challenger if challenger and challenger.mode is Mode.SHADOW else None


class ReleaseFollower:
    """Keeps a release in memory and looks for a newer one at most once per refresh interval.

    It looks in a thread of its own, so that the request which finds the interval over does not
    wait: it is answered by what is loaded, and the next ones by what the thread has swapped in. In
    Lambda the thread stands still while nobody asks. So that it cannot lag behind for long, a
    request that finds the knowledge two intervals old, or nothing loaded, waits for the thread, but
    never longer than `patience_seconds`, and where something is loaded, no second one does.

    Parameters
    ----------
    model
        The model's name.
    open_store
        Opens the artifacts bucket.
    load
        Loads a version from it.
    refresh_seconds
        How often the pointer may be asked for. Without any release it is asked for sooner.
    patience_seconds
        How long a request may wait while an older version can answer it.
    start_seconds
        How long a start, and a request that finds nothing loaded, may wait.
    clock
        Seconds of wall time. A monotonic clock may stand still between a snapshot and its restore,
        and what was read before would look fresh.
    telemetry
        Hears of every change and every failure.
    """

    def __init__(
        self,
        *,
        model: str,
        open_store: Callable[[], ObjectStore],
        load: Loader,
        refresh_seconds: float,
        patience_seconds: float,
        clock: Callable[[], float],
        telemetry: ServingTelemetry,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._model = model
        self._open_store = open_store
        self._load = load
        self._refresh_seconds = refresh_seconds
        self._patience_seconds = patience_seconds
        self._start_seconds = start_seconds
        self._clock = clock
        self._telemetry = telemetry
        self._store: ObjectStore | None = None
        self._release: Release | None = None
        self._etag: str | None = None
        self._looked_at: float | None = None
        self._under_way: threading.Thread | None = None
        self._waited_for: threading.Thread | None = None

    def prime(self, meanwhile: Callable[[], Any] = lambda: None) -> Any:
        """Load what is released before the first request; nothing released is no error.

        While S3 answers, `meanwhile` is called, and what it returns is returned.

        Lambda gives a start ten seconds, so what S3 does not give within `start_seconds` is left
        to the thread. The connection is not kept: after a restore from a snapshot, sockets and
        credentials from before it are dead.
        """
        thread = self._begin()
        made = meanwhile()
        thread.join(self._start_seconds)
        self._store = None
        return made

    def current(self) -> Release:
        """The release to answer with.

        Raises
        ------
        NotReadyError
            If no version could be loaded yet.
        """
        if self._older_than(1):
            thread = self._begin()
            if self._release is None:
                thread.join(self._start_seconds)
            elif self._older_than(2) and thread is not self._waited_for:
                self._waited_for = thread
                thread.join(self._patience_seconds)
        if self._release is None:
            raise NotReadyError(f"no version of {self._model} is loaded")
        return self._release

    def store(self) -> ObjectStore:
        """The artifacts bucket, opened when it is first needed after the start."""
        store = self._store = self._store or self._open_store()
        return store

    def _older_than(self, intervals: int) -> bool:
        interval = self._refresh_seconds * intervals
        if self._release is None:
            interval = min(interval, RETRY_SECONDS)
        if self._looked_at is None:
            return True
        # A clock that was set back must not stop the refreshing.
        return not 0 <= self._clock() - self._looked_at < interval

    def _begin(self) -> threading.Thread:
        """Start to look for a newer release, unless that is under way."""
        thread = self._under_way
        if thread is None or not thread.is_alive():
            thread = self._under_way = threading.Thread(
                target=self._refresh, name=LOOK_UP, daemon=True
            )
            thread.start()
        return thread

    def _refresh(self) -> None:
        began = self._clock()
        for pause_seconds in (*_PAUSES_SECONDS, 0.0):
            if not self._worth_another_try():
                break
            time.sleep(pause_seconds)
        self._looked_at = began

    def _worth_another_try(self) -> bool:
        """Follow the pointer once; whether it failed, may succeed yet, and a caller needs it to."""
        try:
            self._follow()
        # Whatever the network, the pointer or a bundle does, the last good version goes on serving.
        except Exception as error:  # noqa: BLE001  answered for: reported, and 503 if none is loaded
            self._telemetry.refresh_failed(error)
            return self._release is None and not isinstance(error, ModelfleetError)
        return False

    def _follow(self) -> None:
        store = self.store()
        stored = self._read(store)
        if stored is None:
            return
        pointer = ReleasePointer.parse(stored.content)
        champion = self._champion(store, pointer)
        challenger = self._challenger(store, pointer)
        self._release = Release(pointer, champion, challenger)
        self._telemetry.released(
            champion.manifest.version, challenger.manifest.version if challenger else None
        )
        # Remembered only when all of it is loaded, so that what failed is tried again.
        self._etag = stored.etag if self._complete(self._release) else None

    def _read(self, store: ObjectStore) -> StoredObject | None:
        key = keys.release_pointer(self._model)
        return store.get(key) if self._etag is None else store.get_if_changed(key, self._etag)

    def _champion(self, store: ObjectStore, pointer: ReleasePointer) -> ServedModel:
        """Load the champion, or the version before it where a fresh container has none to keep."""
        try:
            return self._version(store, pointer.champion)
        except Exception as error:
            if self._release is not None or pointer.previous is None:
                raise
            self._telemetry.refresh_failed(error)
            return self._version(store, pointer.previous)

    def _challenger(self, store: ObjectStore, pointer: ReleasePointer) -> ServedModel | None:
        if pointer.challenger is None:
            return None
        try:
            return self._version(store, pointer.challenger.version)
        # The champion must not fall with its challenger.
        except Exception as error:  # noqa: BLE001  answered for: reported, the champion serves all
            self._telemetry.refresh_failed(error)
            return None

    def _version(self, store: ObjectStore, version: str) -> ServedModel:
        release = self._release
        for loaded in (release.champion, release.challenger) if release else ():
            if loaded is not None and loaded.manifest.version == version:
                return loaded
        return self._load(store, version)

    @staticmethod
    def _complete(release: Release) -> bool:
        pointer, champion, challenger = release.pointer, release.champion, release.challenger
        return champion.manifest.version == pointer.champion and (
            pointer.challenger is None or challenger is not None
        )
