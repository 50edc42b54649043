"""What serves now, by model."""

from collections.abc import Mapping, Sequence

from modelfleet.registry.pointer import ReleasePointer
from modelfleet.registry.pointer_store import current
from modelfleet.spec.document import Frozen
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore


class ServingModel(Frozen):
    """A model with its release pointer; `fault` says why there is none that can be read."""

    name: str
    title: str
    pointer: ReleasePointer | None = None
    fault: str = ""


def serving_models(store: ObjectStore, models: Mapping[str, ModelSpec]) -> Sequence[ServingModel]:
    """Return what serves, models that need attention first.

    Parameters
    ----------
    store
        The artifacts bucket.
    models
        All models by name.
    """
    found = [_serving(store, spec) for spec in models.values()]
    return sorted(found, key=lambda each: (not each.fault, each.pointer is not None, each.name))


def _serving(store: ObjectStore, spec: ModelSpec) -> ServingModel:
    try:
        pointer = current(store, spec.name)
    except ReleaseError as error:
        return ServingModel(name=spec.name, title=spec.title, fault=str(error))
    return ServingModel(name=spec.name, title=spec.title, pointer=pointer)
