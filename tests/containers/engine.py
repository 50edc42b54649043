"""The container engine: one that answers, or one that is started for as long as the tests take."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

INSTALL_VARIABLE = "MODELFLEET_INSTALL_DOCKER"
_CLIENT_WITH_ITS_OWN_BUILDER = 23
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


class NoEngineError(Exception):
    """There is no engine here, and none may be started."""


class EngineError(Exception):
    """The engine refused a command; the text is what it said."""


@dataclass(frozen=True)
class Engine:
    """A Docker client with the engine that it speaks to."""

    client: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, timeout_seconds: float = 120.0) -> str:
        """Run a command of the client; gives what it wrote.

        Raises
        ------
        EngineError
            If the command fails.
        """
        done = subprocess.run(
            [self.client, *arguments],
            env={**os.environ, **self.environment, "DOCKER_BUILDKIT": "1"},
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        if done.returncode:
            raise EngineError(f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def answers(self) -> bool:
        """Whether an engine is there."""
        try:
            self.run("info", timeout_seconds=20.0)
        except (EngineError, subprocess.TimeoutExpired):
            return False
        return True


@contextmanager
def engine() -> Iterator[Engine]:
    """Give the engine that answers, else start one and end it afterwards.

    Raises
    ------
    NoEngineError
        If neither is possible; the text says what is missing.
    """
    _install_if_asked()
    found = Engine(_client())
    if found.answers():
        yield found
        return
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        raise NoEngineError(
            f"no Docker engine answers, and none can be started: that takes root and Debian's"
            f" docker.io, which {INSTALL_VARIABLE}=1 installs"
        )
    # Short, because a socket's path may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="modelfleet-docker-") as folder:
        yield from _started(found.client, Path(folder))


def _install_if_asked() -> None:
    if os.environ.get(INSTALL_VARIABLE) != "1" or os.geteuid() != 0 or shutil.which("dockerd"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"]
    for command in (["apt-get", "update", "--quiet"], [*install, "docker.io", "debootstrap"]):
        subprocess.run(command, env=environment, check=True)


def _client() -> str:
    """The first client on the path that can build with BuildKit."""
    folders = os.get_exec_path()
    clients = [found for each in folders if (found := shutil.which("docker", path=each))]
    for client in clients:
        if _builds(Engine(client)):
            return client
    raise NoEngineError(
        f"none of the Docker clients {', '.join(clients)} builds with BuildKit: it lacks buildx"
        if clients
        else f"there is no Docker here; as root, {INSTALL_VARIABLE}=1 installs Debian's docker.io"
    )


def _builds(client: Engine) -> bool:
    version = client.run("--version").removeprefix("Docker version ").split(".")[0]
    if int(version) < _CLIENT_WITH_ITS_OWN_BUILDER:
        return True
    try:
        client.run("buildx", "version")
    except EngineError:
        return False
    return True


def _started(client: str, folder: Path) -> Iterator[Engine]:
    # Containers share the machine's network, so that none has to be made for them.
    options = ["--bridge", "none", "--iptables=false", "--ip-masq=false", "--log-level", "warn"]
    for option, name in (("data-root", "data"), ("exec-root", "run"), ("pidfile", "pid")):
        options += [f"--{option}", str(folder / name)]
    host = f"unix://{folder}/socket"
    with (folder / "log").open("w") as log:
        command = ["dockerd", "--host", host, *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            found = Engine(client, {"DOCKER_HOST": host})
            _await(found, process, folder / "log")
            yield found
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
            _unmount_below(folder)


def _unmount_below(folder: Path) -> None:
    """Take away what the engine leaves mounted, or its folder could not be removed."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    left = [line.split()[1] for line in lines if line.split()[1].startswith(f"{folder}/")]
    for place in sorted(left, reverse=True):
        command = ["umount", place]
        subprocess.run(command, check=True)


def _await(engine: Engine, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not engine.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NoEngineError(f"dockerd does not start here: {log.read_text()[-1000:]}")
        time.sleep(0.2)
