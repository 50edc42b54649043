"""A headless Chromium that opens pages for tests, and tells what ran and what was asked for.

The browser comes with npm's `@sparticuz/chromium`, which `make setup` installs; it is unpacked once
into a cache below `node_modules`, and driven by Playwright.
"""

import fcntl
import platform
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, TypeVar

import brotli  # type: ignore[import-untyped]  # ships no types
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import (
    BrowserContext,
    Dialog,
    Page,
    Route,
    ViewportSize,
    sync_playwright,
)

NODE_MODULES = Path(__file__).resolve().parents[1] / "node_modules"
ORIGIN = "http://pages.test"
WAIT_MS = 30_000
_PACKED = NODE_MODULES / "@sparticuz" / "chromium" / "bin"
_CACHE = NODE_MODULES / ".cache" / "chromium"
_ARCHIVES = ("al2023", "fonts", "swiftshader")
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><dir>/usr/share/fonts</dir>
<cachedir>{folder}/font-cache</cachedir></fontconfig>
"""

T = TypeVar("T")
Act = Callable[[Page], None]
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Served:
    """What is answered at an address: bytes, and headers such as a policy."""

    body: bytes
    headers: Mapping[str, str] = field(
        default_factory=lambda: {"content-type": "text/html; charset=utf-8"}
    )


@dataclass
class Visit:
    """What came of opening a page."""

    title: str = ""
    text: str = ""
    markup: str = ""
    ran: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def unharmed(self) -> bool:
        """Whether nothing ran and nothing was asked for."""
        return not self.ran and not self.requests


class Browser:
    """Opens pages, each as a new visitor.

    Playwright keeps an event loop running in its thread, where no other could run: it has a thread
    of its own, so that tests may run theirs.
    """

    def __init__(self, open_chromium: Callable[[], Iterator[Chromium]]) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._opened = contextmanager(open_chromium)()
        self._chromium = self._in_thread(self._opened.__enter__)

    def close(self) -> None:
        """End the browser."""
        self._in_thread(lambda: self._opened.__exit__(None, None, None))
        self._thread.shutdown()

    def visit(
        self,
        page: bytes | Mapping[str, Served],
        act: Act | None = None,
        *,
        width: int = 1280,
        theme: Theme = "light",
    ) -> Visit:
        """Open a page and let it do what it does.

        Parameters
        ----------
        page
            The page, or what is at each path; the page is at `/`, or comes first.
        act
            What the visitor does before the page is looked at.
        width, theme
            The window's width in pixels, and the color scheme that the visitor prefers.
        """
        served = {"/": Served(page)} if isinstance(page, bytes) else dict(page)
        window = ViewportSize(width=width, height=1400)
        return self._in_thread(lambda: self._visit(served, act, window, theme))

    def walk(self, address: str, act: Act) -> Visit:
        """Open an address of a server of the test's own, and act as a visitor.

        What the browser complains about includes whatever a policy blocks.
        """
        return self._in_thread(lambda: self._walk(address, act))

    def _walk(self, address: str, act: Act) -> Visit:
        found = Visit()
        context = self._chromium.new_context()
        context.on("console", lambda message: found.complaints.append(message.text))
        context.on("weberror", lambda error: found.complaints.append(str(error.error)))
        context.on("request", lambda request: found.requests.append(request.url))
        try:
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(address, wait_until="load")
            act(page)
        finally:
            context.close()
        return found

    def _visit(
        self, served: Mapping[str, Served], act: Act | None, window: ViewportSize, theme: Theme
    ) -> Visit:
        found = Visit()
        context = self._chromium.new_context(viewport=window, color_scheme=theme)
        try:
            _listen(context, served, found)
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(f"{ORIGIN}{next(iter(served))}", wait_until="load")
            if act is not None:
                act(page)
            # Whatever is due is done: timers of no delay, microtasks, and errors of images.
            page.evaluate("() => new Promise(done => setTimeout(done, 200))")
            found.title, found.text = page.title(), page.inner_text("body")
            found.markup = page.content()
        finally:
            context.close()
        return found

    def _in_thread(self, task: Callable[[], T]) -> T:
        return self._thread.submit(task).result()


def chromium() -> Iterator[Chromium]:
    """Start the browser, and end it."""
    executable, environment = _installed()
    with sync_playwright() as playwright:
        # No test gives it a page of strangers, and a sandbox is not to be had everywhere as root.
        opened = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"], env=environment
        )
        yield opened
        opened.close()


def _listen(context: BrowserContext, served: Mapping[str, Served], found: Visit) -> None:
    """Answer what is served, note all else that is asked for, and hear of what runs."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if (known := served.get(path)) is not None:
            route.fulfill(body=known.body, headers=dict(known.headers))
            return
        found.requests.append(route.request.url)
        route.abort()

    def dismiss(dialog: Dialog) -> None:
        found.ran.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", answer)
    # Payloads call it; each frame has it, whatever its policy.
    context.expose_binding("pwned", lambda _source, *told: found.ran.append(f"pwned {told}"))
    context.on("dialog", dismiss)
    context.on("console", lambda message: found.complaints.append(message.text))
    context.on("weberror", lambda error: found.complaints.append(str(error.error)))


def _installed() -> tuple[str, dict[str, str | float | bool] | None]:
    """The browser's file, and the environment that it needs."""
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        folder = _unpacked()
        environment: dict[str, str | float | bool] = {
            "LD_LIBRARY_PATH": str(folder / "lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
            "HOME": str(folder),
        }
        return str(folder / "chromium"), environment
    found = shutil.which("chromium")
    if found is None:
        pytest.fail(
            f"no browser for {platform.system()} on {platform.machine()} comes with `make setup`; "
            "install `chromium`, so that it is on PATH, and run the tests again"
        )
    return found, None


def _unpacked() -> Path:
    """Unpack once, whichever of pytest's processes comes first; the others wait."""
    if not _PACKED.is_dir():
        pytest.fail(f"{_PACKED} is not there; run: make setup")
    _CACHE.mkdir(parents=True, exist_ok=True)
    packed = (_PACKED / "chromium.br").stat()
    # Another release of the package is other files, and has a folder of its own.
    folder = _CACHE / f"{packed.st_size}"
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            # Under its name it is whole, even if an earlier process was killed while it unpacked.
            unpacked = _unpack_to(Path(mkdtemp(dir=_CACHE)))
            (unpacked / "fonts.conf").write_text(_FONTS.format(folder=folder))
            unpacked.rename(folder)
    return folder


def _unpack_to(folder: Path) -> Path:
    for name in _ARCHIVES:
        content = brotli.decompress((_PACKED / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=BytesIO(content)) as archive:
            archive.extractall(folder, filter="data")
    executable = folder / "chromium"
    executable.write_bytes(brotli.decompress((_PACKED / "chromium.br").read_bytes()))
    executable.chmod(0o755)
    return folder
