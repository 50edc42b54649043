"""The custom domain of the API."""

from aws_cdk import aws_apigateway, aws_certificatemanager, aws_route53
from constructs import Construct

from cdk.settings.domain import CustomDomain


class ApiDomain(Construct):
    """A regional domain with TLS 1.2 or newer, whose root is the API's stage."""

    def __init__(
        self, scope: Construct, id_: str, *, domain: CustomDomain, api: aws_apigateway.RestApi
    ) -> None:
        super().__init__(scope, id_)
        name = aws_apigateway.DomainName(
            self,
            "Name",
            domain_name=domain.name,
            certificate=aws_certificatemanager.Certificate.from_certificate_arn(
                self, "Certificate", domain.certificate_arn
            ),
            endpoint_type=aws_apigateway.EndpointType.REGIONAL,
            security_policy=aws_apigateway.SecurityPolicy.TLS_1_2,
            mapping=api,
        )
        self.url = f"https://{domain.name}/"
        # What a DNS record must point to, if the zone is hosted elsewhere.
        self.target = name.domain_name_alias_domain_name
        if domain.hosted_zone_id is not None:
            self._build_record(domain, domain.hosted_zone_id, name)

    def _build_record(
        self, domain: CustomDomain, zone_id: str, name: aws_apigateway.DomainName
    ) -> None:
        aws_route53.CfnRecordSet(
            self,
            "Record",
            hosted_zone_id=zone_id,
            name=domain.name,
            type="A",
            alias_target=aws_route53.CfnRecordSet.AliasTargetProperty(
                dns_name=self.target,
                hosted_zone_id=name.domain_name_alias_hosted_zone_id,
            ),
        )
