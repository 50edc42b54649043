"""What the release function is asked for, and what both arms of a release did."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from pydantic import BaseModel

from cli.cloud import Cloud
from cli.output.console import warn
from cli.output.errors import FleetError
from modelfleet.adapters.aws_json import CLOUDWATCH, AwsJsonClient
from modelfleet.adapters.cloudwatch_reader import CloudWatchReader
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.errors import ReleaseError
from modelfleet.domain.history import ReleaseRecord, read_record
from modelfleet.domain.messages import Released
from modelfleet.domain.release import ReleasePointer
from modelfleet.domain.rollout import ArmSummary, Standing
from modelfleet.pipelines.evidence import gather
from modelfleet.pipelines.judge import standing, summary
from modelfleet.pipelines.pointer import current, read
from modelfleet.pipelines.read_object import parsed
from modelfleet.settings import namespace
from models.catalogue import find

# What a champion without a challenger is shown on.
_WINDOW = timedelta(hours=24)


def ask(cloud: Cloud, request: BaseModel) -> Released:
    """Have the release function do something.

    Raises
    ------
    FleetError
        If it refuses; nothing was changed then.
    """
    answered = cloud.client("lambda").invoke(
        FunctionName=cloud.output(Output.RELEASE_FUNCTION), Payload=request.model_dump_json()
    )
    payload = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        raise FleetError(f"nothing was changed: {payload.get('errorMessage')}")
    return Released.model_validate(payload)


def pointer(cloud: Cloud, model: str) -> ReleasePointer:
    """What is released.

    Raises
    ------
    FleetError
        If nothing is.
    """
    found = current(cloud.store(Output.ARTIFACTS_BUCKET), model)
    if found is None:
        raise FleetError(f"{model}: nothing is released yet; run: fleet retrain {model} --wait")
    return found


def good_pointers(cloud: Cloud, model: str) -> Iterator[ReleasePointer]:
    """The versions of a model's pointer that can be read, the newest first."""
    client, bucket = cloud.client("s3"), cloud.output(Output.ARTIFACTS_BUCKET)
    key = keys.release_pointer(model)
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    versions = [each for page in pages for each in page.get("Versions", []) if each["Key"] == key]
    for each in sorted(versions, key=itemgetter("LastModified"), reverse=True):
        stored = client.get_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])
        try:
            yield read(model, stored["Body"].read())
        except ReleaseError:
            # The one that is asked for because it is broken, or an earlier one like it.
            continue


def history(cloud: Cloud, model: str) -> list[ReleaseRecord]:
    """The records of a model's releases and rollbacks, the newest first.

    One that cannot be read is named, and the others are shown.
    """
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    found = []
    for key in store.keys(keys.release_history(model)):
        try:
            found.append(parsed(key, store.get(key).content, read_record))
        except ReleaseError as error:
            warn(str(error))
    return sorted(found, key=lambda record: record.written_at, reverse=True)


def arms(cloud: Cloud, released: ReleasePointer) -> tuple[list[ArmSummary], Standing | None]:
    """What champion and challenger did since the challenger has its share, and how it stands."""
    now = datetime.now(UTC)
    challenger = released.challenger
    start = (released.trial_since or released.written_at) if challenger else now - _WINDOW
    versions = [released.champion, *([challenger.version] if challenger else [])]
    client = AwsJsonClient(CLOUDWATCH, cloud.environment)
    metrics = CloudWatchReader(client, namespace(cloud.stage))
    lake = cloud.store(Output.LAKE_BUCKET)
    spec = find(released.model)
    found = gather(spec, versions, start, now, lake, metrics)
    if challenger is None:
        return [summary(found.champion)], None
    both = [summary(found.champion), summary(found.challenger)]
    return both, standing(found, spec.rollout.limits)
