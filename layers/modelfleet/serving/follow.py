"""Follows the release pointer, and keeps serving the last good version."""

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
# Until a first version is loaded, no request can be served, so transient bucket errors are retried
# within one refresh; definite errors are not.
_PAUSES_SECONDS = (0.25, 0.5, 1.0, 2.0)
# Name of the thread that refreshes the release.
LOOK_UP = "release look-up"

Loader = Callable[[ObjectStore, str], ServedModel]


@dataclass(frozen=True, slots=True)
class Release:
    """Loaded release, replaced as a whole; `challenger` is `None` if its bundle is broken."""

    pointer: ReleasePointer
    champion: ServedModel
    challenger: ServedModel | None = None

    def arm(self, variant: Variant) -> tuple[ServedModel, Variant]:
        """Return the arm that serves a variant: the champion, if there is no challenger."""
        if variant is Variant.CHALLENGER and self.challenger is not None:
            return self.challenger, Variant.CHALLENGER
        return self.champion, Variant.CHAMPION

    def shadow(self) -> ServedModel | None:
        """Return the challenger if it runs in shadow mode."""
        challenger = self.pointer.challenger
        return self.challenger if challenger and challenger.mode is Mode.SHADOW else None


class ReleaseFollower:
    """Keeps a release in memory, and checks for a newer one at most once per refresh interval.

    The check runs in a background thread, so that the request that triggers it does not wait: it is
    served by the loaded release, and later requests by the new one. Lambda freezes the thread
    between invocations. To bound the delay, a request that finds the release two intervals old, or
    nothing loaded, waits for the thread: at most `patience_seconds` if a release is loaded, and
    then only one request per check; at most `start_seconds` otherwise.

    Parameters
    ----------
    model
        The model's name.
    open_store
        Opens the artifacts bucket.
    load
        Loads a version from it.
    refresh_seconds
        Minimum interval between two reads of the pointer. Without a release, it is read more often.
    patience_seconds
        Maximum wait of a request that an older version could serve.
    start_seconds
        Maximum wait of a cold start, and of a request while nothing is loaded.
    clock
        Returns wall-clock time in seconds. A monotonic clock may stop between a snapshot and its
        restore, so that stale data would look fresh.
    telemetry
        Records every change and every failure.
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
        self._refreshed_at: float | None = None
        self._thread: threading.Thread | None = None
        self._waited_for: threading.Thread | None = None

    def prime(self, meanwhile: Callable[[], Any] = lambda: None) -> Any:
        """Load the release before the first request; a model without a release is not an error.

        Calls `meanwhile` while S3 responds, and returns its result.

        Lambda limits initialization to ten seconds, so after `start_seconds` the thread continues
        in the background. The connection is not kept, because sockets and credentials from before a
        snapshot are invalid after its restore.
        """
        thread = self._begin()
        made = meanwhile()
        thread.join(self._start_seconds)
        self._store = None
        return made

    def current(self) -> Release:
        """Return the release that serves the request.

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
        """Return the artifacts bucket, opened at its first use after startup."""
        store = self._store = self._store or self._open_store()
        return store

    def _older_than(self, intervals: int) -> bool:
        interval = self._refresh_seconds * intervals
        if self._release is None:
            interval = min(interval, RETRY_SECONDS)
        if self._refreshed_at is None:
            return True
        # Refresh as well if the clock was set back.
        return not 0 <= self._clock() - self._refreshed_at < interval

    def _begin(self) -> threading.Thread:
        """Start the refresh thread, unless it is running."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            thread = self._thread = threading.Thread(
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
        self._refreshed_at = began

    def _worth_another_try(self) -> bool:
        """Follow the pointer once; return whether to retry after a transient failure."""
        try:
            self._follow()
        # The last good version continues to serve after any error of network, pointer, or bundle.
        except Exception as error:  # noqa: BLE001  reported; requests get 503 if none is loaded
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
        # Stored only after a complete load, so that the next refresh retries what failed.
        self._etag = stored.etag if self._complete(self._release) else None

    def _read(self, store: ObjectStore) -> StoredObject | None:
        key = keys.release_pointer(self._model)
        return store.get(key) if self._etag is None else store.get_if_changed(key, self._etag)

    def _champion(self, store: ObjectStore, pointer: ReleasePointer) -> ServedModel:
        """Load the champion, or in a new process without a loaded version, the previous one."""
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
        # A broken challenger must not affect the champion.
        except Exception as error:  # noqa: BLE001  reported; the champion serves all requests
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
