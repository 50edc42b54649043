"""The real Prometheus loads and answers our files; Grafana's own schema accepts the dashboard."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import yaml

from modelfleet.metrics.openmetrics import CONTENT_TYPE
from tests.browsing import NODE_MODULES
from tests.infrastructure.monitoring.test_prometheus import BOARD, FOLDER, PANELS, RULES
from tests.prometheus import Binaries, UnavailableError, binaries


@pytest.fixture(scope="module")
def prometheus() -> Binaries:
    """The real programs; Debian's package is fetched if they are not on PATH."""
    try:
        return binaries()
    except UnavailableError as error:
        pytest.skip(str(error))


def _config(folder: Path, **changes: Any) -> Path:
    """Write a configuration with the scrape job as it is pasted, but for some changes."""
    jobs = yaml.safe_load((FOLDER / "prometheus" / "scrape.yml").read_text())
    job = {key: value for key, value in (jobs[0] | changes).items() if value is not None}
    file = folder / "prometheus.yml"
    rules = str(FOLDER / "prometheus" / "rules.yml")
    file.write_text(yaml.safe_dump({"rule_files": [rules], "scrape_configs": [job]}))
    return file


def test_promtool_accepts_the_rules(prometheus: Binaries) -> None:
    """Prometheus's own tool finds neither an error nor anything to lint."""
    rules = str(FOLDER / "prometheus" / "rules.yml")
    done = prometheus.promtool("check", "rules", "--lint=all", "--lint-fatal", rules)
    assert done.returncode == 0, done.stdout
    assert f"{len(RULES)} rules found" in done.stdout


def test_promtool_accepts_the_scrape_job_from_the_stated_version_on(
    prometheus: Binaries, tmp_path: Path
) -> None:
    """Older versions refuse `http_headers`, which is why the file needs 2.55, and nothing else."""
    check = ("check", "config", "--syntax-only")
    whole = prometheus.promtool(*check, str(_config(tmp_path)))
    rest = prometheus.promtool(*check, str(_config(tmp_path, http_headers=None)))
    assert rest.returncode == 0, rest.stdout
    if prometheus.version >= (2, 55):
        assert whole.returncode == 0, whole.stdout
    else:
        refused = re.findall(r"field (\w+) not found", whole.stdout)
        assert (whole.returncode, refused) == (1, ["http_headers"])


@pytest.mark.parametrize(
    ("alert", "series", "labels"),
    [
        ("not-ready", {"modelfleet_errors_not_ready": "1x20"}, "critical"),
        ("p99-over-2s", {'modelfleet_latency_ms{quantile="0.99"}': "2500x20"}, "critical"),
        (
            "5xx-over-5-percent",
            {"modelfleet_errors": "3x20", "modelfleet_requests": "30x20"},
            "critical",
        ),
        ("drift-found", {"modelfleet_drift_found": "1x20"}, "warning"),
    ],
)
def test_a_rule_fires(
    prometheus: Binaries, tmp_path: Path, alert: str, series: dict[str, str], labels: str
) -> None:
    """The real engine raises the alert on such series, for the model, and not on zeros."""
    rule = next(rule for rule in RULES if rule["alert"] == alert)
    summary = rule["annotations"] | {"summary": _filled(rule["annotations"]["summary"], series)}
    raised = {
        "exp_labels": {"model": "bankchurn", "severity": labels},
        "exp_annotations": summary,
    }
    for expected, values in (([raised], series), ([], dict.fromkeys(series, "0x20"))):
        case = {
            "interval": "5m",
            "input_series": [
                {"series": _of_model(name), "values": text} for name, text in values.items()
            ],
            "alert_rule_test": [{"eval_time": "1h", "alertname": alert, "exp_alerts": expected}],
        }
        file = tmp_path / "test.yml"
        rules = str(FOLDER / "prometheus" / "rules.yml")
        file.write_text(
            yaml.safe_dump({"rule_files": [rules], "evaluation_interval": "5m", "tests": [case]})
        )
        done = prometheus.promtool("test", "rules", str(file))
        assert done.returncode == 0, done.stdout


