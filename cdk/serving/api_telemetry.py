"""Access logs and trace sampling of the API."""

import json
from typing import Any

from aws_cdk import aws_apigateway, aws_xray
from constructs import Construct

from cdk.settings.stage import Stage
from cdk.shared.logs import log_group
from modelfleet.resource_names import Resource

# No IP address, user agent, or requested path, so that no personal data is logged.
_ACCESS_LINE = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "refusal": "$context.error.responseType",
    "response_bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
    "api_key_id": "$context.identity.apiKeyId",
    "xray_trace_id": "$context.xrayTraceId",
}
# Before X-Ray's default rule, which traces the first request per second: in a small fleet, all.
_PRIORITY = 1000
_ANY = "*"


def access_logging(scope: Construct, *, stage: Stage) -> dict[str, Any]:
    """Return the options of the API's stage that log each request, if it has access logs."""
    if not stage.access_logs:
        return {}
    name = f"/aws/apigateway/{stage.resource(Resource.API)}"
    group = log_group(scope, "AccessLogs", stage=stage, name=name)
    return {
        "access_log_destination": aws_apigateway.LogGroupLogDestination(group),
        "access_log_format": aws_apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LINE)),
    }


class TraceSampling(Construct):
    """Sampling rule for the share of API requests that are traced end to end."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: str) -> None:
        super().__init__(scope, id_)
        aws_xray.CfnSamplingRule(
            self,
            "Rule",
            sampling_rule=aws_xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=api,
                priority=_PRIORITY,
                fixed_rate=stage.traced_share,
                reservoir_size=0,
                service_name=f"{api}/{stage.name}",
                service_type="AWS::ApiGateway::Stage",
                host=_ANY,
                http_method=_ANY,
                url_path=_ANY,
                resource_arn=_ANY,
                version=1,
            ),
        )
