"""Checks that registry and buckets agree after a crash; if not, the release pointer decides."""

from collections.abc import Iterator, Mapping

import psycopg

from modelfleet.registry.alias_move import Alias
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.errors import ObjectNotFoundError, ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_VERSIONS = "SELECT name, version FROM model_versions WHERE name = ANY(%s)"
_ALIASES = "SELECT name, alias, version FROM registered_model_aliases WHERE name = ANY(%s)"

Registered = Mapping[str, set[str]]
Aliases = Mapping[str, Mapping[str, str]]


def registered(tracking_uri: str, models: list[str]) -> tuple[Registered, Aliases]:
    """The registry's versions and aliases, by SQL because importing MLflow takes seconds."""
    with psycopg.connect(tracking_uri.replace("+psycopg", "")) as connection:
        versions: dict[str, set[str]] = {model: set() for model in models}
        for model, version in connection.execute(_VERSIONS, [models]):
            versions[model].add(str(version))
        aliases: dict[str, dict[str, str]] = {model: {} for model in models}
        for model, alias, version in connection.execute(_ALIASES, [models]):
            aliases[model][alias] = str(version)
    return versions, aliases


def disagreements(artifacts: ObjectStore, versions: Registered, aliases: Aliases) -> Iterator[str]:
    """Yield a sentence for each disagreement."""
    for model in sorted(versions):
        for version in sorted(versions[model], key=int):
            if not _has_bundle(artifacts, model, version):
                yield (
                    f"{model}: version {version} is registered but has no bundle because its "
                    "training was interrupted; it will not be released"
                )
        try:
            pointer = ReleasePointer.parse(artifacts.get(keys.release_pointer(model)).content)
        except ObjectNotFoundError:
            continue
        except ReleaseError as error:
            yield f"{model}: {error}"
            continue
        yield from _against(pointer, artifacts, aliases.get(model, {}))


def _against(
    pointer: ReleasePointer, artifacts: ObjectStore, aliases: Mapping[str, str]
) -> Iterator[str]:
    model, champion = pointer.model, pointer.champion
    if not _has_bundle(artifacts, model, champion):
        yield (
            f"{model}: champion {champion} has no bundle; release the previous version with "
            f"`fleet rollback {model}`"
        )
    named = aliases.get(Alias.CHAMPION)
    if named != champion:
        yield (
            f"{model}: version {champion} is serving but the registry's champion is version "
            f"{named or '-'}; the next release updates the registry"
        )


def _has_bundle(artifacts: ObjectStore, model: str, version: str) -> bool:
    try:
        artifacts.get(f"{keys.bundle(model, version)}/{MANIFEST_FILE}")
    except ObjectNotFoundError:
        return False
    return True
