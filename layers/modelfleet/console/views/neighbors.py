"""What the pages about a model link to: card, drift report, data report, training run, console."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from urllib.parse import quote

from modelfleet.console.views.documents import Documents
from modelfleet.drift.reports import DRAWN_FILE, SUMMARY_FILE
from modelfleet.drift.summaries.summary import DriftSummary
from modelfleet.pages.neighbors import Neighbor
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import CARD_FILE, BundleManifest
from modelfleet.spec.errors import BundleError, ObjectNotFoundError

REPORT_NAMES = {SUMMARY_FILE: "Drift report", DRAWN_FILE: "Evidently's report"}
"""Pages that a drift run leaves next to its report, by file."""

# The stage whose registry `fleet ui` opens.
_LOCAL = "local"


@dataclass(frozen=True)
class Neighborhood:
    """The pages of one model.

    Attributes
    ----------
    documents
        Reads the model's documents.
    model
        The model's name.
    home
        Path of the model's page in the console, such as `/prod/console/models/bankchurn`.
    stage
        The stage; MLflow's interface is only at hand locally.
    """

    documents: Documents
    model: str
    home: str
    stage: str

    def of_card(self, version: str) -> list[Neighbor]:
        """Return the neighbors of a version's card."""
        manifest = self._manifest(version)
        return [
            Neighbor("Console", f"{self.home}/versions?right={_quoted(version)}"),
            *self._last_run(),
            *self._training(manifest),
        ]

    def of_report(self, run: DriftSummary, day: date, file: str) -> list[Neighbor]:
        """Return the neighbors of a page that a drift run has left."""
        others = (name for name in self.files(run) if name != file)
        return [
            Neighbor("Console", f"{self.home}/drift?day={day}"),
            *(self._report(day, name) for name in others),
            *self.of_version(run.version),
        ]

    def of_data(self, dataset: str) -> list[Neighbor]:
        """Return the neighbors of a data report, with the card if the champion has learned it."""
        pointer = self.documents.model(self.model).pointer
        manifest = self._manifest(pointer.champion) if pointer else None
        learned = manifest is not None and manifest.data.dataset_version == dataset
        return [
            Neighbor("Console", self.home),
            *self._last_run(),
            *(self._card(manifest) if learned and manifest else ()),
            Neighbor("All versions", f"{self.home}/versions"),
        ]

    def of_version(self, version: str) -> list[Neighbor]:
        """Return what a version's training has left: card, data report, and run."""
        manifest = self._manifest(version)
        return [*self._card(manifest), *self._training(manifest)] if manifest else []

    def of_model(self) -> list[Neighbor]:
        """Return the last drift report, and what the serving version's training has left."""
        pointer = self.documents.model(self.model).pointer
        return [*self._last_run(), *(self.of_version(pointer.champion) if pointer else ())]

    def files(self, run: DriftSummary) -> list[str]:
        """Return the pages that a run has left."""
        stored = {key.rpartition("/")[2] for key in self.documents.artifacts.keys(run.report)}
        return [name for name in REPORT_NAMES if name in stored]

    def _report(self, day: date, file: str) -> Neighbor:
        return Neighbor(REPORT_NAMES[file], f"{self.home}/drift/{day}/{file}")

    def _last_run(self) -> Iterator[Neighbor]:
        latest = self.documents.model(self.model).latest
        if latest is not None and SUMMARY_FILE in self.files(latest.drift):
            # A window that ends at midnight belongs to the day before.
            last = latest.drift.window_end.astimezone(UTC) - timedelta(microseconds=1)
            yield self._report(last.date(), SUMMARY_FILE)

    def _card(self, manifest: BundleManifest) -> Iterator[Neighbor]:
        if CARD_FILE in manifest.files:
            address = f"{self.home}/versions/{_quoted(manifest.version)}/card.html"
            yield Neighbor(f"Model card of version {manifest.version}", address)

    def _training(self, manifest: BundleManifest | None) -> Iterator[Neighbor]:
        if manifest is None:
            return
        dataset = _quoted(manifest.data.dataset_version)
        yield Neighbor("Data report", f"{self.home}/data/{dataset}/report.html")
        if self.stage == _LOCAL:
            yield Neighbor("MLflow run", command=f"fleet ui --run {manifest.run_id}")
        else:
            yield Neighbor("MLflow run", command=manifest.run_id)

    def _manifest(self, version: str) -> BundleManifest | None:
        """Return a version's manifest; its bundle may have been deleted."""
        try:
            return BundleStore(self.documents.artifacts).manifest(self.model, version)
        except (BundleError, ObjectNotFoundError):
            return None


def _quoted(text: str) -> str:
    return quote(text, safe="")
