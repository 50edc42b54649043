"""The complete estimate, and which resource types it prices."""

from itertools import chain

from cli.costs import monitoring, serving, training
from cli.costs.line import CostLine
from cli.costs.usage import Usage
from cli.templates import Deployed

_PARTS = (
    serving.api_lines,
    serving.predict_lines,
    serving.capture_lines,
    serving.log_lines,
    serving.image_lines,
    monitoring.alarm_lines,
    monitoring.dashboard_lines,
    monitoring.metric_lines,
    monitoring.drift_lines,
    training.retraining_lines,
    training.database_lines,
    training.bucket_lines,
    training.secret_lines,
)

# Resource types that the functions above price or read.
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

# Resource types that are free, or cost less than a cent at this usage: messages in queues and
# topics, flow logs of rejected connections, function deployments, scheduled starts.
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
        # Up to 10,000 people a month.
        "AWS::Cognito::UserPool",
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolGroup",
        "AWS::EC2::FlowLog",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::Events::EventBus",
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
    """Price everything that a stage deploys, sorted by part."""
    lines = chain.from_iterable(part(deployed, usage) for part in _PARTS)
    return sorted(lines, key=lambda line: line.part)
