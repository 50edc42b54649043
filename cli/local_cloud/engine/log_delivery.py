"""Deliveries of log events to functions as CloudWatch Logs makes them: collected, and repeated."""

import base64
import gzip
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

EVENTS_MAXIMUM = 5_000
# Lambda's asynchronous invocations are tried twice again.
PAUSES_SECONDS = (1.0, 2.0)

Event = dict[str, Any]
_log = logging.getLogger("log_delivery")
_NOT_KEPT = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who gets the log events of a group: a filter's function."""

    owner: str
    log_group: str
    filter_name: str
    function: str


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of a log stream; its time is in milliseconds since 1970."""

    stream: str
    timestamp: int
    message: str


class Kept(Protocol):
    """Where log events are kept until they are delivered."""

    def add(self, items: Iterable[Any]) -> list[int]:
        """Keep items, and answer the numbers to call them done by."""

    def done(self, numbers: Iterable[int]) -> None:
        """Forget items."""


_Numbered = tuple[int, LogEvent]


class LogDelivery:
    """Hands log events to functions, to each function one delivery at a time.

    What is logged while a delivery is under way waits and goes together. A delivery for every line
    would start a process for every line.

    Parameters
    ----------
    invoke
        Invokes a function with an event, and answers whether it ended well.
    give_up
        Takes the event that a function failed with to the end.
    kept
        Keeps what is offered until it is delivered or given up.
    pause
        Waits some seconds.
    """

    def __init__(
        self,
        invoke: Callable[[str, Event], bool],
        give_up: Callable[[str, Event], None],
        kept: Kept,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._invoke = invoke
        self._give_up = give_up
        self._kept = kept
        self._pause = pause
        self._waiting: dict[str, dict[Subscription, list[_Numbered]]] = {}
        self._lock = threading.Lock()

    def offer(self, subscription: Subscription, events: Sequence[LogEvent]) -> None:
        """Take log events to deliver; whoever logs them does not wait for it."""
        try:
            numbers = self._kept.add((astuple(subscription), astuple(each)) for each in events)
        except OSError:
            # A full disk: they are delivered nevertheless, while this process lives.
            _log.exception("%d log events are not on disk", len(events))
            numbers = [_NOT_KEPT] * len(events)
        self._take(subscription, list(zip(numbers, events, strict=True)))

    def resume(self, left: Mapping[int, Any]) -> None:
        """Deliver what an earlier process was offered and did not say it had delivered."""
        found: dict[Subscription, list[_Numbered]] = {}
        for number, (subscription, event) in left.items():
            found.setdefault(Subscription(*subscription), []).append((number, LogEvent(*event)))
        for subscription, events in found.items():
            self._take(subscription, events)

    def _take(self, subscription: Subscription, events: Sequence[_Numbered]) -> None:
        with self._lock:
            is_served = subscription.function in self._waiting
            waiting = self._waiting.setdefault(subscription.function, {})
            waiting.setdefault(subscription, []).extend(events)
        if not is_served:
            threading.Thread(
                target=self._serve,
                args=(subscription.function,),
                name=f"deliveries to {subscription.function}",
                daemon=True,
            ).start()

    def _serve(self, function: str) -> None:
        while taken := self._next(function):
            subscription, numbered = taken
            self._deliver(function, _delivery(subscription, [event for _, event in numbered]))
            self._forget([number for number, _ in numbered])

    def _forget(self, numbers: Sequence[int]) -> None:
        try:
            self._kept.done(numbers)
        except OSError:
            # A full disk: they are delivered again after a restart, and read once.
            _log.exception("%d delivered log events were not struck off", len(numbers))

    def _next(self, function: str) -> tuple[Subscription, list[_Numbered]] | None:
        """Take what waits longest; a function for which nothing waits is no longer served."""
        with self._lock:
            waiting = self._waiting[function]
            if not waiting:
                del self._waiting[function]
                return None
            subscription = next(iter(waiting))
            events = waiting.pop(subscription)
            if rest := events[EVENTS_MAXIMUM:]:
                waiting[subscription] = rest
            return subscription, events[:EVENTS_MAXIMUM]

    def _deliver(self, function: str, event: Event) -> None:
        if self._invoke(function, event):
            return
        for seconds in PAUSES_SECONDS:
            self._pause(seconds)
            if self._invoke(function, event):
                return
        self._give_up(function, event)


def _delivery(subscription: Subscription, events: Sequence[LogEvent]) -> Event:
    """Pack log events as the CloudWatch Logs user guide shows it.

    The engine begins a stream at every invocation, so that a delivery of one stream alone would
    hold the lines of one request; the oldest stands for them all.
    """
    content = {
        "messageType": "DATA_MESSAGE",
        "owner": subscription.owner,
        "logGroup": subscription.log_group,
        "logStream": events[0].stream,
        "subscriptionFilters": [subscription.filter_name],
        "logEvents": [
            {"id": uuid.uuid4().hex, "timestamp": each.timestamp, "message": each.message}
            for each in events
        ],
    }
    packed = gzip.compress(json.dumps(content).encode(), compresslevel=1)
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}
