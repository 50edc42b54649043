"""The last step of a retraining: the registry's aliases name what the release pointer names."""

from modelfleet.domain import keys
from modelfleet.domain.errors import StepError
from modelfleet.domain.messages import Recorded, RetrainingState
from modelfleet.domain.ports import ModelRegistry, ObjectStore
from modelfleet.domain.release import read_pointer
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.register import CHALLENGER_ALIAS

CHAMPION_ALIAS = "champion"
PREVIOUS_ALIAS = "previous"


def record(
    spec: ModelSpec, state: RetrainingState, artifacts: ObjectStore, registry: ModelRegistry
) -> Recorded:
    """Move the aliases to where the pointer is.

    A version that the gate kept back goes on as the challenger.

    Raises
    ------
    StepError
        If nothing is registered.
    ObjectNotFoundError
        If nothing was ever released.
    """
    if state.registered is None:
        raise StepError(f"{spec.name}: record comes after register and release")
    pointer = read_pointer(artifacts.get(keys.release_pointer(spec.name)).content)
    registry.set_alias(spec.name, CHAMPION_ALIAS, pointer.champion)
    if pointer.previous is None:
        registry.remove_alias(spec.name, PREVIOUS_ALIAS)
    else:
        registry.set_alias(spec.name, PREVIOUS_ALIAS, pointer.previous)
    if pointer.champion == state.registered.version:
        registry.remove_alias(spec.name, CHALLENGER_ALIAS)
    return Recorded(champion=pointer.champion, previous=pointer.previous)
