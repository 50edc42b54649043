"""The week of a fleet on one page, and as plain text."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from modelfleet.console.views.condition import Condition, condition
from modelfleet.console.views.documents import Documents, ModelDocuments, Readable
from modelfleet.console.views.fleet import Performance, alert, performance
from modelfleet.drift.segments.report import SegmentReport
from modelfleet.pages.numbers import counted
from modelfleet.pages.text import one_line
from modelfleet.release.history import ReleaseRecord
from modelfleet.spec.model import ModelSpec

DAYS = 7
# Each model has a release history to list and read, which is waiting, not work.
_READERS = 8
# Lines of a plain-text message, which mail programs do not wrap.
_WIDTH = 78
_NAMED = 5


@dataclass(frozen=True)
class DigestEntry:
    """A model's week.

    `before` are the predictions of the week before. `findings` counts slices and groups beyond
    their limits in the last run.
    """

    model: str
    condition: Condition
    version: str
    predictions: int
    before: int
    performance: Performance | None
    drifted: Sequence[str]
    findings: int
    releases: Sequence[ReleaseRecord]
    alert: str


@dataclass(frozen=True)
class Digest:
    """The week from `first` to `last` of all models, most urgent first."""

    first: date
    last: date
    entries: Sequence[DigestEntry]
    faults: tuple[str, ...]

    @property
    def attention(self) -> int:
        """Number of models that a person should look after."""
        return sum(entry.condition.needs_attention for entry in self.entries)

    @property
    def summary(self) -> str:
        """The week in a line."""
        models = counted(len(self.entries), "model")
        return f"{self.first} to {self.last}: {self.attention} of {models} need attention"


def digest(models: Mapping[str, ModelSpec], documents: Documents, now: datetime) -> Digest:
    """Return the seven full days before today, in UTC, by documents alone.

    Parameters
    ----------
    models
        The fleet's models, by name.
    documents
        Reads their documents.
    now
        The current time.
    """
    last = now.astimezone(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    found = documents.models(list(models))

    def read(name: str) -> tuple[Readable[ReleaseRecord], SegmentReport | None]:
        return documents.records(name), _segments(documents, found[name], name)

    faults: list[str] = []
    entries = []
    with ThreadPoolExecutor(_READERS) as pool:
        histories = list(pool.map(read, models))
    for name, (records, newest) in zip(models, histories, strict=True):
        faults += [*found[name].faults, *records.faults]
        of_week = [each for each in records.documents if first <= _day(each.written_at) <= last]
        entries.append(_entry(name, found[name], of_week, newest, first, now))
    entries.sort(key=lambda each: (each.condition.rank, -each.predictions, each.model))
    return Digest(first, last, entries, tuple(faults))


def as_text(found: Digest, stage: str, address: str) -> str:
    """Return a digest as plain text, in lines of at most 78 characters.

    Parameters
    ----------
    found
        The digest.
    stage
        The stage.
    address
        Address of the console.
    """
    lines = [f"modelfleet {stage}, {found.summary}", ""]
    for entry in found.entries:
        lines += [_cut(line) for line in _lines(entry)]
        lines.append("")
    lines += [_cut(f"Could not be read: {fault}") for fault in found.faults]
    # Addresses must not be cut.
    return "\n".join([*lines, f"Console: {address}", ""])


def _entry(
    name: str,
    found: ModelDocuments,
    releases: Sequence[ReleaseRecord],
    segments: SegmentReport | None,
    first: date,
    now: datetime,
) -> DigestEntry:
    days = {each.day: each.predictions for each in found.latest.days} if found.latest else {}
    week = [first + timedelta(days=number) for number in range(-DAYS, DAYS)]
    volumes = [days.get(day, 0) for day in week]
    return DigestEntry(
        model=name,
        condition=condition(found, now),
        version=found.pointer.champion if found.pointer else "",
        predictions=sum(volumes[DAYS:]),
        before=sum(volumes[:DAYS]),
        performance=performance(found),
        drifted=[each.name for each in found.latest.drift.drifted] if found.latest else (),
        findings=len(segments.findings) if segments else 0,
        releases=releases,
        alert=alert(found, now),
    )


def _segments(documents: Documents, found: ModelDocuments, name: str) -> SegmentReport | None:
    """Return the segments of the last run, which are in the summary of its day."""
    if found.latest is None:
        return None
    day = _day(found.latest.drift.window_end - timedelta(microseconds=1))
    (summary,) = documents.days(name, day, day).documents
    return summary.segments


def _lines(entry: DigestEntry) -> Iterator[str]:
    serving = f", serving v{entry.version}" if entry.version else ""
    yield f"{entry.model}: {entry.condition.word}{serving}"
    yield f"  predictions  {entry.predictions:,} (week before: {entry.before:,})"
    if entry.performance:
        shown = entry.performance
        verdict = f"; {shown.verdict}" if shown.verdict else ""
        yield f"  performance  {shown.metric} {shown.value}, {shown.basis}{verdict}"
        if shown.promised:
            yield f"  promised     {shown.promised}"
    if entry.drifted:
        more = len(entry.drifted) - _NAMED
        others = f" and {more} more" if more > 0 else ""
        yield f"  drifted      {', '.join(entry.drifted[:_NAMED])}{others}"
    if entry.findings:
        yield f"  segments     {counted(entry.findings, 'finding')}"
    for record in entry.releases[:_NAMED]:
        version = f"v{record.version} " if record.version else ""
        yield f"  release      {_day(record.written_at)}: {version}{record.outcome} by {record.by}"
    if entry.alert:
        yield f"  alert        {entry.alert}"


def _cut(line: str) -> str:
    shown = one_line(line, _WIDTH)
    return shown if len(line) <= _WIDTH else f"{shown[:-1]}…"


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
