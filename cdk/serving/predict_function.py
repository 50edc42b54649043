"""The function that serves one model, behind the alias `live`."""

from aws_cdk import aws_lambda, aws_s3
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.fleet_function import FleetFunction, Size
from cdk.shared.permissions import allow_create, allow_read
from cdk.shared.signing_key import SigningKey
from modelfleet.resource_names import LIVE, predict_function
from modelfleet.settings import PredictSettings
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys


class PredictFunction(Construct):
    """Reads its release pointer and bundles, and stores feedback on its own predictions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        spec: ModelSpec,
        artifacts: aws_s3.IBucket,
        lake: aws_s3.IBucket,
        signing_key: SigningKey,
    ) -> None:
        super().__init__(scope, id_)
        predict = FleetFunction(
            self,
            "Predict",
            stage=stage,
            unit="predict",
            name=predict_function(stage.name, spec.name),
            packaging=stage.packaging,
            settings=_settings(stage, spec, artifacts, lake, signing_key),
            size=_size(stage, spec),
            snap_start=stage.snap_start,
        )
        function = predict.function
        self.logs = predict.logs
        allow_read(artifacts, function, keys.release_pointer(spec.name))
        allow_read(artifacts, function, f"{keys.MODELS}/{spec.name}/*")
        signing_key.allow_signing(function)
        allow_create(lake, function, keys.all_feedback(spec.name))
        self.live = aws_lambda.Alias(
            self, "Live", alias_name=LIVE, version=function.current_version
        )


def _settings(
    stage: Stage,
    spec: ModelSpec,
    artifacts: aws_s3.IBucket,
    lake: aws_s3.IBucket,
    signing_key: SigningKey,
) -> PredictSettings:
    return PredictSettings(
        stage=stage.name,
        model=spec.name,
        artifacts_bucket=artifacts.bucket_name,
        lake_bucket=lake.bucket_name,
        signing_keys=signing_key.arn,
        refresh_seconds=stage.refresh_seconds,
        maximum_body_bytes=stage.maximum_body_bytes,
        docs_enabled=stage.docs_enabled,
        details_enabled=stage.details_enabled,
        allowed_origins=" ".join(stage.allowed_origins),
    )


def _size(stage: Stage, spec: ModelSpec) -> Size:
    return Size(
        memory_mb=stage.serving_memory_mb(spec),
        timeout_seconds=spec.serving.timeout_seconds,
        reserved_concurrency=stage.reserved_concurrency,
    )
