"""Adjusts the share of a bandit's challenger to the reported outcomes."""

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

# Both arms keep enough traffic to collect outcomes and recover.
SMALLEST_SHARE, LARGEST_SHARE = 0.05, 0.95
# The largest share that outcomes mostly from one of several clients can reach.
UNSHARED_LARGEST = 0.5
OUTCOMES_MINIMUM = 30
# Smaller changes are not worth a write.
_STEP = 0.01


def shift_share(
    spec: ModelSpec, store: ObjectStore, lake: ObjectStore, metrics: MetricReader, clock: Clock
) -> float | None:
    """Set the challenger's share to the probability that it is better, within bounds.

    Thompson sampling routes a request to an arm with the probability that it is the best arm. Here,
    this probability is computed once per update instead of drawing from both posteriors for each
    request (Scott 2010, "A modern Bayesian look at the multi-armed bandit", randomized probability
    matching). With fewer than 30 outcomes on either arm, the share does not change.

    With several clients, a share above one half must also be supported by a set of outcomes in
    which no client has more than half, so that no client alone can move the others' traffic.

    Returns
    -------
    float or None
        The share; `None` if no bandit is running.

    Raises
    ------
    ConflictError
        If every attempt to write the pointer lost to another writer.
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
        raise ReleaseError(f"{judged.model}: the release pointer no longer exists")
    challenger = current.challenger
    if challenger is None or challenger != judged.challenger or not _is_bandit(current):
        return current
    if abs(challenger.share - share) < _STEP:
        return current
    return with_share(current, challenger.version, share, Mode.BANDIT, signature)


def _is_bandit(released: ReleasePointer) -> bool:
    return released.challenger is not None and released.challenger.mode is Mode.BANDIT
