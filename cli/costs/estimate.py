"""The whole estimate: which resources are paid for, and which are not."""

from itertools import chain

from cli.costs import monitoring as watching
from cli.costs import serving, training
from cli.costs.deployed import Deployed
from cli.costs.line import CostLine
from cli.costs.usage import Usage

_PARTS = (
    serving.api_lines,
    serving.predict_lines,
    serving.capture_lines,
    serving.log_lines,
    serving.image_lines,
    watching.alarm_lines,
    watching.dashboard_lines,
    watching.metric_lines,
    watching.drift_lines,
    training.retraining_lines,
    training.database_lines,
    training.bucket_lines,
    training.secret_lines,
)

# What the lines above count or read.
PRICED = frozenset(
    {
        "AWS::Backup::BackupPlan",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Events::Rule",
        "AWS::KMS::Key",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster",
        "AWS::S3::Bucket",
        "AWS::Scheduler::Schedule",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
        "AWS::WAFv2::WebACL",
        "AWS::XRay::SamplingRule",
    }
)

# What AWS asks nothing for by itself, or less than a cent where it is as little used as here:
# messages in queues and topics, rejected connections, deployments of functions, scheduled starts.
UNPRICED = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::Backup::BackupSelection",
        "AWS::Backup::BackupVault",
        "AWS::Budgets::Budget",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::EC2::FlowLog",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::Alias",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogStream",
        "AWS::Logs::SubscriptionFilter",
        "AWS::RDS::DBClusterParameterGroup",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBSubnetGroup",
        "AWS::Route53::RecordSet",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::WebACLAssociation",
        "Custom::RegistryUsers",
        "Custom::S3AutoDeleteObjects",
        "Custom::Trigger",
        "Custom::VpcRestrictDefaultSG",
    }
)


def estimate(deployed: Deployed, usage: Usage) -> list[CostLine]:
    """Price everything that a stage deploys; the lines of one part follow each other."""
    lines = chain.from_iterable(part(deployed, usage) for part in _PARTS)
    return sorted(lines, key=lambda line: line.part)
