"""Take the screenshots of the drift report that the README and the docs show.

Run after `make demo-drift`, which leaves a report without drift and one with it:
`.venv/bin/python docs/images/screenshots.py`.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.browsing import chromium

MODEL = "bankchurn"
# File, status of the report, height in pixels.
IMAGES = (("no-drift.png", "no drift", 920), ("drift-found.png", "drift", 1080))


def main() -> None:
    """Take each screenshot from the newest report with its status."""
    reports = _fleet("--list")
    browser = next(opened := chromium())
    for file, status, height in IMAGES:
        name = next(report["name"] for report in reports if report["status"] == status)
        page = browser.new_page(viewport={"width": 1000, "height": height}, color_scheme="light")
        page.goto(_fleet(name)["link"], wait_until="load")
        page.screenshot(path=Path(__file__).with_name(file))
    opened.close()


def _fleet(*arguments: str) -> Any:
    command = ("fleet", "report", MODEL, *arguments, "--json")
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
