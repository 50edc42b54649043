"""The local cloud under attack, and what every attack needs of it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from cli import up
from cli.cloud import Cloud
from cli.local_cloud import lifecycle
from cli.local_cloud.layout import HOME_VARIABLE, Layout
from modelfleet.captures.lake import days, read_captures, unpacked
from modelfleet.catalogue import find, names
from modelfleet.outcomes.reporters import stage_variable
from modelfleet.resource_names import Output
from modelfleet.sampling.samplers import sampler
from modelfleet.storage import keys

# A busy machine may take its time; what is lost stays lost however long one waits.
_ARRIVAL_SECONDS = 300.0
_POLL_SECONDS = 1.0

T = TypeVar("T")


def permit_reports(cloud: Cloud, client: str, key_id: str) -> None:
    """Let an API key report outcomes, as a deployment does for the clients of the stage's file."""
    path = f"/variables/{stage_variable(client)}"
    cloud.client("apigateway").update_stage(
        restApiId=cloud.output(Output.API_ID),
        stageName=cloud.output(Output.API_STAGE),
        patchOperations=[{"op": "replace", "path": path, "value": key_id}],
    )


@dataclass(frozen=True)
class Target:
    """A deployed local cloud.

    `models` are those that serve. Of what an attack has many, the short form tries one in `every`.
    """

    layout: Layout
    cloud: Cloud
    models: tuple[str, ...]
    every: int = 1

    def some(self, attempts: Iterable[T]) -> list[T]:
        """As many attempts as this form of the attack makes."""
        return list(attempts)[:: self.every]

    def fleet(
        self, *arguments: str, folder: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the command as a person would, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "cli.app", *arguments],
            cwd=folder,
            env=os.environ | {HOME_VARIABLE: str(self.layout.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, *arguments: str) -> Any:
        """Run a command that must succeed, and answer its JSON.

        Raises
        ------
        RuntimeError
            If it fails.
        """
        done = self.fleet(*arguments, "--json")
        if done.returncode:
            raise RuntimeError(f"fleet {' '.join(arguments)}: {done.stderr or done.stdout}")
        return json.loads(done.stdout)

    def client(self, connections: int = 64) -> httpx.Client:
        """A client of the API that sends the key; a storm waits as long as a patient caller."""
        return httpx.Client(
            base_url=self.cloud.api_url,
            headers={"x-api-key": self.cloud.api_key},
            timeout=120.0,
            limits=httpx.Limits(max_connections=connections),
        )

    @contextmanager
    def other_client(self) -> Iterator[httpx.Client]:
        """A client of the API with a key of its own, which is taken away again.

        It may report outcomes, so that nothing but their ownership stops it.
        """
        gateway = self.cloud.client("apigateway")
        stage = {
            "apiId": self.cloud.output(Output.API_ID),
            "stage": self.cloud.output(Output.API_STAGE),
        }
        key = gateway.create_api_key(name="other-client", enabled=True)
        plan = gateway.create_usage_plan(name="other-client", apiStages=[stage])
        named = {"usagePlanId": plan["id"], "keyId": key["id"]}
        gateway.create_usage_plan_key(**named, keyType="API_KEY")
        permit_reports(self.cloud, "other", key["id"])
        try:
            with self.client() as http:
                http.headers["x-api-key"] = key["value"]
                yield http
        finally:
            gateway.delete_usage_plan_key(**named)
            gateway.delete_usage_plan(usagePlanId=plan["id"])
            gateway.delete_api_key(apiKey=key["id"])

    @staticmethod
    def sample(model: str, rows: int, seed: int = 7) -> list[dict[str, Any]]:
        """Generated rows of a model, features alone."""
        generated = sampler(find(model)).draw(rows, seed)
        wanted = find(model).feature_names
        return [
            {name: row[name] for name in wanted if row.get(name) is not None} for row in generated
        ]

    def captured(self, model: str, ids: set[str], since: datetime) -> tuple[int, int, int]:
        """Wait until predictions are in the lake.

        Returns
        -------
        tuple
            How many are lost, how many a reader sees twice, and how many are stored twice.
        """
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while True:
            stored = self._stored(model, since)
            if ids <= set(stored) or time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        read = Counter(
            capture.prediction_id
            for capture in read_captures(self._lake, model, since, _soon())
            if capture.prediction_id in ids
        )
        lost = len(ids - set(read))
        return lost, sum(n - 1 for n in read.values()), sum(stored[each] > 1 for each in ids)

    def _stored(self, model: str, since: datetime) -> Counter[str]:
        return Counter(
            json.loads(line)["prediction_id"]
            for day in days(since, _soon())
            for key in self._lake.keys(keys.captures(model, day))
            for line in unpacked(self._lake.get(key).content).split(b"\n")
            if line.strip()
        )

    @property
    def _lake(self) -> Any:
        return self.cloud.store(Output.LAKE_BUCKET)


@contextmanager
def fresh_target() -> Iterator[Target]:
    """Bring up a local cloud of its own with every model serving, and take it down again."""
    with tempfile.TemporaryDirectory(prefix="fleet-attack-") as folder:
        layout = Layout(Path(folder) / ".fleet")
        try:
            fleet = up.up(layout)
            fleet.require_sound()
            yield Target(layout, fleet.cloud, tuple(names()))
        finally:
            lifecycle.stop(layout)


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)
