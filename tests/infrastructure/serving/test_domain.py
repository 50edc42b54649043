"""The API has a custom domain if the deployment sets one, with TLS 1.2 or newer."""

from modelfleet.resource_names import Output, StackPart
from tests.infrastructure.conftest import DOMAIN
from tests.infrastructure.templates import FleetTemplates

CERTIFICATE = DOMAIN.certificate_arn


def test_the_domain_leads_to_the_stage(customized: FleetTemplates) -> None:
    """Regional, TLS 1.2 or newer, with the given certificate; its root is the stage."""
    ((name, domain),) = customized.resources(
        StackPart.SERVING, "AWS::ApiGateway::DomainName"
    ).items()
    properties = domain["Properties"]
    assert (properties["DomainName"], properties["SecurityPolicy"]) == (DOMAIN.name, "TLS_1_2")
    assert properties["RegionalCertificateArn"] == CERTIFICATE
    assert properties["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    (mapping,) = customized.properties(StackPart.SERVING, "AWS::ApiGateway::BasePathMapping")
    (stage,) = customized.resources(StackPart.SERVING, "AWS::ApiGateway::Stage")
    assert (mapping["DomainName"], mapping["Stage"]) == ({"Ref": name}, {"Ref": stage})
    assert not mapping.get("BasePath")


def test_the_record_and_the_outputs_point_to_the_domain(customized: FleetTemplates) -> None:
    """The record is an alias of the domain, and the outputs have its address."""
    (record,) = customized.properties(StackPart.SERVING, "AWS::Route53::RecordSet")
    assert (record["Name"], record["HostedZoneId"]) == (DOMAIN.name, DOMAIN.hosted_zone_id)
    outputs = customized.parts[StackPart.SERVING]["Outputs"]
    assert outputs[Output.API_URL]["Value"] == f"https://{DOMAIN.name}/"
    assert outputs[Output.DOMAIN_TARGET]["Value"] == record["AliasTarget"]["DNSName"]


def test_a_stage_without_domain_has_no_domain_resources(fleet: FleetTemplates) -> None:
    """By default a stage only has the API's own address."""
    kinds = ("AWS::ApiGateway::DomainName", "AWS::Route53::RecordSet")
    assert not any(fleet.resources(StackPart.SERVING, kind) for kind in kinds)
    assert Output.DOMAIN_TARGET not in fleet.parts[StackPart.SERVING]["Outputs"]
