"""Costs of serving: the API, the predict functions, and captures of predictions."""

from collections.abc import Iterator

from cli.costs.line import CostLine
from cli.costs.schedules import DAYS_A_MONTH, SECONDS_A_MONTH
from cli.costs.usage import BYTES_A_GB, Usage
from cli.templates import FUNCTION, Deployed, gigabytes
from modelfleet import prices
from modelfleet.resource_names import StackPart
from modelfleet.settings import variable

_MILLION, _THOUSAND = 1e6, 1e3
_SERVING = StackPart.SERVING
# Firehose rounds each record up to a multiple of 5 KB.
_RECORD_BYTES = 5 * 1024


def api_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of API Gateway, the firewall, and X-Ray."""
    millions = usage.predictions / _MILLION
    yield CostLine("API", "requests", prices.API_CALLS, used=millions)
    for acl in deployed.of("AWS::WAFv2::WebACL"):
        yield CostLine("firewall", "web ACL", prices.FIREWALL, 1, chosen=True)
        rules = len(acl["Rules"])
        yield CostLine("firewall", "rules", prices.FIREWALL_RULES, rules, chosen=True)
        yield CostLine("firewall", "requests", prices.FIREWALL_CALLS, used=millions)
    for sampled in deployed.of("AWS::XRay::SamplingRule", _SERVING):
        rule = sampled["SamplingRule"]
        first = min(usage.predictions, rule["ReservoirSize"] * SECONDS_A_MONTH)
        traced = first + rule["FixedRate"] * (usage.predictions - first)
        yield CostLine("API", "traces", prices.TRACES, used=traced / _MILLION)


def predict_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of the predict functions, with traffic spread evenly over the models."""
    functions = deployed.functions(_SERVING, "predict-")
    each = sum(map(gigabytes, functions)) / len(functions)
    kept = [gigabytes(f) for f in functions if "SnapStart" in f]
    starts = usage.predictions * usage.cold_share
    seconds = usage.predictions * usage.request_ms / 1e3
    yield CostLine("predict", "calls", prices.INVOCATIONS, used=usage.predictions / _MILLION)
    if kept:
        yield CostLine("predict", "requests", prices.COMPUTE, used=seconds * each)
        cached = sum(kept) * SECONDS_A_MONTH
        yield CostLine("predict", "snapshots cached", prices.SNAPSHOT_KEPT, cached, chosen=True)
        restored = starts * each
        yield CostLine("predict", "snapshots restored", prices.SNAPSHOT_RESTORED, used=restored)
    else:
        seconds += starts * usage.start_seconds
        yield CostLine("predict", "requests and starts", prices.COMPUTE, used=seconds * each)
    refresh = float(functions[0]["Environment"]["Variables"][variable("refresh_seconds")])
    asked = usage.busy_intervals(refresh, deployed.models)
    yield CostLine("predict", "pointer refreshes", prices.OBJECTS_READ, used=asked / _THOUSAND)


def capture_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of delivering predictions to the lake and storing them."""
    (function,) = deployed.functions(_SERVING, "captures")
    seconds = usage.predictions * usage.capture_seconds
    yield CostLine("captures", "calls", prices.INVOCATIONS, used=usage.predictions / _MILLION)
    yield CostLine("captures", "function", prices.COMPUTE, used=seconds * gigabytes(function))
    for stream in deployed.of("AWS::KinesisFirehose::DeliveryStream", _SERVING):
        gigabytes_in = usage.predictions * _RECORD_BYTES / BYTES_A_GB
        yield CostLine("captures", "delivery", prices.DELIVERED, used=gigabytes_in)
        yield CostLine("captures", "delivery by model", prices.PARTITIONED, used=gigabytes_in)
        hints = stream["ExtendedS3DestinationConfiguration"]["BufferingHints"]
        objects = usage.busy_intervals(hints["IntervalInSeconds"], deployed.models) / _THOUSAND
        yield CostLine("captures", "objects by model", prices.PARTITIONS, used=objects)
        yield CostLine("captures", "objects written", prices.OBJECTS_WRITTEN, used=objects)
    yield from _kept(deployed, usage)


def log_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of ingesting and storing logs."""
    days = max(each["RetentionInDays"] for each in deployed.of("AWS::Logs::LogGroup", _SERVING))
    kept = usage.logged_gb * days / DAYS_A_MONTH
    yield CostLine("logs", "ingested", prices.LOGS_TAKEN, used=usage.logged_gb)
    yield CostLine("logs", f"stored {days} days", prices.LOGS_KEPT, used=kept)


def image_lines(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the line of storing container images, one version each."""
    images = {str(f["Code"]["ImageUri"]) for f in deployed.of(FUNCTION) if "ImageUri" in f["Code"]}
    yield CostLine("images", f"{len(images)} stored", prices.IMAGES, len(images) * usage.image_gb)


def _kept(deployed: Deployed, usage: Usage) -> Iterator[CostLine]:
    """Yield the lines of storing captures: first in Standard, then in Infrequent Access."""
    rules = [
        rule
        for bucket in deployed.of("AWS::S3::Bucket", StackPart.STORAGE)
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == "captures/"
    ]
    (days,) = [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule]
    (warm,) = [r["Transitions"][0]["TransitionInDays"] for r in rules if "Transitions" in r]
    monthly = usage.stored_predictions_gb / DAYS_A_MONTH
    yield CostLine("captures", f"stored {warm} days", prices.STORED, used=monthly * warm)
    cold = f"infrequent access to day {days}"
    yield CostLine("captures", cold, prices.STORED_COLD, used=monthly * (days - warm))
