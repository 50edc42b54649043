"""What holds for every test: shared out between processes, in wide terminals, at any speed."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # ships no types

from tests.examples import needs_removed, removed

if TYPE_CHECKING:
    from tests.browsing import Browser

# Importing every test makes millions of objects that stay: looking for garbage among them takes a
# fifth of the time. What is collected is set aside below, and garbage is looked for among the rest.
gc.disable()

# Tables are as wide as this, and the console of `cli` asks for it once, when it is imported.
os.environ["COLUMNS"] = "200"

# A busy machine may take its time over an example.
settings.register_profile("modelfleet", deadline=None)
settings.load_profile("modelfleet")

# What these folders share is dear: a deployed local cloud, the templates of every stage.
_TOGETHER = {"e2e", "infrastructure"}
_SHARED = {
    # The end-to-end tests in one row would be the longest by far. These make a second row, on a
    # cloud of their process's own; the tutorial has one anyway.
    "tests/e2e/test_release.py": "e2e, second row",
    "tests/e2e/test_watching.py": "e2e, second row",
    "tests/e2e/test_tutorial.py": "tutorial",
    # They look at the same trained models.
    "tests/contract/models/test_unusual_rows.py": "after training",
    "tests/unit/training/test_register.py": "after training",
    "tests/unit/training/test_train.py": "after training",
}

_REMOVED = removed()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace the lines of each test's first case only.

    Its other cases take mostly the same lines, and a traced test takes twice as long.
    """
    seen: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in seen:
            item.add_marker(pytest.mark.no_cover)
        seen.add(test)


def pytest_collection_finish() -> None:
    """Look for garbage from now on, among what the tests make themselves."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a file that needs an example model which this fleet has removed."""
    report = yield
    if report.outcome == "failed" and (reason := needs_removed(report.longreprtext, _REMOVED)):
        report.outcome, report.longrepr = "skipped", (report.nodeid, 0, f"Skipped: {reason}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip a test that needs an example model which this fleet has removed."""
    report = yield
    raised = call.excinfo.exconly() if call.excinfo and report.outcome == "failed" else ""
    if reason := needs_removed(raised, _REMOVED):
        path, line, _ = report.location
        report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {reason}")
    return report


@pytest.fixture(scope="session")
def database_folder() -> Iterator[Path]:
    """Offer a folder for whatever holds a PostgreSQL.

    Where root runs the tests it runs as another user, for whom pytest closes its own folders each
    time that a run starts, whoever else is using them.
    """
    with TemporaryDirectory(prefix="modelfleet-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Open pages in one headless Chromium, started when a test first asks for it."""
    from tests.browsing import Browser, chromium  # noqa: PLC0415  # few tests need Playwright

    opened = Browser(chromium)
    yield opened
    opened.close()


class _Sharing(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist's class is untyped
    """Keeps in one process the tests that share a fixture: a folder's, or a file's."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.removeprefix("tests/").partition("/")[0]
        return _SHARED.get(path, folder if folder in _TOGETHER else path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share the tests out by what they share."""
    return _Sharing(config, log)
