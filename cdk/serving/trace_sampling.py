"""How many requests of the API are traced."""

from aws_cdk import aws_xray
from constructs import Construct

from cdk.settings.stage import Stage

# Before X-Ray's own rule, which traces the first request of every second: all of a small fleet's.
_PRIORITY = 1000
_ANY = "*"


class TraceSampling(Construct):
    """A share of the requests, decided by the gateway for all that they lead to."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: str) -> None:
        super().__init__(scope, id_)
        aws_xray.CfnSamplingRule(
            self,
            "Rule",
            sampling_rule=aws_xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=stage.resource("api"),
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
