"""`fleet drift`: the model's drift function is invoked, and its result is printed."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import logs
from cli.app import app
from cli.cloud import Cloud, Stage
from cli.durations import duration_hours
from cli.output.errors import FleetError
from modelfleet.drift.report import DriftStatus
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.drift.state import DriftAction

FOUND = DriftOutcome(
    model="bankchurn",
    version="3",
    status=DriftStatus.DRIFT,
    reason="drifted: Age",
    current_rows=1200,
    drifted=("Age",),
    action=DriftAction.WARN,
    reasons=("Age drifted: PSI 0.4 (limit 0.2)",),
    held_back=("retrain: found in 1 run of 3",),
    report="reports/bankchurn/2026-01-31/020000",
)


@dataclass
class DriftCloud:
    """A stage whose drift function returns a given result."""

    payload: dict[str, Any] = field(default_factory=lambda: FOUND.model_dump(mode="json"))
    failed: bool = False
    stage: Stage = Stage.LOCAL
    invoked: list[dict[str, Any]] = field(default_factory=list)

    def client(self, service: str) -> "DriftCloud":
        """Lambda."""
        assert service == "lambda"
        return self

    def get_function_configuration(self, **asked: str) -> dict[str, Any]:
        """Return where a function's log is."""
        return {"LoggingConfig": {"LogGroup": f"/aws/lambda/{asked['FunctionName']}"}}

    def invoke(self, **call: Any) -> dict[str, Any]:
        """Respond as Lambda does."""
        self.invoked.append(call)
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.payload).encode())}
        return answer | ({"FunctionError": "Unhandled"} if self.failed else {})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> DriftCloud:
    """Every stage is this one."""
    fake = DriftCloud()
    monkeypatch.setattr(Cloud, "connect", lambda *_: fake)
    return fake


def run(*arguments: str) -> Result:
    """Run the command; raise its error."""
    return CliRunner().invoke(app, ["drift", "bankchurn", *arguments], catch_exceptions=False)


def test_waits_for_the_result(cloud: DriftCloud) -> None:
    """With --wait the findings, the decision, and the reasons are printed."""
    told = run("--wait").stdout
    assert "bankchurn 3, 1,200 predictions: drift (drifted: Age)" in told
    assert "Age drifted: PSI 0.4 (limit 0.2)" in told
    assert "decision: warn" in told
    assert "retrain: found in 1 run of 3" in told
    assert cloud.invoked[0]["InvocationType"] == "RequestResponse"
    assert cloud.invoked[0]["FunctionName"] == "modelfleet-local-drift-bankchurn"


def test_programs_get_the_whole_outcome(cloud: DriftCloud) -> None:
    """With --json the function's result is printed unchanged."""
    assert DriftOutcome.model_validate_json(run("--wait", "--json").stdout) == FOUND


def test_starts_without_waiting(cloud: DriftCloud) -> None:
    """Without --wait the function is invoked with an event whose window has a fixed end."""
    told = json.loads(run("--json", "--window", "7d").stdout)
    (call,) = cloud.invoked
    assert call["InvocationType"] == "Event"
    asked = DriftRequest.model_validate_json(call["Payload"])
    assert asked.window_hours == 7 * 24
    assert asked.window_end is not None
    assert told["started"] is True
    later = datetime.now(UTC) + timedelta(hours=1)
    assert asked.window(later) == asked.window(later + timedelta(hours=1))


def test_the_window_includes_recent_predictions(cloud: DriftCloud) -> None:
    """The window ends on a whole second, after the command was started."""
    typed = datetime.now(UTC)
    run("--wait")
    asked = DriftRequest.model_validate_json(cloud.invoked[0]["Payload"])
    assert asked.window(typed).end > typed
    assert asked.window(typed).end.microsecond == 0


def test_a_failing_function_is_one_line(cloud: DriftCloud) -> None:
    """If the function raises, its message is printed with the command that shows its log."""
    cloud.failed, cloud.payload = True, {"errorMessage": "the bundle is altered"}
    with pytest.raises(FleetError, match=r"the bundle is altered.*fleet logs bankchurn") as raised:
        run("--wait")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "hours"), [("24h", 24.0), ("90m", 1.5), ("7d", 168.0), ("0.5h", 0.5)]
)
def test_windows(text: str, hours: float) -> None:
    """Minutes, hours, and days are accepted."""
    assert duration_hours("--window", text) == pytest.approx(hours)


@pytest.mark.parametrize(
    "text", ["", "24", "h", "-1h", "1w", "0h", "32d", "1h30m", "0.0001m", f"{10**400}d"]
)
def test_invalid_windows(text: str) -> None:
    """An invalid, too short, or too long duration is rejected."""
    with pytest.raises(FleetError, match="--window"):
        duration_hours("--window", text)


def test_the_functions_log_can_be_read(cloud: DriftCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fleet logs --function drift` reads the log of the function that `fleet drift` invokes."""
    asked: list[str] = []

    def events(_client: object, group: str, _since: datetime) -> list[dict[str, Any]]:
        asked.append(group)
        return []

    monkeypatch.setattr(logs, "events", events)
    monkeypatch.setattr(DriftCloud, "client", lambda self, _service: self)
    run("--wait")
    CliRunner().invoke(app, ["logs", "bankchurn", "--function", "drift"], catch_exceptions=False)
    assert asked == [f"/aws/lambda/{cloud.invoked[0]['FunctionName']}"]
