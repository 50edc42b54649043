"""What would end an execution after minutes, checked before it starts."""

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.registry.pointer import experiment_obstacle
from modelfleet.registry.pointer_store import current
from modelfleet.registry.versions import require_version
from modelfleet.resource_names import Output


def require_no_experiment(cloud: Cloud, model: str) -> None:
    """Require that no experiment would keep a retrained version from being released.

    Raises
    ------
    FleetError
        If one is running. A canary ends by itself, and the execution waits for it.
    """
    released = current(cloud.store(Output.ARTIFACTS_BUCKET), model)
    if (obstacle := experiment_obstacle(released, version=None)) is not None:
        raise FleetError(obstacle, code="experiment_running")


def require_releasable(cloud: Cloud, model: str, version: str) -> None:
    """Require that a version exists and may be given traffic.

    Raises
    ------
    BundleError
        If there is no such version.
    FleetError
        If it is the champion, or another version is on trial.
    """
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    require_version(artifacts, model, version)
    released = current(artifacts, model)
    if released is None:
        return
    if version == released.champion:
        raise FleetError(
            f"{model} {version} is already the champion; choose another version of "
            f"`fleet models {model}`",
            code="already_champion",
        )
    challenger = released.challenger
    if challenger is not None and challenger.version != version:
        raise FleetError(
            f"{model} {challenger.version} is on trial ({released.reason}); end the trial first "
            f"with `fleet rollback {model}`",
            code="trial_running",
        )
