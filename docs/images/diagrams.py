"""Draw the diagrams of the docs as SVG, each for light and for dark pages.

Run after an edit: `.venv/bin/python docs/images/diagrams.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

Point = tuple[float, float]
_LINE_HEIGHT = 17
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Box:
    """A titled box; `kind` is its color."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """A line through points, ending in a head; its label is centered at `at`."""

    points: tuple[Point, ...]
    label: str = ""
    at: Point = (0, 0)
    dashed: bool = False


@dataclass(frozen=True)
class Diagram:
    """What is drawn, on a panel of a size; groups lie behind everything else."""

    name: str
    description: str
    width: float
    height: float
    groups: tuple[Box, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


# Fill and border by kind; text and lines.
_LIGHT = {
    "panel": ("#ffffff", "#d8dee8"),
    "group": ("#f5f7fb", "#c3ccda"),
    "person": ("#eef1f6", "#8592a6"),
    "compute": ("#e5eaff", "#5468d4"),
    "storage": ("#ddf3ec", "#2f8f74"),
    "step": ("#fff3da", "#c08a1e"),
    "ink": ("#1b2333", "#56627a"),
}
_DARK = {
    "panel": ("#171b24", "#303848"),
    "group": ("#1f2531", "#3d475a"),
    "person": ("#2b3240", "#7d8aa0"),
    "compute": ("#272f5c", "#7f90f5"),
    "storage": ("#173a31", "#4bb596"),
    "step": ("#43351a", "#d9a742"),
    "ink": ("#eef1f7", "#a6b1c4"),
}

OVERVIEW = Diagram(
    name="overview",
    description=(
        "Callers reach a predict function per model through API Gateway. It follows the release "
        "pointer in the artifacts bucket, and its predictions are captured in the lake bucket. A "
        "daily drift function compares them with the training data, sends alerts, and starts the "
        "retraining state machine, which trains, gates and releases versions in steps."
    ),
    width=1000,
    height=520,
    groups=(Box("group", 190, 312, 590, 118, "Retraining state machine (Step Functions)"),),
    boxes=(
        Box("person", 20, 48, 110, 76, "Callers", ("HTTPS,", "API key")),
        Box("compute", 190, 48, 140, 76, "API Gateway", ("keys, quotas,", "firewall")),
        Box("compute", 400, 48, 180, 76, "predict-<model>", ("Lambda: FastAPI,", "ONNX Runtime")),
        Box("compute", 650, 48, 130, 76, "captures", ("Lambda,", "Firehose")),
        Box("storage", 850, 48, 130, 240, "Lake bucket",
            ("", "data sets", "captures", "outcomes", "quarantine", "batch jobs")),
        Box("storage", 400, 190, 180, 76, "Artifacts bucket",
            ("releases/<model>.json", "bundles, reports")),
        Box("compute", 650, 190, 130, 76, "drift-<model>", ("Lambda, daily", "at 02:00 UTC")),
        Box("person", 20, 333, 110, 76, "Triggers", ("weekly, new data,", "fleet retrain")),
        *(
            Box("step", x, 350, width, 56, title, lines)
            for x, width, title, lines in (
                (205, 84, "Prepare", ("split",)),
                (303, 84, "Train", ("calibrate",)),
                (401, 84, "Evaluate", ("gate",)),
                (499, 84, "Register", ("bundle",)),
                (597, 168, "Release", ("10% · 50% · 100%, rollback",)),
            )
        ),
        Box("storage", 303, 458, 182, 48, "MLflow on Aurora", ("runs, registry, aliases",)),
        Box("person", 850, 333, 130, 76, "Team", ("alerts, dashboard,", "fleet command")),
    ),
    arrows=(
        Arrow(((130, 86), (190, 86))),
        Arrow(((330, 86), (400, 86))),
        Arrow(((580, 86), (650, 86)), "log line", (615, 77)),
        Arrow(((780, 86), (850, 86))),
        Arrow(((490, 190), (490, 124)), "pointer, bundle", (545, 161)),
        Arrow(((850, 228), (780, 228)), "window", (815, 219)),
        Arrow(((715, 266), (715, 312)), "retrain", (744, 293)),
        Arrow(((780, 250), (814, 250), (814, 371), (850, 371)), "warn", (834, 323)),
        Arrow(((915, 288), (915, 302), (247, 302), (247, 350)), "newest data set", (330, 295)),
        Arrow(((130, 371), (205, 371))),
        *(Arrow(((x, 378), (x + 14, 378))) for x in (289, 387, 485, 583)),
        Arrow(((541, 350), (541, 266)), "version, pointer", (600, 285)),
        Arrow(((394, 430), (394, 458)), dashed=True),
    ),
)  # fmt: skip

_STATES = (
    ("Validate", "request"),
    ("Lock", "the model"),
    ("Prepare", "data, split"),
    ("Train", "calibrate"),
    ("Evaluate", "gate"),
    ("Register", "bundle"),
    ("SmokeTest", "held-out rows"),
    ("ShiftTraffic", "next share"),
    ("CheckTrial", "compare"),
    ("Promote", "all traffic"),
    ("Record", "aliases"),
    ("Finish", "history, lock"),
    ("Notify", "topic"),
)


def _state(index: int) -> Box:
    """States run left to right in the first row, and on in the second."""
    row, column = divmod(index, 7)
    title, line = _STATES[index]
    return Box("step", 24 + column * 137, 40 + row * 120, 112, 56, title, (line,))


RETRAINING = Diagram(
    name="retraining",
    description=(
        "The retraining state machine: validate, lock, prepare, train, evaluate, register, smoke "
        "test, then shift traffic and check the trial at each share, promote, record, finish, "
        "notify. Any failure goes to clean-up, which undoes the execution's changes and releases "
        "the lock."
    ),
    width=1000,
    height=330,
    groups=(),
    boxes=(
        *(_state(index) for index in range(len(_STATES))),
        Box("person", 24, 258, 386, 50, "CleanUp", ("undo, record, release the lock, notify",)),
    ),
    arrows=(
        *(Arrow(((136 + i * 137, 68), (161 + i * 137, 68))) for i in range(6)),
        Arrow(((902, 96), (902, 128), (80, 128), (80, 160))),
        *(Arrow(((136 + i * 137, 188), (161 + i * 137, 188))) for i in range(5)),
        Arrow(((217, 216), (217, 236), (80, 236), (80, 216)), "next share", (149, 231)),
        Arrow(((354, 216), (354, 258)), "any state fails", (403, 241), dashed=True),
    ),
)


def main() -> None:
    """Write every diagram in both palettes next to this file."""
    for diagram in (OVERVIEW, RETRAINING):
        for suffix, palette in (("", _LIGHT), ("-dark", _DARK)):
            file = Path(__file__).with_name(f"{diagram.name}{suffix}.svg")
            file.write_text(svg(diagram, palette), encoding="utf-8")


def svg(diagram: Diagram, palette: dict[str, tuple[str, str]]) -> str:
    """Draw a diagram."""
    width, height = diagram.width, diagram.height
    panel = Box("panel", 0.5, 0.5, width - 1, height - 1, "")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" font-family="{_FONT}">',
        f"<title>{escape(diagram.description)}</title>",
        f'<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{palette["ink"][1]}"/></marker>',
        _rectangle(panel, palette, radius=10),
        *(_group(group, palette) for group in diagram.groups),
        *(_arrow(arrow, palette) for arrow in diagram.arrows),
        *(line for box in diagram.boxes for line in _box(box, palette)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box, palette: dict[str, tuple[str, str]]) -> Iterable[str]:
    ink, soft = palette["ink"]
    middle = box.x + box.width / 2
    first = box.y + (box.height - _LINE_HEIGHT * len(box.lines)) / 2 + 5
    yield _rectangle(box, palette, radius=7)
    yield _text(middle, first, box.title, ink, size=14, weight=600)
    for number, line in enumerate(box.lines, start=1):
        yield _text(middle, first + number * _LINE_HEIGHT, line, soft, size=12)


def _group(group: Box, palette: dict[str, tuple[str, str]]) -> str:
    title = _text(group.x + 72, group.y + 24, group.title, palette["ink"][1], size=12, weight=600,
                  anchor="start")  # fmt: skip
    return _rectangle(group, palette, radius=10) + title


def _rectangle(box: Box, palette: dict[str, tuple[str, str]], radius: float) -> str:
    fill, border = palette[box.kind]
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="{radius:g}" fill="{fill}" stroke="{border}"/>'
    )


def _arrow(arrow: Arrow, palette: dict[str, tuple[str, str]]) -> str:
    _, soft = palette["ink"]
    points = " ".join(f"{x:g},{y:g}" for x, y in arrow.points)
    dashes = ' stroke-dasharray="4 4"' if arrow.dashed else ""
    line = (
        f'<polyline points="{points}" fill="none" stroke="{soft}" stroke-width="1.4"{dashes} '
        'marker-end="url(#head)"/>'
    )
    return line + (_text(*arrow.at, arrow.label, soft, size=11) if arrow.label else "")


def _text(
    x: float,
    y: float,
    text: str,
    color: str,
    *,
    size: int,
    weight: int = 400,
    anchor: str = "middle",
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'
    )


if __name__ == "__main__":
    main()
