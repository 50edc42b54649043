"""A notification for people."""

from modelfleet.spec.document import Frozen


class Notice(Frozen):
    """A notification: its text, and a subject of at most 60 ASCII characters; SNS allows 100."""

    subject: str
    message: str
