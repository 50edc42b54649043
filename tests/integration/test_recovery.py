"""A killed, suspended, or half-started local cloud loses nothing in the engine or the database."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil
import psycopg
import pytest

from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import engine, postgres, postmaster
from cli.local_cloud.processes.engine_client import root_session
from cli.local_cloud.processes.liveness import engine_process
from cli.local_cloud.state import generations, recovery
from cli.local_cloud.state.restart_report import RestartReport, read_report
from cli.output.errors import FleetError

_WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_PATIENCE_SECONDS = 120.0


@pytest.fixture
def layout(database_folder: Path) -> Iterator[Layout]:
    """Lay out a local cloud that is stopped afterwards."""
    layout = Layout(Path(mkdtemp(dir=database_folder)))
    layout.root.chmod(0o755)
    yield layout
    engine.stop(layout)
    postgres.stop(layout)


def _connect(uri: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(uri.replace("+psycopg", ""), autocommit=True)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _server(layout: Layout) -> psutil.Process:
    process = postmaster.running(layout.database)
    assert process is not None
    return process


def test_what_was_committed_outlives_a_kill(layout: Layout) -> None:
    """A killed server's successor has what was committed a moment before."""
    with _connect(postgres.start(layout)) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
        _server(layout).kill()
    with _connect(postgres.start(layout)) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]


@pytest.mark.parametrize("written", ["{pid}\n", "{pid}\n/x\n0\n5432\n/x\n\n0 0\nready\n", "", "?"])
def test_the_number_of_a_server_that_is_gone(layout: Layout, written: str) -> None:
    """A file that names a stranger, or is not whole, keeps no server from starting."""
    postgres.start(layout)
    postgres.stop(layout)
    for file in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (layout.database / file).write_text(written.format(pid=os.getppid()))
    with _connect(postgres.start(layout)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert psutil.Process().is_running()


def test_a_frozen_server_is_left_alone(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspended server is named with the way to resume it, and serves when it is resumed."""
    uri = postgres.start(layout)
    process = _server(layout)
    process.suspend()
    monkeypatch.setattr(postgres, "_PROBE_SECONDS", 0.5)
    monkeypatch.setattr(postmaster, "_ANSWER_SECONDS", 1)
    with pytest.raises(FleetError, match=rf"kill -CONT {process.pid}"):
        postgres.start(layout)
    assert process.status() == psutil.STATUS_STOPPED
    process.resume()
    monkeypatch.undo()
    assert postgres.start(layout) == uri
    assert _server(layout).pid == process.pid


def test_down_stops_a_frozen_server(layout: Layout) -> None:
    """A suspended server is resumed to stop in order, and what was committed is kept."""
    with _connect(postgres.start(layout)) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    _server(layout).suspend()
    postgres.stop(layout)
    assert postmaster.running(layout.database) is None
    with _connect(postgres.start(layout)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_killed_while_the_cluster_was_made(layout: Layout) -> None:
    """Half of a new cluster is made anew."""
    half = layout.database.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with _connect(postgres.start(layout)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_with_signs_in_its_name(database_folder: Path) -> None:
    """A server starts, answers and stops in a folder whose name has spaces and signs."""
    layout = Layout(Path(mkdtemp(dir=database_folder)) / "my models; 100% ü&?x=1")
    layout.root.mkdir()
    for folder in (layout.root.parent, layout.root):
        folder.chmod(0o755)
    try:
        with _connect(postgres.start(layout)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert postmaster.answers(layout.database)
    finally:
        postgres.stop(layout)
    assert postmaster.running(layout.database) is None


def _client(layout: Layout, service: str) -> Any:
    endpoint = f"http://127.0.0.1:{layout.port.read_text()}"
    return root_session().client(service, endpoint_url=endpoint)


def _killed(layout: Layout) -> recovery.LastRun:
    process = engine_process(layout)
    assert process is not None
    process.kill()
    engine.end_orphans(layout)
    return recovery.examine(layout)


def _restarted(layout: Layout) -> RestartReport:
    record = engine.start(layout, "-")
    _until(lambda: _told_by(layout) == record.pid)
    found = read_report(layout.engine_state)
    assert found is not None
    return found


def _told_by(layout: Layout) -> int | None:
    found = read_report(layout.engine_state)
    return found.pid if found else None


def _wait_for_generation(layout: Layout) -> None:
    """Wait until a generation was begun after now."""

    def number() -> int:
        found = generations.read(layout.generations).generation
        return found.number if found else 0

    first = number()
    _until(lambda: number() > first + 1 or _is_quiet(layout))


def _is_quiet(layout: Layout) -> bool:
    found = generations.read(layout.generations).generation
    return found is not None and time.time() - found.as_of.timestamp() > 5.0


def test_a_killed_engine_goes_on(layout: Layout) -> None:
    """Objects, messages and executions outlive `kill -9`; what ran has failed, and says why."""
    engine.start(layout, "-")
    s3, sqs, states = (_client(layout, each) for each in ("s3", "sqs", "stepfunctions"))
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    queue = sqs.create_queue(QueueName="left")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    role = _client(layout, "iam").create_role(
        RoleName="machine", AssumeRolePolicyDocument=json.dumps(_TRUST)
    )["Role"]["Arn"]
    machine = states.create_state_machine(
        name="machine", definition=json.dumps(_WAITING), roleArn=role
    )["stateMachineArn"]
    _wait_for_generation(layout)
    # From here on nothing waits for a generation: these are on the disk when they are answered.
    old = s3.put_object(Bucket="lake", Key="releases/churn.json", Body=b"1")["VersionId"]
    new = s3.put_object(Bucket="lake", Key="releases/churn.json", Body=b"22")["VersionId"]
    arn = states.start_execution(stateMachineArn=machine, name="late")["executionArn"]
    _until(lambda: any((layout.engine_state / "executions").glob("*.json")))

    assert not _killed(layout).ended
    restored = _restarted(layout)

    s3, sqs, states = (_client(layout, each) for each in ("s3", "sqs", "stepfunctions"))
    found = s3.get_object(Bucket="lake", Key="releases/churn.json")
    assert (found["Body"].read(), found["VersionId"]) == (b"22", new)
    before = s3.get_object(Bucket="lake", Key="releases/churn.json", VersionId=old)
    assert before["Body"].read() == b"1"
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "kept"
    execution = states.describe_execution(executionArn=arn)
    assert (execution["status"], "stopped while" in execution["cause"]) == ("FAILED", True)
    assert restored.executions == (arn,)


def test_an_engine_that_was_stopped_goes_on(layout: Layout) -> None:
    """After an orderly stop the state is marked as whole, and nothing is told of a crash."""
    engine.start(layout, "-")
    _client(layout, "sqs").create_queue(QueueName="left")
    assert engine.stop(layout)
    last = recovery.examine(layout)
    assert last.ended
    assert list(recovery.report(last, _restarted(layout))) == []
    assert len(_client(layout, "sqs").list_queues()["QueueUrls"]) == 1


def test_a_frozen_engine_is_resumed_to_stop(layout: Layout) -> None:
    """`fleet down` on a suspended engine keeps all of its state."""
    engine.start(layout, "-")
    _client(layout, "sqs").create_queue(QueueName="left")
    process = engine_process(layout)
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    assert engine.stop(layout)
    assert recovery.examine(layout).ended
