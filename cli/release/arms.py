"""What champion and challenger did, measured and as rows of a table."""

from datetime import UTC, datetime, timedelta

from cli.cloud import Cloud
from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
from modelfleet.adapters.aws.cloudwatch_reader import CloudWatchReader
from modelfleet.catalogue import find
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.evidence import gather
from modelfleet.release.judge import standing, summary
from modelfleet.resource_names import Output
from modelfleet.retraining.trial import ArmSummary, Standing
from modelfleet.settings import namespace

MEASURES = (
    "version",
    "requests",
    "errors",
    "predictions",
    "invalid",
    "p50 ms",
    "p95 ms",
    "mean score",
    "outcomes",
    "loss",
)

# The period for a champion without a challenger.
_WINDOW = timedelta(hours=24)


def measure_arms(
    cloud: Cloud, released: ReleasePointer
) -> tuple[list[ArmSummary], Standing | None]:
    """Measure both arms since the challenger has its share, and compare them."""
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
    return both, standing(found, spec.release.limits)


def arm_column(arm: ArmSummary) -> tuple[str, ...]:
    """An arm's values of `MEASURES`."""
    measured = (arm.latency_p50_ms, arm.latency_p95_ms, arm.mean_score)
    p50, p95, score = ("-" if value is None else f"{value:.4g}" for value in measured)
    loss = "-" if arm.mean_loss is None else f"{arm.mean_loss:.4g}"
    if arm.loss_interval:
        low, high = arm.loss_interval
        loss += f" ({low:.4g} to {high:.4g})"
    counts = (arm.requests, arm.errors, arm.predictions, arm.invalid)
    return (arm.version, *map(str, counts), p50, p95, score, str(arm.outcomes), loss)


def standing_line(found: Standing) -> str:
    """How the arms compare, in words."""
    better = _better(found)
    if not found.scored_by_both:
        return better
    share = found.disagreements / found.scored_by_both
    return f"they disagree on {share:.1%} of {found.scored_by_both} rows; {better}"


def _better(found: Standing) -> str:
    if found.probability_better is None or found.outcomes_needed is None:
        return "too few outcomes to say which is better"
    return (
        f"the challenger is better with probability {found.probability_better:.1%}; "
        f"each arm needs {found.outcomes_needed} outcomes in total"
    )
