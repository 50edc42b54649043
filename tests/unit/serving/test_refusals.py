"""Category values by which requests were refused are recorded, within bounds."""

import io
import json
from datetime import UTC, datetime

import pytest

from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.captures.refusal import CapturedRefusal, RefusedValue, is_refusal, read_refusal
from modelfleet.catalogue import find
from modelfleet.serving.refusals import CLIENTS_MAXIMUM, VALUES_OF_A_CLIENT, RefusalRecorder
from modelfleet.serving.score import Call
from tests.serving import GATEWAY_REQUEST_ID, RecordedTelemetry, Service, serving

SPEC = find("bankchurn")
EXAMPLE = SPEC.features.example()
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def service() -> Service:
    """A predict function whose caller is `k1`."""
    made = serving(SPEC)
    made.gateway.client = "k1"
    return made


def recorded(service: Service) -> list[tuple[RefusedValue, ...]]:
    """The values of each request."""
    return [refusal.values for refusal in service.telemetry.refusals]


@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_a_refused_category_is_recorded(service: Service, path: str) -> None:
    """With its column, and who sent it."""
    reply = service.gateway.post(service.url(path), EXAMPLE | {"Geography": " Italy "})
    assert reply.status == 422
    (refusal,) = service.telemetry.refusals
    assert (refusal.model, refusal.client, refusal.request_id) == (
        "bankchurn",
        "k1",
        GATEWAY_REQUEST_ID,
    )
    assert refusal.values == (RefusedValue("Geography", "Italy", 1),)


def test_refused_rows_of_a_batch_are_counted(service: Service) -> None:
    """Also where the valid rows are answered, and where the batch is refused as a whole."""
    rows = [EXAMPLE | {"Geography": name} for name in ("Italy", "France", "Italy", "Malta")]
    for strict in (False, True):
        body = {"instances": rows, "strict": strict}
        reply = service.gateway.post(service.url("/predict/batch"), body)
        assert reply.status == (422 if strict else 200)
    counted = (RefusedValue("Geography", "Italy", 2), RefusedValue("Geography", "Malta", 1))
    assert recorded(service) == [counted, counted]


@pytest.mark.parametrize(
    "change",
    [{"Age": 7}, {"Geography": None}, {"Geography": "FRANCE"}, {"Geograhpy": "Italy"}],
    ids=["range", "missing", "spelling", "unknown field"],
)
def test_nothing_else_is_recorded(service: Service, change: dict[str, object]) -> None:
    """Only a text in the place of a category is one that could be accepted."""
    service.gateway.post(service.url("/predict"), EXAMPLE | change)
    assert recorded(service) == []


@pytest.mark.parametrize("value", ["x" * 65, "ada@example.org", "+49 151 1234567", "a\u202eb"])
def test_a_value_that_may_be_personal_is_counted_without_its_text(
    service: Service, value: str
) -> None:
    """So is one that is too long, or not visible."""
    service.gateway.post(service.url("/predict"), EXAMPLE | {"Geography": value})
    assert recorded(service) == [(RefusedValue("Geography", None, 1),)]


def record(
    recorder: RefusalRecorder, value: str, client: str = "k1", column: str = "Geography"
) -> None:
    """Record a request of one row."""
    recorder.record(Call("r", 0.0, client=client), [(column, value)])


def test_a_client_cannot_make_the_log_grow(service: Service) -> None:
    """Its further values lose their text until the next day; those of others keep it."""
    telemetry, days = service.telemetry, [NOW]
    recorder = RefusalRecorder("bankchurn", telemetry, frozenset(), clock=lambda: days[-1])
    for number in range(VALUES_OF_A_CLIENT + 5):
        record(recorder, f"value {number}")
    record(recorder, "value 0")
    record(recorder, "Italy", client="k2")
    values = [made[0].value for made in recorded(service)]
    assert values[VALUES_OF_A_CLIENT:] == [None] * 5 + ["value 0", "Italy"]
    days.append(datetime(2026, 2, 1, tzinfo=UTC))
    record(recorder, "another")
    assert recorded(service)[-1][0].value == "another"


def test_many_clients_do_not_fill_the_memory() -> None:
    """Clients are identified by their key, or by nothing where no key is needed."""
    telemetry = RecordedTelemetry()
    recorder = RefusalRecorder("bankchurn", telemetry, frozenset(), clock=lambda: NOW)
    for number in range(CLIENTS_MAXIMUM + 1):
        record(recorder, "Italy", client=f"k{number}")
    assert telemetry.refusals[-1].values[0].value is None


def test_personal_data_are_not_recorded() -> None:
    """Neither their values nor their number."""
    telemetry = RecordedTelemetry()
    record(RefusalRecorder("bankchurn", telemetry, frozenset({"Geography"})), "Italy")
    assert telemetry.refusals == []


@pytest.mark.parametrize(("share", "lines"), [(1.0, 1), (0.0, 0)])
def test_the_log_line_is_read_back(share: float, lines: int) -> None:
    """What the captures function finds in the log is what was recorded, if it is captured."""
    stream = io.StringIO()
    values = (RefusedValue("Geography", "Île", 2), RefusedValue("Gender", None, 1))
    made = CapturedRefusal("r1", NOW, "bankchurn", "k1", values)
    PowertoolsTelemetry("bankchurn", "modelfleet", share, stream).refused(made)
    written = stream.getvalue().splitlines()
    assert len(written) == lines
    for line in written:
        assert line.isascii()
        assert is_refusal(json.loads(line))
        assert read_refusal(line) == made
