"""Script in the pages that operators open, planted by a caller with the predict key."""

import json

import httpx

from tests.attack import hostile
from tests.attack.result import Result
from tests.attack.target import Target
from tests.attack.values import OPEN_COLUMN, OPEN_MODEL
from tests.browsing import Browser, Served, chromium
from tests.hostile import SCRIPTS

_ROWS = 400
_PAGES = (("summary", ()), ("Evidently's page", ("--evidently",)))


def planted_scripts(target: Target) -> Result:
    """Send scripts as categories, have drift drawn, and open every page that is linked."""
    result = Result("script in operators' pages")
    _plant(target, result)
    target.ask("drift", OPEN_MODEL, "--wait")
    browser = Browser(chromium)
    try:
        for name, options in _PAGES:
            answer = httpx.get(target.ask("report", OPEN_MODEL, *options)["link"])
            visit = browser.visit({"/": Served(answer.content, dict(answer.headers))})
            result.executed += len(visit.ran) + len(visit.requests)
            result.lost += "odometer" not in visit.text
            opens = answer.headers.get("content-type", "").startswith("text/html")
            result.executed += not opens
            result.notes.append(f"{name}: {visit.title!r}, ran {visit.ran}, asked {visit.requests}")
    finally:
        browser.close()
    return result


def _plant(target: Target, result: Result) -> None:
    texts = [*SCRIPTS, *hostile.EVERY]
    rows = target.sample(OPEN_MODEL, rows=_ROWS)
    with target.client() as http:
        for number, row in enumerate(rows):
            # Half of the callers are honest: what strangers send stands beside what is usual.
            sent = row if number % 2 else row | {OPEN_COLUMN: texts[number // 2 % len(texts)]}
            answer = http.post(f"/{OPEN_MODEL}/predict", content=json.dumps(sent))
            result.count += 1
            result.server_errors += answer.is_server_error
