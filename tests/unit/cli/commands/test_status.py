"""`fleet status` asks all models at once, and a throttled answer does not make a model unready."""

from collections.abc import Callable, Iterator
from threading import Barrier

import httpx
import pytest

from cli.cloud import is_ready
from cli.commands.operations.status import describe
from modelfleet.catalogue import names
from tests.unit.cli.commands.test_broken_objects import VersionedCloud


class AnsweringCloud(VersionedCloud):
    """A stage without releases, whose API answers as given."""

    answer: Callable[[httpx.Request], httpx.Response]

    def http(self) -> httpx.Client:
        """An API with these answers."""
        return _api(self.answer)


def _api(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))


def test_models_are_asked_at_the_same_time() -> None:
    """Each answer waits for the requests of all models; one after another, none would come."""
    everyone = Barrier(len(names()), timeout=10)

    def answer(request: httpx.Request) -> httpx.Response:
        everyone.wait()
        model = request.url.path.split("/")[1]
        return httpx.Response(200 if model == names()[0] else 503)

    stage = AnsweringCloud()
    stage.answer = answer
    models = describe(stage)["models"]  # type: ignore[arg-type]  # a fake
    assert list(models) == list(names())
    assert [model for model in models if models[model]["ready"]] == [names()[0]]


@pytest.mark.parametrize(("throttled", "ready"), [(0, True), (3, True), (99, False)])
def test_a_throttled_request_is_repeated(
    monkeypatch: pytest.MonkeyPatch, throttled: int, ready: bool
) -> None:
    """A model is ready if it says so once the throttle lets a request through."""
    waited: list[float] = []
    monkeypatch.setattr("cli.cloud.time.sleep", waited.append)
    answers: Iterator[int] = iter([429] * throttled + [200])
    with _api(lambda _: httpx.Response(next(answers))) as http:
        assert is_ready(http, "bankchurn") is ready
    assert len(waited) == min(throttled, 4)
