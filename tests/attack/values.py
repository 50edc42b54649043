"""Values and ids that a caller with the predict key may send."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta

import httpx

from modelfleet.catalogue import find
from tests.attack import hostile
from tests.attack.result import Result
from tests.attack.target import Target

# Its column `model` takes any text.
OPEN_MODEL, OPEN_COLUMN = "carvision", "model"
_IDS = 2_000


def texts(target: Target) -> Result:
    """Send every hostile text as a category that may be any; what is answered must be kept."""
    since = datetime.now(UTC) - timedelta(seconds=1)
    result = Result("hostile texts in categories")
    ids: set[str] = set()
    with target.client() as http:
        for text in (*hostile.EVERY, "\ud800", "x" * 100_000):
            row = find(OPEN_MODEL).features.example() | {OPEN_COLUMN: text}
            answer = http.post(f"/{OPEN_MODEL}/predict", content=json.dumps(row))
            result.count += 1
            result.server_errors += answer.is_server_error
            if answer.is_success:
                ids.add(answer.json()["prediction_id"])
    result.lost, result.duplicated, _ = target.captured(OPEN_MODEL, ids, since)
    result.notes.append(f"{len(ids)} answered with a prediction, the rest refused")
    return result


def forged_outcomes(target: Target) -> Result:
    """Report outcomes for predictions that were never made, or are another model's."""
    result = Result("outcomes for foreign predictions")
    model, other = target.models[0], target.models[-1]
    with target.client() as http:
        made = http.post(f"/{model}/predict", json=find(model).features.example()).json()
        theirs = http.post(f"/{other}/predict", json=find(other).features.example()).json()
        foreign = [theirs["prediction_id"]] if other != model else []
        for forged in target.some(foreign + _forgeries(made["prediction_id"])):
            body = {"prediction_id": forged, "actual": 1}
            _count(result, http.post(f"/{model}/feedback", json=body))
        honest = http.post(
            f"/{model}/feedback", json={"prediction_id": made["prediction_id"], "actual": 1}
        )
        result.lost += not honest.is_success
    return result


def foreign_client(target: Target) -> Result:
    """Report, with one client's key, outcomes of predictions that another client asked for."""
    result = Result("outcomes for another client's rows")
    model = target.models[0]
    with target.client() as owner, target.other_client() as thief:
        for _ in target.some(range(100)):
            made = owner.post(f"/{model}/predict", json=find(model).features.example()).json()
            body = {"prediction_id": made["prediction_id"], "actual": 0}
            _count(result, thief.post(f"/{model}/feedback", json=body))
    return result


def _count(result: Result, answer: httpx.Response) -> None:
    result.count += 1
    result.server_errors += answer.is_server_error
    result.executed += answer.is_success


def _forgeries(own: str) -> list[str]:
    """Ids like real ones: random, and one character away from a real one."""
    draw = random.Random(0)  # noqa: S311  # ids to vary, no secret
    made = [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(_IDS)]
    altered = [
        own[:place] + other + own[place + 1 :]
        for place in range(len(own))
        for other in ("0", "1", "a", "f", "Z")
        if own[place] != other
    ]
    return [*altered, *made, own + "0", own[:-1], own.upper() + "x", *hostile.PATHS]
