"""Events on the account's default bus of Amazon EventBridge."""

import json
import logging

from modelfleet.adapters.aws_json import AwsJsonClient
from modelfleet.domain import keys
from modelfleet.domain.errors import CallError
from modelfleet.domain.history import EVENT_TYPE, ReleaseRecord

_log = logging.getLogger("modelfleet.events")


class EventBus:
    """Announces what happened to releases.

    Parameters
    ----------
    client
        Calls EventBridge.
    source
        Who the events are from.
    stage
        Whose fleet it is; several may share an account.
    """

    def __init__(self, client: AwsJsonClient, source: str, stage: str) -> None:
        self._client = client
        self._source = source
        self._stage = stage

    def announce(self, record: ReleaseRecord) -> None:
        """Send a record without its looks, and the key that they lie under.

        Where it is not taken, that is logged: the record is there all the same.
        """
        detail = record.model_dump(mode="json", exclude={"held_out", "looks"}) | {
            "stage": self._stage,
            "record": keys.release_record(record.model, record.execution),
        }
        entry = {"Source": self._source, "DetailType": EVENT_TYPE, "Detail": json.dumps(detail)}
        try:
            failed = self._client.call("PutEvents", {"Entries": [entry]})["FailedEntryCount"]
        except CallError as error:
            _log.warning("%s was not announced: %s", detail["record"], error)
            return
        if failed:
            _log.warning("%s was not announced: the bus refused it", detail["record"])
