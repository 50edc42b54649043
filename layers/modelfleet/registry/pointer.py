"""Release pointer: the versions that serve, and the allowed transitions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from modelfleet.spec.document import Document, Frozen
from modelfleet.spec.errors import ReleaseError


class Mode(StrEnum):
    """Purpose of the challenger."""

    CANARY = "canary"
    AB = "ab"
    SHADOW = "shadow"
    BANDIT = "bandit"


class Variant(StrEnum):
    """Arm that made a prediction."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


# Unlike canaries, they run until a person ends them.
_EXPERIMENTS = {Mode.AB: "an A/B test", Mode.SHADOW: "a shadow trial", Mode.BANDIT: "a bandit"}


class Challenger(Frozen, extra="ignore"):
    """Version with a share of the traffic."""

    version: str
    share: Annotated[float, Field(ge=0.0, le=1.0)]
    mode: Mode = Mode.CANARY

    @property
    def experiment(self) -> str | None:
        """What runs until a person ends it, in words; `None` for a canary."""
        return _EXPERIMENTS.get(self.mode)


class ReleasePointer(Document):
    """Content of `releases/<model>.json`; its object versions in the bucket are the audit trail.

    `taken_back` is the version that the last rollback removed, until another one is released.
    `trial_since` is when the challenger first got a share in its mode.
    """

    noun = "release pointer"
    error = ReleaseError

    model: str
    champion: str
    challenger: Challenger | None = None
    previous: str | None = None
    taken_back: str | None = None
    trial_since: datetime | None = None
    written_by: str
    written_at: datetime
    reason: str


class Signature(Frozen, extra="ignore"):
    """Author, time, and reason of a pointer move."""

    written_by: str
    written_at: datetime
    reason: str


def experiment_obstacle(current: ReleasePointer | None, version: str | None) -> str | None:
    """Return why a version could not be released while an experiment runs; `None` if it could.

    Without a version, it is one that is yet to be trained.
    """
    challenger = current.challenger if current else None
    if current is None or challenger is None or challenger.version == version:
        return None
    if challenger.experiment is None:
        return None
    return (
        f"{current.model} {challenger.version} is in {challenger.experiment}, so that no other "
        f"version could be released; end it first with `fleet rollback {current.model}`"
    )


def promoted(
    current: ReleasePointer | None, model: str, version: str, signature: Signature
) -> ReleasePointer:
    """Return the pointer after a version takes all traffic; the old champion becomes `previous`.

    Promoting the champion again only removes the challenger.
    """
    previous = None if current is None else current.champion
    if current is not None and current.champion == version:
        previous = current.previous
    return ReleasePointer(
        model=model, champion=version, previous=previous, **signature.model_dump()
    )


def with_share(
    current: ReleasePointer, version: str, share: float, mode: Mode, signature: Signature
) -> ReleasePointer:
    """Return the pointer after a challenger gets a share, or a larger one.

    Raises
    ------
    ReleaseError
        If the version is the champion, or another challenger has a share.
    """
    if version == current.champion:
        raise ReleaseError(f"{current.model} {version} is already the champion")
    if current.challenger is not None and current.challenger.version != version:
        raise ReleaseError(
            f"{current.model} {current.challenger.version} is on trial ({current.reason}); "
            f"end the trial first: fleet rollback {current.model}"
        )
    challenger = Challenger(version=version, share=share, mode=mode)
    continues = current.challenger is not None and current.challenger.mode is mode
    since = current.trial_since if continues else signature.written_at
    update = {"challenger": challenger, "trial_since": since}
    return current.model_copy(update={**update, **signature.model_dump()})


def rolled_back(
    current: ReleasePointer, signature: Signature, to: str | None = None
) -> ReleasePointer:
    """Return the pointer after a rollback of the newest version, or to version `to`.

    If there is a challenger, it is removed; otherwise, the previous champion serves again, and the
    version that it replaces becomes `previous`.

    Raises
    ------
    ReleaseError
        If there is neither a challenger nor a previous version, if the previous version was itself
        rolled back, or if `to` already serves.
    """
    if to is None and current.challenger is not None:
        taken_back = current.challenger.version
        update = {"challenger": None, "taken_back": taken_back, "trial_since": None}
        return current.model_copy(update={**update, **signature.model_dump()})
    target = to or current.previous
    if target is None:
        raise ReleaseError(f"{current.model}: no version before {current.champion} to roll back to")
    if to is None and target == current.taken_back:
        raise ReleaseError(
            f"{current.model} {target} was already rolled back ({current.reason}); to serve it "
            f"anyway: fleet rollback {current.model} --to {target}"
        )
    if target == current.champion and current.challenger is None:
        raise ReleaseError(f"{current.model} {target} is already the champion")
    changed = target != current.champion
    return ReleasePointer(
        model=current.model,
        champion=target,
        previous=current.champion if changed else current.previous,
        taken_back=current.champion if changed else current.taken_back,
        **signature.model_dump(),
    )
