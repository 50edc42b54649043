"""Every error that modelfleet raises on purpose.

::

    ModelfleetError
    ├── SpecError               a model's folder declares something that cannot work
    ├── UnknownModelError       no such folder in the catalogue
    ├── IdentifierError         a name that no key and no path may be built of
    ├── DatasetError            a table that cannot become a data set version
    ├── TableError              a file that holds no table, or a larger one than can be read
    ├── BundleError             a bundle that is incomplete, altered or unreadable
    │   └── ParityError         the exported model does not answer like the fitted one
    ├── BatchError              a bulk scoring job that cannot be done, or not be ended yet
    ├── StepError               a step of a retraining that is not its turn
    ├── RequestError            a retraining request that is malformed or not permitted
    ├── ReleaseError            a release pointer that is absent, unreadable or cannot move
    ├── DriftStateError           what watching remembers, or a report, that is absent or unreadable
    ├── RestoreError            a backup that does not bring the fleet back
    ├── NotReadyError           no version is loaded yet, so nothing can be predicted
    ├── ScoringError            the model answered with something that is no number
    ├── UnavailableError        a bucket that a request needs does not answer; try again
    ├── UnknownPredictionError  no prediction of this model for this client has that id
    ├── CaptureError            a log event or a record in the lake that holds no whole prediction
    ├── DriftError              a column whose statistics cannot be computed
    ├── PageError               a page by others' code that may hold scripts of others still
    ├── CallError               a call to an AWS service that did not go through or was refused
    ├── NewCodeError            new code of a predict function that does not answer as it should
    ├── DeliveryError           records that a delivery stream refused to the end
    ├── ObjectNotFoundError     nothing is stored under that key
    └── ConflictError           somebody else wrote first; read again and start over
"""


class ModelfleetError(Exception):
    """Base of every error raised on purpose; its text says what is wrong and what to do."""


class SpecError(ModelfleetError):
    """A model's folder declares something that cannot work."""


class UnknownModelError(ModelfleetError):
    """No folder of that name is in the catalogue."""


class IdentifierError(ModelfleetError):
    """A name of which no key and no path may be built, such as one with a slash."""


class DatasetError(ModelfleetError):
    """A table that cannot become a data set version."""


class TableError(ModelfleetError):
    """A file that holds no table, or a larger one than can be read; its reader names the file."""


class BundleError(ModelfleetError):
    """A bundle that is incomplete, altered or unreadable."""


class ParityError(BundleError):
    """The exported model does not answer like the fitted one."""


class BatchError(ModelfleetError):
    """A bulk scoring job that cannot be done, or whose parts are not all scored."""


class StepError(ModelfleetError):
    """A step of a retraining is asked for before what it builds on, or against the verdict."""


class RequestError(ModelfleetError):
    """A retraining request that is malformed, or sets what its trigger may not set."""


class ReleaseError(ModelfleetError):
    """A release pointer that is absent, unreadable, or cannot make the move asked for."""


class DriftStateError(ModelfleetError):
    """What watching remembers of a model, or one of its reports, is absent or unreadable."""


class RestoreError(ModelfleetError):
    """A backup that is absent, empty or damaged, or does not bring back what served."""


class NotReadyError(ModelfleetError):
    """No version is loaded yet, so nothing can be predicted."""


class ScoringError(ModelfleetError):
    """The model answered with something that is no number."""


class UnavailableError(ModelfleetError):
    """A bucket that a request needs does not answer, or lacks what it must have; try again."""


class UnknownPredictionError(ModelfleetError):
    """An id under which this model never made a prediction for this client."""


class CaptureError(ModelfleetError):
    """A log event, or a record in the lake, that does not hold a whole prediction."""


class DriftError(ModelfleetError):
    """A column whose statistics cannot be computed; it must not pass for one that did not drift."""


class PageError(ModelfleetError):
    """A page that others' code made is not what that code makes; it must not be kept or opened."""


class CallError(ModelfleetError):
    """A call to an AWS service that failed; `transient` where it is worth another try."""

    def __init__(self, text: str, *, transient: bool) -> None:
        super().__init__(text)
        self.transient = transient


class NewCodeError(ModelfleetError):
    """New code of a predict function does not answer as callers need it to."""


class DeliveryError(ModelfleetError):
    """Records that a delivery stream refused, however often they were offered."""


class ObjectNotFoundError(ModelfleetError):
    """Nothing is stored under that key."""


class ConflictError(ModelfleetError):
    """The stored object is no longer the one that was read."""
