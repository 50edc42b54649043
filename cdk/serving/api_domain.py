"""A name of the caller's own world for the API."""

from aws_cdk import aws_apigateway, aws_certificatemanager, aws_route53
from constructs import Construct

from cdk.settings.domain import CustomDomain


class ApiDomain(Construct):
    """A regional domain over TLS 1.2 or newer, below which the API's stage begins at once."""

    def __init__(
        self, scope: Construct, id_: str, *, domain: CustomDomain, api: aws_apigateway.RestApi
    ) -> None:
        super().__init__(scope, id_)
        certificate = aws_certificatemanager.Certificate.from_certificate_arn(
            self, "Certificate", domain.certificate_arn
        )
        named = aws_apigateway.DomainName(
            self,
            "Name",
            domain_name=domain.name,
            certificate=certificate,
            endpoint_type=aws_apigateway.EndpointType.REGIONAL,
            security_policy=aws_apigateway.SecurityPolicy.TLS_1_2,
            mapping=api,
        )
        self.url = f"https://{domain.name}/"
        # What the name must lead to, for whoever keeps its zone elsewhere.
        self.target = named.domain_name_alias_domain_name
        if domain.hosted_zone_id is not None:
            aws_route53.CfnRecordSet(
                self,
                "Record",
                hosted_zone_id=domain.hosted_zone_id,
                name=domain.name,
                type="A",
                alias_target=aws_route53.CfnRecordSet.AliasTargetProperty(
                    dns_name=self.target,
                    hosted_zone_id=named.domain_name_alias_hosted_zone_id,
                ),
            )
