"""A function's container as Lambda runs it: little memory, nothing to write to but /tmp."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.engine import Engine
from tests.containers.runtime_interface import RuntimeInterface, runtime_interface

_TIMEOUT_SECONDS = 600.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Positions behind the name in /proc/PID/stat; see proc_pid_stat(5).
_USER_TICKS, _SYSTEM_TICKS, _START_TICKS = 11, 12, 19
_KB_PER_MB = 1e6 / 1024
_WRITABLE = "/tmp"  # noqa: S108 -- what Lambda lets a function write to, in the container


@dataclass
class RunningFunction:
    """A started container, with what it is asked through."""

    engine: Engine
    container: str
    process: int
    interface: RuntimeInterface

    def invoke(self, event: object) -> Any:
        """The function's answer to an event."""
        alive, wait = self.is_running, _TIMEOUT_SECONDS
        return self.interface.invoke(event, alive, wait).payload

    def first(self, event: object) -> tuple[Any, float, float]:
        """The first answer, with the seconds and processor seconds since the process started."""
        answered = self.interface.invoke(event, self.is_running, _TIMEOUT_SECONDS)
        stat = self._stat()
        started = int(stat[_START_TICKS]) / _TICKS_PER_SECOND
        used = (int(stat[_USER_TICKS]) + int(stat[_SYSTEM_TICKS])) / _TICKS_PER_SECOND
        return answered.payload, answered.at_seconds - started, used

    def is_running(self) -> bool:
        """Whether the container has not ended."""
        return self.inspect("{{.State.Running}}") == "true"

    def inspect(self, form: str) -> str:
        """What the engine says of the container."""
        return self.engine.run("inspect", "--format", form, self.container)

    def run(self, *command: str) -> str:
        """Run a command beside the function."""
        return self.engine.run("exec", self.container, *command)

    def logs(self) -> str:
        """What the function wrote."""
        return self.engine.run("logs", self.container)

    def peak_mb(self) -> float:
        """The most that was resident at once, in MB of 1,000,000 bytes."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM"))
        return int(peak.split()[1]) / _KB_PER_MB

    def users(self) -> set[int]:
        """Who the process runs as."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return {int(user) for line in lines if line.startswith("Uid") for user in line.split()[1:]}

    def _stat(self) -> list[str]:
        # The name in parentheses may hold anything.
        return Path(f"/proc/{self.process}/stat").read_text().rpartition(") ")[2].split()


@contextmanager
def running_function(
    engine: Engine,
    tag: str,
    environment: Mapping[str, str],
    *,
    memory_mb: int,
    ephemeral_mb: int = 512,
    entry: str | None = None,
    snap_start: bool = False,
) -> Iterator[RunningFunction]:
    """Start an image's container with its stage's limits; the machine's network is its own.

    `entry` is called in place of the image's own handler. With `snap_start` it sleeps when it is
    ready, until its interface says that it is awake.
    """
    arguments = ["--detach", "--network", "host", "--read-only"]
    arguments += ["--tmpfs", f"{_WRITABLE}:rw,mode=1777,size={ephemeral_mb}m"]
    # No swap: whatever is more than the limit ends the function, as Lambda would.
    arguments += ["--memory", f"{memory_mb}m", "--memory-swap", f"{memory_mb}m"]
    arguments += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    with runtime_interface() as interface:
        variables = {
            **environment,
            "AWS_LAMBDA_RUNTIME_API": interface.address,
            "AWS_LAMBDA_FUNCTION_NAME": "test",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            **(interface.snap_start() if snap_start else {}),
        }
        arguments += [f"--env={name}={value}" for name, value in variables.items()]
        container = engine.run("run", *arguments, tag, *([entry] if entry else []))
        try:
            process = int(engine.run("inspect", "--format", "{{.State.Pid}}", container))
            yield RunningFunction(engine, container, process, interface)
        finally:
            engine.run("rm", "--force", "--volumes", container)
