"""What the container suite measures, its budgets, and the page that shows both."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.layout import REPOSITORY

# In MB of 1,000,000 bytes, above the base image. Predict's is what was asked for; the others' are
# what they took, and room to grow by a tenth.
SIZE_BUDGETS = {"predict": 250, "batch": 260, "train": 690, "drift": 740}
# The most that may be resident at once, as a share of what the stage configures.
MEMORY_SHARE = 0.9
# The start of the predict image, as many times that of an image with an empty function.
START_RATIO = 1.6
UNITS = sorted(path.parent.name for path in (REPOSITORY / "functions").glob("*/Dockerfile"))


@dataclass
class Start:
    """Starts of one image, one after the other: seconds by the clock, and of the processor."""

    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)


@dataclass
class Results:
    """Sizes and memory are in MB of 1,000,000 bytes, by function folder."""

    base: str
    engine: str
    sizes_mb: dict[str, float] = field(default_factory=dict)
    peaks_mb: dict[str, float] = field(default_factory=dict)
    limits_mb: dict[str, int] = field(default_factory=dict)
    predict: Start = field(default_factory=Start)
    empty: Start = field(default_factory=Start)

    def start_ratio(self) -> float:
        """How many times the empty function's start the predict function's takes."""
        return median(self.predict.seconds) / median(self.empty.seconds)

    def complete(self) -> bool:
        """Whether every image was measured, and every start."""
        measured = set(self.sizes_mb) == set(self.peaks_mb) == set(UNITS)
        return measured and bool(self.predict.seconds) and bool(self.empty.seconds)

    def write(self, page: Path) -> None:
        """Write the page."""
        page.write_text(_PAGE.format(**self._figures()))

    def _figures(self) -> dict[str, str]:
        return {
            "base": self.base,
            "images": "\n".join(self._image(unit) for unit in UNITS),
            "starts": "\n".join(
                (self._start("predict", self.predict), self._start("empty function", self.empty))
            ),
            "rounds": str(len(self.predict.seconds)),
            "memory_mb": str(self.limits_mb["predict"]),
            "ratio": f"{self.start_ratio():.2f}",
            "limit": f"{START_RATIO}",
            "today": f"{datetime.now(UTC):%Y-%m-%d}",
            "cores": str(os.cpu_count()),
            "engine": self.engine,
        }

    def _image(self, unit: str) -> str:
        size, peak, limit = self.sizes_mb[unit], self.peaks_mb[unit], self.limits_mb[unit]
        budget = SIZE_BUDGETS[unit]
        return f"| {unit} | {size:.0f} MB | {budget} MB | {peak:.0f} MB | {limit} MB |"

    def _start(self, name: str, start: Start) -> str:
        seconds, used = median(start.seconds) * 1e3, median(start.processor_seconds) * 1e3
        return f"| {name} | {seconds:,.0f} ms | {used:,.0f} ms |"


_PAGE = """\
# Container images

`make test-containers` writes this page. It builds every image from the context that `cdk deploy`
would send, starts it through Lambda's runtime interface with the memory of stage dev, read-only
and as its own user, sends it real events, and fails if a budget is exceeded. How the images are
built, and why: [decision 24](decisions/0024-images.md).

| image | size above its base | budget | peak resident memory | the stage's limit |
|---|---|---|---|---|
{images}

Peak memory is measured with the events that the suite sends: single predictions and a batch of
1,000; a batch job of 12,000 rows; a complete retraining of bankchurn on 1,500 rows. At most nine
tenths of the limit may be used.

A cold start lasts from the beginning of the process to its first response, with {memory_mb} MB; the
model is fetched from an S3 on the same machine. Medians of {rounds} starts each, in turns. The
empty function is FastAPI and Mangum with the same request model and a constant response, in its
own image.

| | wall clock | processor time |
|---|---|---|
{starts}

The predict image takes **{ratio}** times as long as the empty function's; {limit} is the limit.

`make test-containers`, {today}, {cores} cores, Docker {engine}, base image `{base}`
"""
