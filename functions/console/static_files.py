"""Style sheet, icon, and scripts of the console, which any browser may load."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from modelfleet.pages.render import PACKAGE

# The scripts come from npm; `make setup` copies them.
_FOLDERS = (PACKAGE / "console" / "static", Path(__file__).parent / "vendor")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# For a year, because the address changes with the content.
_KEPT = {"cache-control": "public, max-age=31536000, immutable"}


def static_routes() -> APIRouter:
    """Make the route of static files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    def static_file(name: str) -> Response:
        if name not in _files():
            raise HTTPException(404)
        return Response(content(name), headers=_KEPT, media_type=_TYPES[Path(name).suffix])

    return router


@cache
def content(name: str) -> bytes:
    """Return the content of a static file."""
    return _files()[name].read_bytes()


@cache
def _files() -> dict[str, Path]:
    found = (file for folder in _FOLDERS for file in folder.glob("*") if file.suffix in _TYPES)
    return {file.name: file for file in found}