def _of_model(series: str) -> str:
    name, _, labels = series.partition("{")
    return f'{name}{{model="bankchurn",version="7"{"," + labels if labels else "}"}'


def _filled(summary: str, series: dict[str, str]) -> str:
    """The summary, as the alert words it; a share is that of the two series."""
    values = [float(text.partition("x")[0]) for text in series.values()]
    value = values[0] if len(values) == 1 else 100 * values[0] / values[1]
    told = re.sub(r'{{ printf "(.*?)" \$value }}', lambda form: form[1] % value, summary)
    return told.replace("{{ $labels.model }}", "bankchurn")


def test_prometheus_scrapes_and_answers_every_panel(
    prometheus: Binaries, exported_text: str, tmp_path: Path
) -> None:
    """The real server scrapes the exported text, evaluates the rules, and answers Grafana."""
    with ExitStack() as running:
        target = running.enter_context(_exporting(exported_text))
        configured = _config(
            tmp_path,
            scheme="http",
            scrape_interval="1s",
            scrape_timeout="1s",
            http_headers=None,
            static_configs=[{"targets": [target]}],
        )
        api = running.enter_context(_serving(prometheus, configured))
        _until(lambda: _get(api, "query", query="up")["result"], "1")
        # Series that are scraped, but whose expressions need others, are found by any model.
        for expression in PANELS:
            whole = expression.replace("$model", ".*").replace('model=".*"', 'model=~".*"')
            answer = httpx.get(f"{api}/query", params={"query": whole}).json()
            assert answer["status"] == "success", (whole, answer)
            assert answer["data"]["result"], whole
        rules = [rule for group in _get(api, "rules")["groups"] for rule in group["rules"]]
        assert [rule["name"] for rule in rules] == [rule["alert"] for rule in RULES]
        assert not [rule["lastError"] for rule in rules if rule.get("lastError")]


@contextmanager
def _exporting(text: str) -> Iterator[str]:
    """Serve the exported text as the metrics function does; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", CONTENT_TYPE)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def _serving(prometheus: Binaries, config: Path) -> Iterator[str]:
    """Run the server on a free port; yields the address of its API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        str(prometheus.folder / "prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={config.parent / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (
        (config.parent / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            yield f"http://{address}/api/v1"
        finally:
            server.terminate()
            server.wait(30)


def _get(api: str, path: str, **params: str) -> Any:
    return httpx.get(f"{api}/{path}", params=params).raise_for_status().json()["data"]


def _until(read: Callable[[], Any], value: str) -> None:
    """Wait until a query has this value."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(httpx.TransportError, httpx.HTTPStatusError):
            if any(each["value"][1] == value for each in read()):
                return
        time.sleep(0.2)
    raise AssertionError("Prometheus did not scrape")


@pytest.mark.parametrize(
    ("change", "refusal"), [("", ""), ('"titel": "x", ', "does not exist in type 'Panel")]
)
def test_grafanas_schema_accepts_the_dashboard(tmp_path: Path, change: str, refusal: str) -> None:
    """Grafana's published types of the stated version accept each key, and no other."""
    known = json.loads((NODE_MODULES / "@grafana" / "schema" / "package.json").read_text())
    needs = {each["id"]: each["version"] for each in BOARD["__requires"]}
    assert known["version"] == needs["grafana"]
    content = json.dumps({key: value for key, value in BOARD.items() if key != "__requires"})
    changed = content.replace('"type": "timeseries", ', f'"type": "timeseries", {change}', 1)
    assert (changed != content) is bool(change)
    source = tmp_path / "board.ts"
    schema = NODE_MODULES / "@grafana" / "schema"
    imported = f'import type {{ Dashboard }} from "{schema}";'
    source.write_text(f"{imported}\nexport const board: Dashboard = {changed};\n")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "node")
    done = subprocess.run(
        [str(shutil.which("node")), NODE_MODULES / "typescript" / "bin" / "tsc", *options, source],
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode == 0) is (not refusal), done.stdout
    assert refusal in done.stdout
