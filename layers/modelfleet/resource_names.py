"""Names of all resources of a stage, shared by infrastructure, commands, and functions."""

from enum import StrEnum

PROJECT = "modelfleet"

# The alias through which callers invoke a predict function.
LIVE = "live"

# The alarm that ends a challenger's trial, after the model's name.
TRIAL_ALARM = "challenger-fails"

# The paths next to the models' paths.
METRICS_PATH = "metrics"
CONSOLE_PATH = "console"


class StackPart(StrEnum):
    """The stacks of a stage."""

    STORAGE = "storage"
    SERVING = "serving"
    RETRAINING = "retraining"
    BATCH = "batch"
    MONITORING = "monitoring"
    DRIFT = "drift"


class Output(StrEnum):
    """Stack outputs, for commands and for people."""

    API_URL = "ApiUrl"
    DOMAIN_TARGET = "DomainTarget"
    API_ID = "ApiId"
    API_STAGE = "ApiStage"
    API_KEY_ID = "ApiKeyId"
    CONSOLE_URL = "ConsoleUrl"
    USER_POOL_ID = "UserPoolId"
    SESSION_KEY = "SessionKeyArn"
    LAKE_BUCKET = "LakeBucket"
    SIGNING_KEY = "SigningKeyArn"
    ARTIFACTS_BUCKET = "ArtifactsBucket"
    STATE_MACHINE_ARN = "StateMachineArn"
    TRAIN_FUNCTION = "TrainFunction"
    RELEASE_FUNCTION = "ReleaseFunction"
    BATCH_MACHINE_ARN = "BatchMachineArn"
    BATCH_FUNCTION = "BatchFunction"


class Resource(StrEnum):
    """Named resources. Resources of different services may share a name."""

    # storage
    PEOPLE = "people"
    BACKUP_PLAN = "daily"
    BACKUP_VAULT = "vault"
    REGISTRY_USERS = "registry-users"
    REGISTRY_USERS_PROVIDER = "registry-users-provider"

    # serving: the API, its functions and their targets; a client's key ends with the client's name
    API = "api"
    API_KEY = "key"  # pragma: allowlist secret  # a name
    USAGE_PLAN = "plan"
    FIREWALL = "firewall"
    CAPTURES = "captures"
    UNDELIVERED_CAPTURES = "undelivered-captures"
    METRICS = "metrics"
    CONSOLE = "console"

    # retraining: the state machine, its functions, and their triggers
    RETRAINING = "retraining"
    TRAIN = "train"
    RELEASE = "release"
    SCHEMA = "schema"
    ABORTED_EXECUTIONS = "aborted-executions"
    FAILING_CHALLENGERS = "failing-challengers"
    BANDITS = "bandits"
    APPROVALS = "approvals"
    UNDELIVERED_SCHEDULES = "undelivered-schedules"

    # batch: function and state machine
    BATCH = "batch"

    # drift: rules on decisions and on manual releases, the machine that notifies people, and the
    # queue of runs that failed or were never started
    RETRAIN_AFTER_DRIFT = "retrain-after-drift"
    DRIFT_NOTIFICATIONS = "drift-notifications"
    RELEASE_NOTICES = "release-notices"
    FAILED_DRIFT_RUNS = "failed-drift-runs"

    # monitoring, and the event bus of the stage
    ALERTS = "alerts"
    EVENTS = "events"
    BUDGET = "budget"
    DASHBOARD = "fleet"


class ModelResource(StrEnum):
    """Resources per model; their names end with the model's name."""

    PREDICT = "predict"
    PRETRAFFIC = "pretraffic"
    DRIFT = "drift"  # function and schedule
    RETRAINING_SCHEDULE = "retrain"
    WARM = "keep-warm"


def resource_name(stage: str, *parts: str) -> str:
    """Return the full name of a resource; it contains the stage, since stages share accounts."""
    return "-".join((PROJECT, stage, *parts))


def ci_stack_name() -> str:
    """Return the name of the stack with the roles of CI, one per account."""
    return f"{PROJECT}-ci"


def stack_name(stage: str, part: StackPart) -> str:
    """Return the name of a stage's stack."""
    return resource_name(stage, part)


def event_bus(stage: str) -> str:
    """The name of the event bus for a stage's own events."""
    return resource_name(stage, Resource.EVENTS)


def captures_function(stage: str) -> str:
    """Return the name of the function that delivers captures from the logs to the lake."""
    return resource_name(stage, Resource.CAPTURES)


def metrics_function(stage: str) -> str:
    """Return the name of the function that exports metrics for Prometheus."""
    return resource_name(stage, Resource.METRICS)


def console_function(stage: str) -> str:
    """Return the name of the console's function, and of its client of the user pool."""
    return resource_name(stage, Resource.CONSOLE)


def predict_function(stage: str, model: str) -> str:
    """Return the name of a model's predict function."""
    return resource_name(stage, ModelResource.PREDICT, model)


def pretraffic_function(stage: str, model: str) -> str:
    """Return the name of the function that checks a predict function's new code before traffic."""
    return resource_name(stage, ModelResource.PRETRAFFIC, model)


def drift_function(stage: str, model: str) -> str:
    """Return the name of a model's drift function."""
    return resource_name(stage, ModelResource.DRIFT, model)


def trial_alarm(stage: str, model: str) -> str:
    """Return the name of the alarm on failures of a model's challenger."""
    return resource_name(stage, model, TRIAL_ALARM)


def model_of_trial_alarm(stage: str, name: str) -> str:
    """Return the model whose challenger an alarm monitors."""
    return name.removeprefix(resource_name(stage, "")).removesuffix(f"-{TRIAL_ALARM}")
