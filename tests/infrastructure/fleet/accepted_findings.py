"""What cdk-nag finds and we keep, each as narrow as its reason."""

import re
from dataclasses import dataclass

_STAGE = r"(local|dev|staging|prod)"
_API = rf"modelfleet-{_STAGE}-serving/Predictions/Api"
_POLICY = rf"modelfleet-{_STAGE}-\w+/.+/\w*Policy/Resource"
_EXECUTIONS = r"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
_LOCAL = "modelfleet-local-"
_ENGINE = "the local engine has none of it, and answers on the loopback interface alone"


@dataclass(frozen=True)
class Accepted:
    """A rule with its finding, the constructs that it is accepted for, and why."""

    rule: str
    where: str
    reason: str

    def covers(self, rule: str, path: str) -> bool:
        """Whether this is what was found there."""
        return bool(re.fullmatch(self.rule, rule) and re.fullmatch(self.where, path))


ACCEPTED = (
    Accepted(
        "AwsSolutions-SMG4",
        rf"modelfleet-{_STAGE}-storage/SigningKey/Secret",
        "a forged id names a prediction that no lake holds; a person rotates the key by a command",
    ),
    Accepted(
        "AwsSolutions-(APIG4|COG4)",
        rf"{_API}/Default/\w+/(\{{proxy\+\}}/)?(GET|ANY)/Resource",
        "callers are programs with a key and a usage plan of their own, not people who sign in",
    ),
    Accepted(
        "AwsSolutions-(APIG4|COG4)",
        r"modelfleet-(local|dev)-serving/Predictions/Api/Default/\w+/"
        r"(card|docs|docs/\{file\}|openapi\.json)/GET/Resource",
        "documentation opens in a browser without a key, where the stage shows it",
    ),
    Accepted(
        "AwsSolutions-APIG2",
        rf"{_API}/Resource",
        "the function validates with the model's own schema and says which field is wrong",
    ),
    Accepted(
        "AwsSolutions-APIG3",
        r"modelfleet-(local|dev)-serving/Predictions/Api/DeploymentStage\.(local|dev)/Resource",
        "keys, throttles and quotas bound what a caller costs; a web ACL idles dearer than a fleet",
    ),
    Accepted(
        "AwsSolutions-APIG6",
        rf"{_API}/DeploymentStage\.{_STAGE}/Resource",
        "execution logs hold bodies, which are personal data; the access log says the rest",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AmazonAPIGatewayPushToCloudWatchLogs\]",
        rf"{_API}/CloudWatchRole/Resource",
        "the role that API Gateway itself writes logs with, as its documentation asks for",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSCodeDeployRoleForLambdaLimited\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Group/ServiceRole/Resource",
        "what CodeDeploy asks for to move an alias and to run a hook, and nothing else",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSLambdaBasicExecutionRole\]",
        rf"modelfleet-{_STAGE}-storage/Registry/Users/Provider/framework-onEvent/ServiceRole/Resource",
        "the CDK's own function behind custom resources, which has no other role",
    ),
    Accepted(
        r'AwsSolutions-IAM5\[Resource::\{"Fn::GetStackOutput".*\}/[\w-]+(/[\w=]+)?/\*\]',
        _POLICY,
        "objects below one prefix of a bucket: as narrow as rights on objects get",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::\*\]",
        _POLICY,
        "actions that know no resources; test_least_privilege names every one of them",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+Function\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-(retraining|batch)/\w+/Machine/Role/DefaultPolicy/Resource",
        "versions of the one function that a machine calls",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+DriftFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-drift/SchedulerRoleForTarget-\w+/DefaultPolicy/Resource",
        "versions of the one function that a schedule calls",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+PredictFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Pretraffic/Hook/Role/DefaultPolicy/Resource",
        "versions of the one function whose newest code is tried",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+PretrafficHookFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Group/ServiceRole/DefaultPolicy/Resource",
        "versions of the one function that CodeDeploy asks before it moves the traffic",
    ),
    Accepted(
        rf"AwsSolutions-IAM5\[Resource::{_EXECUTIONS}modelfleet-{_STAGE}-retraining:\*\]",
        rf"modelfleet-{_STAGE}-retraining/Releasing/Release/Role/DefaultPolicy/Resource",
        "an execution's name is not known before it is started",
    ),
    Accepted(
        rf'AwsSolutions-IAM5\[Resource::{_EXECUTIONS}\{{"Fn::Select".*"JobsMachine\w+".*:\*\]',
        rf"modelfleet-{_STAGE}-batch/Jobs/Machine/DistributedMapPolicy/Resource",
        "a distributed Map starts executions of its own machine, whose names it makes up",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<RegistryUsersFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-storage/Registry/Users/Provider/framework-onEvent/ServiceRole"
        "/DefaultPolicy/Resource",
        "versions of the one function that the CDK's own calls",
    ),
    Accepted(
        "AwsSolutions-L1",
        rf"modelfleet-{_STAGE}-\w+/.+/Function/Resource",
        "Python 3.13 is what images, layers and locks are built and tested with",
    ),
    Accepted(
        "AwsSolutions-RDS10",
        r"modelfleet-(dev|staging|prod)-storage/Registry/Cluster/Resource",
        "dev's database goes with its stack, and the others' are protected once they are up",
    ),
    Accepted(
        "AwsSolutions-SQS3",
        rf"modelfleet-{_STAGE}-\w+/.*Undelivered/Resource",
        "it is itself where undelivered events are kept, and an alarm watches it",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSBackupServiceRolePolicyFor\w+\]",
        rf"modelfleet-{_STAGE}-storage/Backup/Role/Resource",
        "what AWS Backup asks for, which changes with what it learns to copy",
    ),
    Accepted("AwsSolutions-APIG1", rf"{_LOCAL}serving/.+/DeploymentStage.local/Resource", _ENGINE),
    Accepted("AwsSolutions-S(1|10)", rf"{_LOCAL}storage/\w+/Resource", _ENGINE),
    Accepted("AwsSolutions-SF[12]", rf"{_LOCAL}\w+/\w+/Machine/Resource", _ENGINE),
    Accepted("AwsSolutions-SNS3", rf"{_LOCAL}monitoring/Alerts/Resource", _ENGINE),
    Accepted("AwsSolutions-SQS4", rf"{_LOCAL}\w+/.+/Undelivered/Resource", _ENGINE),
)
