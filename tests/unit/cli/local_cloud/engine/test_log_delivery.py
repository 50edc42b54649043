"""Log events are delivered to functions in batches, in order, and none is dropped."""

import base64
import errno
import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from cli.local_cloud.engine.log_delivery import (
    EVENTS_MAXIMUM,
    PAUSES_SECONDS,
    Event,
    LogDelivery,
    LogEvent,
    Subscription,
)
from cli.local_cloud.state.journal import Journal
from functions.captures.delivery import messages

CHURN = Subscription("0" * 12, "/aws/lambda/churn", "captures", "carry")
LEADS = Subscription("0" * 12, "/aws/lambda/leads", "captures", "carry")


def lines(*texts: str) -> list[LogEvent]:
    """Log events of one stream."""
    return [LogEvent("stream", 1, text) for text in texts]


def unpacked(event: Event) -> dict[str, Any]:
    """The content of a delivery."""
    content: dict[str, Any] = json.loads(
        gzip.decompress(base64.b64decode(event["awslogs"]["data"]))
    )
    return content


class Function:
    """A function that can be blocked and that fails a given number of times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.events: list[Event] = []
        self.given_up: list[Event] = []
        self.pauses: list[float] = []
        self.most_at_once = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self.entered = threading.Event()
        self._running = 0
        self.journal = Journal(Path(mkdtemp()) / "lines.jsonl")
        self.delivery = LogDelivery(self._invoke, self._give_up, self.journal, self.pauses.append)

    def _invoke(self, name: str, event: Event) -> bool:
        assert name == "carry"
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        self.events.append(event)
        self.entered.set()
        assert self.go_on.wait(10)
        self._running -= 1
        self.failures -= 1
        return self.failures < 0

    def _give_up(self, name: str, event: Event) -> None:
        assert name == "carry"
        self.given_up.append(event)

    def settle(self) -> None:
        """Wait until everything offered has been delivered."""
        for thread in threading.enumerate():
            if thread.name.startswith("deliveries to"):
                thread.join(10)


def test_the_format_of_a_delivery() -> None:
    """The captures function receives the logged lines and their log group."""
    function = Function()
    function.delivery.offer(CHURN, lines("one", "two"))
    function.settle()
    (event,) = function.events
    assert messages(event) == ["one", "two"]
    content = unpacked(event)
    assert (content["logGroup"], content["logStream"]) == (CHURN.log_group, "stream")
    assert content["subscriptionFilters"] == ["captures"]
    assert len({each["id"] for each in content["logEvents"]}) == 2


def test_lines_logged_during_a_delivery_are_delivered_together() -> None:
    """During a delivery no second one starts, and waiting lines form one delivery."""
    function = Function()
    function.go_on.clear()
    function.delivery.offer(CHURN, lines("0"))
    assert function.entered.wait(10)
    for number in range(1, 100):
        function.delivery.offer(CHURN, lines(str(number)))
    function.go_on.set()
    function.settle()
    assert [messages(event) for event in function.events] == [
        ["0"],
        [str(number) for number in range(1, 100)],
    ]
    assert function.most_at_once == 1


def test_groups_are_delivered_separately() -> None:
    """A delivery contains lines of one log group; the one that has waited longest goes first."""
    function = Function()
    function.go_on.clear()
    function.delivery.offer(CHURN, lines("0"))
    assert function.entered.wait(10)
    function.delivery.offer(LEADS, lines("a"))
    function.delivery.offer(CHURN, lines("1"))
    function.delivery.offer(LEADS, lines("b"))
    function.go_on.set()
    function.settle()
    found = [(unpacked(e)["logGroup"], messages(e)) for e in function.events[1:]]
    assert found == [(LEADS.log_group, ["a", "b"]), (CHURN.log_group, ["1"])]


def test_a_delivery_has_a_maximum_size() -> None:
    """More lines are delivered in several deliveries, in order."""
    function = Function()
    texts = [str(number) for number in range(EVENTS_MAXIMUM + 1)]
    function.delivery.offer(CHURN, lines(*texts))
    function.settle()
    assert [len(messages(event)) for event in function.events] == [EVENTS_MAXIMUM, 1]
    assert [text for event in function.events for text in messages(event)] == texts


def test_a_failed_delivery_is_retried() -> None:
    """A delivery that failed once is repeated unchanged after a pause."""
    function = Function(failures=1)
    function.delivery.offer(CHURN, lines("one"))
    function.settle()
    assert function.events[0] == function.events[1]
    assert (len(function.events), function.pauses) == (2, [PAUSES_SECONDS[0]])
    assert function.given_up == []


def test_a_delivery_that_keeps_failing_is_given_up() -> None:
    """It goes to the dead-letter queue, and later deliveries continue."""
    function = Function(failures=1 + len(PAUSES_SECONDS))
    function.delivery.offer(CHURN, lines("one"))
    function.settle()
    function.delivery.offer(CHURN, lines("two"))
    function.settle()
    assert [messages(event) for event in function.given_up] == [["one"]]
    assert messages(function.events[-1]) == ["two"]


def test_many_threads_lose_nothing() -> None:
    """Lines logged by many threads at the same time are each delivered once."""
    function = Function()

    def offer(start: int) -> Callable[[], None]:
        def run() -> None:
            for number in range(start, start + 100):
                function.delivery.offer(CHURN, lines(str(number)))

        return run

    threads = [threading.Thread(target=offer(100 * each)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    function.settle()
    found = [int(text) for event in function.events for text in messages(event)]
    assert sorted(found) == list(range(800))
    assert function.most_at_once == 1


def test_a_full_disk_does_not_block_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that cannot be written to the journal or marked as done are still delivered."""
    function = Function()
    with monkeypatch.context() as full:
        full.setattr(function.journal, "add", _no_space)
        full.setattr(function.journal, "done", _no_space)
        function.delivery.offer(CHURN, lines("a"))
        function.settle()
        full.setattr(function.journal, "add", Journal.add.__get__(function.journal))
        function.delivery.offer(CHURN, lines("b"))
        function.settle()
    function.delivery.offer(CHURN, lines("c"))
    function.settle()
    assert [message for event in function.events for message in messages(event)] == ["a", "b", "c"]


def _no_space(*_: Any) -> list[int]:
    raise OSError(errno.ENOSPC, "No space left on device")
