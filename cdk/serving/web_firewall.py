"""The web firewall of the API: it blocks floods and known attacks."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_apigateway, aws_wafv2
from constructs import Construct

from cdk.settings.stage import Stage
from modelfleet.resource_names import Resource

# Attacks on web applications in general, and inputs that only attackers send.
_COMMON = "AWSManagedRulesCommonRuleSet"
_KNOWN_BAD = "AWSManagedRulesKnownBadInputsRuleSet"
# Rules of the common group that only count, because they block ordinary callers of an API:
# bodies over 8 KiB (batches are larger, and the function has a limit of its own), programs that
# send no user agent, and text with markup such as `<`, which is data here and never shown
# unescaped. Their metrics show who would be blocked.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
_COUNTED = ("SizeRestrictions_BODY", "NoUserAgent_HEADER", "CrossSiteScripting_BODY")

_Rule = aws_wafv2.CfnWebACL.RuleProperty


class WebFirewall(Construct):
    """A web ACL on the API's stage; `requests_per_address` is a limit per five minutes."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        api_stage: aws_apigateway.Stage,
        requests_per_address: int,
    ) -> None:
        super().__init__(scope, id_)
        acl = aws_wafv2.CfnWebACL(
            self,
            "Acl",
            name=stage.resource(Resource.FIREWALL),
            scope="REGIONAL",
            default_action=aws_wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility(stage, Resource.FIREWALL),
            rules=[
                _flood(stage, requests_per_address),
                _managed(stage, 1, _COMMON, counted=_COUNTED),
                _managed(stage, 2, _KNOWN_BAD),
            ],
        )
        aws_wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=api_stage.stage_arn, web_acl_arn=acl.attr_arn
        )


def _flood(stage: Stage, limit: int) -> Any:
    return _Rule(
        name="flood",
        priority=0,
        action=aws_wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=aws_wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=aws_wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=limit
            )
        ),
        visibility_config=_visibility(stage, "flood"),
    )


def _managed(stage: Stage, priority: int, group: str, counted: Sequence[str] = ()) -> Any:
    counting = [
        aws_wafv2.CfnWebACL.RuleActionOverrideProperty(
            name=name, action_to_use=aws_wafv2.CfnWebACL.RuleActionProperty(count={})
        )
        for name in counted
    ]
    return _Rule(
        name=group,
        priority=priority,
        override_action=aws_wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=aws_wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=aws_wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=group, rule_action_overrides=counting or None
            )
        ),
        visibility_config=_visibility(stage, group),
    )


def _visibility(stage: Stage, name: str) -> Any:
    # No sampled requests: they would store callers' addresses and headers.
    return aws_wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=stage.resource(name),
        sampled_requests_enabled=False,
    )
