"""Serves the model card of the champion."""

from collections.abc import Callable

from modelfleet.registry.manifest import CARD_FILE, BundleManifest
from modelfleet.serving.score import Predictor
from modelfleet.spec.errors import UnavailableError


class CardReader:
    """Reads the champion's card at the first request, and caches it until the champion changes.

    Parameters
    ----------
    predictor
        Provides the current release.
    read
        Reads a version's card and verifies it against the manifest's checksum.
    """

    def __init__(self, predictor: Predictor, read: Callable[[BundleManifest], bytes]) -> None:
        self._predictor = predictor
        self._read = read
        self._kept: tuple[str, bytes] | None = None

    def card(self) -> bytes | None:
        """Return the champion's card as HTML; `None` if an older bundle has no card.

        Raises
        ------
        NotReadyError
            If no version is loaded.
        UnavailableError
            If the card cannot be read.
        """
        manifest = self._predictor.release().champion.manifest
        if CARD_FILE not in manifest.files:
            return None
        if self._kept is not None and self._kept[0] == manifest.version:
            return self._kept[1]
        try:
            content = self._read(manifest)
        # Errors of the bucket or the bundle only affect this response, not predictions.
        except Exception as error:
            raise UnavailableError("The model card cannot be read; try again.") from error
        self._kept = manifest.version, content
        return content
