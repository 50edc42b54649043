"""Probe that serves a bundle in a fresh process, as the predict function does, and times it.

Arguments: the model's name, the bundle's folder, and a JSON file of rows. Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from functions.predict.app import create_app
from functions.predict.gateway import behind_gateway
from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.prediction_log import PowertoolsTelemetry
from modelfleet.bootstrap.serving import bundle_service, value_sealer
from modelfleet.catalogue import find
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.settings import NAMESPACE
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_VERSION = "1"
_OK = 200
# Number of warm-up rows, whose latency is not measured.
_WARM_UP = 30


def main(model: str, folder: str, rows_file: str) -> None:
    """Predict every row; print the time of the first response and the durations of later ones."""
    rows = json.loads(Path(rows_file).read_text())
    handler = _handler(model, _released(model, Path(folder)))
    _time_request(handler, model, rows[0])
    first_answer_at = time.monotonic()
    for row in rows[1:_WARM_UP]:
        _time_request(handler, model, row)
    seconds = [_time_request(handler, model, row) for row in rows[_WARM_UP:]]
    print(json.dumps({"first_answer_at": first_answer_at, "seconds": seconds}))  # noqa: T201  # the result


def _released(model: str, folder: Path) -> ObjectStore:
    """Return an in-memory bucket in which the bundle is released."""
    store, place = memory_store(), keys.bundle(model, _VERSION)
    manifest = BundleManifest.parse((folder / MANIFEST_FILE).read_bytes())
    manifest = manifest.model_copy(update={"version": _VERSION})
    for name in manifest.files:
        store.put(f"{place}/{name}", (folder / name).read_bytes())
    store.put(f"{place}/{MANIFEST_FILE}", manifest.model_dump_json().encode())
    pointer = ReleasePointer(
        model=model,
        champion=_VERSION,
        written_by="fleet check",
        written_at=manifest.created_at,
        reason="fleet check",
    )
    store.put(keys.release_pointer(model), pointer.model_dump_json().encode())
    return store


def _handler(model: str, store: ObjectStore) -> Any:
    """Return the predict function's application on this bucket."""
    telemetry = PowertoolsTelemetry(
        model, NAMESPACE, stream=sys.stderr, sealer=value_sealer(FixedKeys(b"in this process"))
    )
    return behind_gateway(create_app(bundle_service(find(model), store, telemetry)), telemetry)


def _time_request(handler: Any, model: str, row: dict[str, Any]) -> float:
    """Return the duration of one prediction, in seconds."""
    event = {
        "resource": "/{proxy+}",
        "path": f"/{model}/predict",
        "httpMethod": "POST",
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": {"content-type": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"requestId": "check", "path": f"/prod/{model}/predict"},
        "body": json.dumps(row),
        "isBase64Encoded": False,
    }
    start = time.perf_counter()
    response = handler(event, None)
    if response["statusCode"] != _OK:
        raise SystemExit(f"{response['statusCode']}: {response['body'][:500]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
