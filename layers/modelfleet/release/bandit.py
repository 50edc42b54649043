"""Moves a bandit challenger's share to where the outcomes point."""

from collections.abc import Sequence

from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.pointer import Mode, ReleasePointer, Signature, with_share
from modelfleet.release.evidence import MetricReader, gather
from modelfleet.release.judge import Evidence
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ReleaseError
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.comparison.ab_test import probability_better
from modelfleet.storage.object_store import ObjectStore

# Neither arm is ever starved of the outcomes by which it could come back.
SMALLEST_SHARE, LARGEST_SHARE = 0.05, 0.95
# What one of several clients alone may raise it to.
UNSHARED_LARGEST = 0.5
OUTCOMES_MINIMUM = 30
# Less is not worth a write.
_STEP = 0.01


def shift_share(
    spec: ModelSpec, store: ObjectStore, lake: ObjectStore, metrics: MetricReader, clock: Clock
) -> float | None:
    """Give the challenger the probability that it is better as its share, within bounds.

    Thompson sampling gives a request to an arm with the probability that it is the best one. Here
    that probability is computed once for all requests until the next look, instead of drawing from
    both posteriors at each (Scott 2010, "A modern Bayesian look at the multi-armed bandit",
    randomised probability matching). With fewer than 30 outcomes on either arm the share stays.

    Where several clients call, what raises the share above one half must show in outcomes too of
    which no client has more than half: nobody moves the others' traffic by his own word.

    Returns
    -------
    float or None
        The share; nothing where no bandit runs.

    Raises
    ------
    ConflictError
        If others kept writing the pointer.
    """
    released, now = pointer.current(store, spec.name), clock()
    if released is None or not _is_bandit(released) or released.challenger is None:
        return None
    versions = [released.champion, released.challenger.version]
    since = released.trial_since or released.written_at
    found = gather(spec, versions, since, now, lake, metrics)
    better = _better(found)
    if better is None:
        return released.challenger.share
    share = min(max(better, SMALLEST_SHARE), LARGEST_SHARE)
    reason = f"bandit: probability of being better {better:.1%}"
    signature = Signature(written_by="bandit", written_at=now, reason=reason)
    after = pointer.move(store, spec.name, lambda read: _shifted(read, released, share, signature))
    return after.challenger.share if after.challenger else None


def _better(found: Evidence) -> float | None:
    new, old = found.challenger, found.champion
    better = _probability(new.losses, old.losses)
    if better is None or not found.several_clients:
        return better
    shared = _probability(new.shared, old.shared)
    return min(better, UNSHARED_LARGEST if shared is None else max(shared, UNSHARED_LARGEST))


def _probability(new: Sequence[float], old: Sequence[float]) -> float | None:
    few = min(len(new), len(old)) < OUTCOMES_MINIMUM
    return None if few else probability_better(new, old)


def _shifted(
    current: ReleasePointer | None, judged: ReleasePointer, share: float, signature: Signature
) -> ReleasePointer:
    if current is None:
        raise ReleaseError(f"{judged.model}: there is no release pointer any more")
    challenger = current.challenger
    if challenger is None or challenger != judged.challenger or not _is_bandit(current):
        return current
    if abs(challenger.share - share) < _STEP:
        return current
    return with_share(current, challenger.version, share, Mode.BANDIT, signature)


def _is_bandit(released: ReleasePointer) -> bool:
    return released.challenger is not None and released.challenger.mode is Mode.BANDIT
