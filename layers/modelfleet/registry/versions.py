"""Lists a model's registered versions with their manifests and aliases."""

from collections.abc import Iterable
from dataclasses import dataclass

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.aliases import Alias, AliasMove, aliases_after
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.errors import BundleError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


@dataclass(frozen=True)
class ModelVersion:
    """A registered version, and what it is to its model at present."""

    manifest: BundleManifest
    aliases: tuple[Alias, ...]


def version_names(artifacts: ObjectStore, model: str) -> list[str]:
    """Every registered version whose bundle is whole, the newest first."""
    folder = f"{keys.MODELS}/{model}"
    found = (
        key.removeprefix(f"{folder}/").removesuffix(f"/{MANIFEST_FILE}")
        for key in artifacts.keys(folder)
        if key.endswith(f"/{MANIFEST_FILE}")
    )
    return sorted(found, key=_order, reverse=True)


def require_version(artifacts: ObjectStore, model: str, version: str | None = None) -> str:
    """The version of that name; the champion where none is named.

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
        raise BundleError(
            f"{model}: no version {version}; the versions are {', '.join(known) or 'none'}"
        )
    return version


def read_versions(
    artifacts: ObjectStore, model: str, names: Iterable[str], moves: Iterable[AliasMove]
) -> list[ModelVersion]:
    """Read versions' manifests, and tell their aliases.

    What serves is what the release pointer says; a version that the gate kept back is the
    challenger by the record of moves alone.
    """
    aliases = _aliases(pointer.current(artifacts, model), moves)
    return [
        ModelVersion(
            manifest=BundleStore(artifacts).manifest(model, name),
            aliases=tuple(alias for alias, version in aliases.items() if version == name),
        )
        for name in names
    ]


def _aliases(
    released: ReleasePointer | None, moves: Iterable[AliasMove]
) -> dict[Alias, str | None]:
    last = {move.alias: move.version for move in moves}
    if released is None:
        return last
    named = {alias.value: version for alias, version in last.items() if version is not None}
    return aliases_after(released, named)


def _order(name: str) -> tuple[int, str]:
    """Registries count versions; a name that is no number comes before them."""
    return (int(name), "") if name.isdecimal() else (-1, name)
