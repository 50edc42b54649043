"""Names that infrastructure and commands share: stacks, functions, outputs, alarms."""

from enum import StrEnum

PROJECT = "modelfleet"

# Beside the models' own paths.
METRICS_PATH = "metrics"


class StackPart(StrEnum):
    """The stacks of a stage."""

    STORAGE = "storage"
    SERVING = "serving"
    RETRAINING = "retraining"
    BATCH = "batch"
    MONITORING = "monitoring"
    WATCHING = "watching"


class Output(StrEnum):
    """The outputs of the stacks, for the command and for people."""

    API_URL = "ApiUrl"
    DOMAIN_TARGET = "DomainTarget"
    API_ID = "ApiId"
    API_STAGE = "ApiStage"
    API_KEY_ID = "ApiKeyId"
    LAKE_BUCKET = "LakeBucket"
    SIGNING_KEY = "SigningKeyArn"
    ARTIFACTS_BUCKET = "ArtifactsBucket"
    STATE_MACHINE_ARN = "StateMachineArn"
    TRAIN_FUNCTION = "TrainFunction"
    RELEASE_FUNCTION = "ReleaseFunction"
    BATCH_MACHINE_ARN = "BatchMachineArn"
    BATCH_FUNCTION = "BatchFunction"


def captures_function(stage: str) -> str:
    """The name of the function between the predict functions' logs and the lake."""
    return f"{PROJECT}-{stage}-captures"


def metrics_function(stage: str) -> str:
    """The name of the function that offers the fleet's metrics to other monitoring."""
    return f"{PROJECT}-{stage}-metrics"


def trial_alarm(stage: str, model: str) -> str:
    """The name of the alarm on a model's challenger."""
    return f"{PROJECT}-{stage}-{model}{_TRIAL_ALARM}"


def model_of_trial_alarm(stage: str, name: str) -> str:
    """The model whose challenger an alarm is on."""
    return name.removeprefix(f"{PROJECT}-{stage}-").removesuffix(_TRIAL_ALARM)


_TRIAL_ALARM = "-challenger-fails"


def stack_name(stage: str, part: StackPart) -> str:
    """The name of a stage's stack."""
    return f"{PROJECT}-{stage}-{part}"


def predict_function(stage: str, model: str) -> str:
    """The name of a model's predict function."""
    return f"{PROJECT}-{stage}-predict-{model}"


def pretraffic_function(stage: str, model: str) -> str:
    """The name of the function that tries a model's new code before its traffic."""
    return f"{PROJECT}-{stage}-pretraffic-{model}"


def drift_function(stage: str, model: str) -> str:
    """The name of the function that watches a model."""
    return f"{PROJECT}-{stage}-drift-{model}"
