"""Registered versions of a model, with their manifests and aliases."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.alias_move import Alias, AliasMove
from modelfleet.registry.aliases import aliases_after
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.errors import BundleError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_LISTED = 10
# What people write before a number: v3, version-3, 03.
_NUMBER = re.compile(r"^(?:version|v)?[-_]?0*", re.IGNORECASE)


@dataclass(frozen=True)
class ModelVersion:
    """A registered version and its current aliases."""

    manifest: BundleManifest
    aliases: tuple[Alias, ...]


def version_names(artifacts: ObjectStore, model: str) -> list[str]:
    """Return all registered versions with a complete bundle, newest first."""
    folder = f"{keys.MODELS}/{model}"
    names = (
        key.removeprefix(f"{folder}/").removesuffix(f"/{MANIFEST_FILE}")
        for key in artifacts.keys(folder)
        if key.endswith(f"/{MANIFEST_FILE}")
    )
    return sorted(names, key=_order, reverse=True)


def require_version(artifacts: ObjectStore, model: str, version: str | None = None) -> str:
    """Return the given version, or the champion by default, if it exists.

    Raises
    ------
    BundleError
        If there is no such version, or nothing is released.
    """
    known = version_names(artifacts, model)
    if version is None:
        released = pointer.current(artifacts, model)
        if released is None:
            raise BundleError(
                f"{model}: nothing is released yet; train it with: fleet retrain {model}"
            )
        return released.champion
    if version not in known:
        raise BundleError(f"{model}: no version {version}; {_meant(version, known)}")
    return version


def read_versions(
    artifacts: ObjectStore, model: str, names: Iterable[str], moves: Iterable[AliasMove]
) -> list[ModelVersion]:
    """Read the manifests and aliases of versions.

    Aliases follow the release pointer; only the record of moves has a challenger that the gate
    kept.
    """
    aliases = _aliases(pointer.current(artifacts, model), moves)
    return [
        ModelVersion(
            manifest=BundleStore(artifacts).manifest(model, name),
            aliases=tuple(alias for alias, version in aliases.items() if version == name),
        )
        for name in names
    ]


def _meant(version: str, known: list[str]) -> str:
    """Suggest a version: one written differently, such as v3, else the newest ones."""
    if not known:
        return "none is registered"
    plain = _NUMBER.sub("", version)
    # Numbers are never similar: 9 is not meant where there are 8 and 10.
    near = [plain] if plain in known else get_close_matches(version, known, n=1)
    is_meant = near and (plain in known or not version.isdecimal())
    meant = f"did you mean {near[0]}? " if is_meant else ""
    more = f", … ({len(known):,} in all)" if len(known) > _LISTED else ""
    return f"{meant}the versions are {', '.join(known[:_LISTED])}{more}"


def _aliases(
    released: ReleasePointer | None, moves: Iterable[AliasMove]
) -> dict[Alias, str | None]:
    last = {move.alias: move.version for move in moves}
    if released is None:
        return last
    named = {alias.value: version for alias, version in last.items() if version is not None}
    return aliases_after(released, named)


def _order(name: str) -> tuple[int, str]:
    """Sort versions by number; names that are not numbers come first."""
    return (int(name), "") if name.isdecimal() else (-1, name)
