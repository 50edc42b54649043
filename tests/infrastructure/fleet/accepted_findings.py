"""Findings of cdk-nag that are accepted, each as narrow as its reason."""

import re
from dataclasses import dataclass

_STAGE = r"(local|dev|staging|prod)"
_API = rf"modelfleet-{_STAGE}-serving/Predictions/Api"
_POLICY = rf"modelfleet-{_STAGE}-\w+/.+/\w*Policy/Resource"
_EXECUTIONS = r"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
_LOCAL = "modelfleet-local-"
_ENGINE = "the local engine does not support it, and listens on the loopback interface only"


@dataclass(frozen=True)
class Accepted:
    """A rule with its finding, the constructs that it is accepted for, and why."""

    rule: str
    where: str
    reason: str

    def covers(self, rule: str, path: str) -> bool:
        """Whether this accepts a finding."""
        return bool(re.fullmatch(self.rule, rule) and re.fullmatch(self.where, path))


ACCEPTED = (
    Accepted(
        "AwsSolutions-SMG4",
        rf"modelfleet-{_STAGE}-storage/SigningKey/Secret",
        "a forged ID names no stored prediction; a person rotates the key with a command",
    ),
    Accepted(
        "AwsSolutions-SMG4",
        rf"modelfleet-{_STAGE}-storage/People/SessionKey/Secret",
        "sessions expire within a working day; a person rotates the key with a command",
    ),
    Accepted(
        "AwsSolutions-COG[38]",
        rf"modelfleet-{_STAGE}-storage/People/Pool/Resource",
        "it needs Cognito's Plus plan; a second factor protects against stolen passwords",
    ),
    Accepted(
        "AwsSolutions-(APIG4|COG4)",
        rf"{_API}/Default/console/(\{{proxy\+\}}/)?ANY/Resource",
        "the console's function signs people in and checks the role of every route",
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
        "documentation opens in a browser without a key if the stage shows it",
    ),
    Accepted(
        "AwsSolutions-APIG2",
        rf"{_API}/Resource",
        "the function validates with the model's own schema and says which field is wrong",
    ),
    Accepted(
        "AwsSolutions-APIG3",
        r"modelfleet-(local|dev)-serving/Predictions/Api/DeploymentStage\.(local|dev)/Resource",
        "keys, throttles and quotas limit a caller's cost; an idle web ACL costs more than a fleet",
    ),
    Accepted(
        "AwsSolutions-APIG6",
        rf"{_API}/DeploymentStage\.{_STAGE}/Resource",
        "execution logs hold bodies, which are personal data; the access log has the rest",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AmazonAPIGatewayPushToCloudWatchLogs\]",
        rf"{_API}/CloudWatchRole/Resource",
        "the role that API Gateway itself writes logs with, as its documentation asks for",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSCodeDeployRoleForLambdaLimited\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Group/ServiceRole/Resource",
        "what CodeDeploy needs to move an alias and to run a hook, and nothing else",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSLambdaBasicExecutionRole\]",
        rf"modelfleet-{_STAGE}-storage/Registry/Users/Provider/framework-onEvent/ServiceRole/Resource",
        "the only role of the CDK's own function behind custom resources",
    ),
    Accepted(
        r'AwsSolutions-IAM5\[Resource::\{"Fn::GetStackOutput".*\}/[\w-]+(/[\w=]+)?/\*\]',
        _POLICY,
        "objects below one prefix of a bucket, the narrowest permission on objects",
    ),
    Accepted(
        r'AwsSolutions-IAM5\[Resource::\{"Fn::GetStackOutput".*\}/summaries/\*/release\.json\]',
        rf"modelfleet-{_STAGE}-retraining/Releasing/Release/Role/DefaultPolicy/Resource",
        "one object of each model, next to those that only the drift functions may write",
    ),
    Accepted(
        r'AwsSolutions-IAM5\[Resource::\{"Fn::GetStackOutput".*\}/models/\*/(manifest\.json|card\.html|profile\.json)\]',
        rf"modelfleet-{_STAGE}-serving/Console/Console/Role/DefaultPolicy/Resource",
        "three files of every version; the console may not read the models themselves",
    ),
    Accepted(
        r'AwsSolutions-IAM5\[Resource::\{"Fn::GetStackOutput".*\}/datasets/\*/report\.html\]',
        rf"modelfleet-{_STAGE}-serving/Console/Console/Role/DefaultPolicy/Resource",
        "one file of every data set version; the console may not read their rows",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::\*\]",
        _POLICY,
        "actions that support no resources; test_least_privilege lists each of them",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+Function\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-(retraining|batch)/\w+/Machine/Role/DefaultPolicy/Resource",
        "versions of the one function that a machine calls",
    ),
    Accepted(
        rf"AwsSolutions-IAM5\[Resource::arn:.*:function:modelfleet-{_STAGE}-release:\*\]",
        rf"modelfleet-{_STAGE}-drift/Notifications/Machine/Role/DefaultPolicy/Resource",
        "versions of the one function that a machine calls",
    ),
    Accepted(
        rf"AwsSolutions-IAM5\[Resource::arn:.*:function:modelfleet-{_STAGE}-drift-\*\]",
        rf"modelfleet-{_STAGE}-drift/Schedule/Role/DefaultPolicy/Resource",
        "the drift functions of all models; with a role for each, 200 models fill an account",
    ),
    Accepted(
        rf"AwsSolutions-IAM5\[Resource::arn:.*:function:modelfleet-{_STAGE}-predict-\*:live\]",
        rf"modelfleet-{_STAGE}-(serving/Warm|retraining/Releasing/Release)"
        "/Role/DefaultPolicy/Resource",
        "the live aliases of all models; a list of them is too long for one role's policy",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+PredictFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Pretraffic/Hook/Role/DefaultPolicy/Resource",
        "versions of the one function whose new code is tested",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<\w+PretrafficHookFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-serving/\w+-code/Group/ServiceRole/DefaultPolicy/Resource",
        "versions of the one function that CodeDeploy calls before it shifts traffic",
    ),
    Accepted(
        rf"AwsSolutions-IAM5\[Resource::{_EXECUTIONS}modelfleet-{_STAGE}-retraining:\*\]",
        rf"modelfleet-{_STAGE}-retraining/Releasing/Release/Role/DefaultPolicy/Resource",
        "an execution's name is unknown until it starts",
    ),
    Accepted(
        rf'AwsSolutions-IAM5\[Resource::{_EXECUTIONS}\{{"Fn::Select".*"JobsMachine\w+".*:\*\]',
        rf"modelfleet-{_STAGE}-batch/Jobs/Machine/DistributedMapPolicy/Resource",
        "a distributed Map starts executions of its own machine under generated names",
    ),
    Accepted(
        r"AwsSolutions-IAM5\[Resource::<RegistryUsersFunction\w+\.Arn>:\*\]",
        rf"modelfleet-{_STAGE}-storage/Registry/Users/Provider/framework-onEvent/ServiceRole"
        "/DefaultPolicy/Resource",
        "versions of the one function that the CDK's own function calls",
    ),
    Accepted(
        "AwsSolutions-L1",
        rf"modelfleet-{_STAGE}-\w+/.+/Function/Resource",
        "images, layers and lock files are built for and tested with Python 3.13",
    ),
    Accepted(
        "AwsSolutions-RDS10",
        r"modelfleet-(dev|staging|prod)-storage/Registry/Cluster/Resource",
        "dev's database is deleted with its stack; the others are protected once they are up",
    ),
    Accepted(
        "AwsSolutions-SQS3",
        rf"modelfleet-{_STAGE}-\w+/.*Undelivered/Resource",
        "it is a dead-letter queue itself, and has an alarm",
    ),
    Accepted(
        r"AwsSolutions-IAM4\[.*/AWSBackupServiceRolePolicyFor\w+\]",
        rf"modelfleet-{_STAGE}-storage/Backup/Role/Resource",
        "what AWS Backup needs, which changes with the resources that it supports",
    ),
    Accepted("AwsSolutions-APIG1", rf"{_LOCAL}serving/.+/DeploymentStage.local/Resource", _ENGINE),
    Accepted("AwsSolutions-COG2", rf"{_LOCAL}storage/People/Pool/Resource", _ENGINE),
    Accepted("AwsSolutions-S(1|10)", rf"{_LOCAL}storage/\w+/Resource", _ENGINE),
    Accepted("AwsSolutions-SF[12]", rf"{_LOCAL}\w+/\w+/Machine/Resource", _ENGINE),
    Accepted("AwsSolutions-SNS3", rf"{_LOCAL}monitoring/Alerts/Resource", _ENGINE),
    Accepted("AwsSolutions-SQS4", rf"{_LOCAL}\w+/.+/Undelivered/Resource", _ENGINE),
)
