"""Reads synthesized templates by types and properties, never by logical IDs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk
from cdk_nag import AwsSolutionsChecks

from cdk.fleet import build_fleet
from cdk.settings.stage import Database, Stage
from modelfleet.catalogue import catalogue
from modelfleet.resource_names import StackPart, stack_name
from modelfleet.spec.model import ModelSpec

REPOSITORY = Path(__file__).resolve().parents[2]
TRACKING_URI = "postgresql+psycopg://mlflow@127.0.0.1:5432/mlflow"
ENGINE = "http://127.0.0.1:4566"
DATABASE_TLS = "sslmode=verify-full&sslrootcert=/code/functions/train/rds-ca.pem"

Resource = dict[str, Any]
Finding = tuple[str, str]


@dataclass(frozen=True)
class FleetTemplates:
    """The templates of one stage, and cdk-nag's findings: rules, and paths of constructs.

    The folder holds their assets.
    """

    stage: Stage
    folder: Path
    texts: Mapping[StackPart, str]
    findings: tuple[Finding, ...]
    models: tuple[str, ...]

    @cached_property
    def parts(self) -> Mapping[StackPart, dict[str, Any]]:
        """The templates by stack."""
        return {part: json.loads(text) for part, text in self.texts.items()}

    def resources(self, part: StackPart, kind: str) -> dict[str, Resource]:
        """The resources of a type in one stack, by logical ID."""
        found = self.parts[part]["Resources"]
        return {name: value for name, value in found.items() if value["Type"] == kind}

    def properties(self, part: StackPart, kind: str) -> list[dict[str, Any]]:
        """The properties of the resources of a type in one stack."""
        return [value.get("Properties", {}) for value in self.resources(part, kind).values()]

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of the fleet's own functions, by function name."""
        found = [
            properties
            for part in self.parts
            for properties in self.properties(part, "AWS::Lambda::Function")
        ]
        return {each["FunctionName"]: each for each in found if "FunctionName" in each}

    def statements(self, part: StackPart, function: str) -> list[dict[str, Any]]:
        """The statements of a function's role."""
        role = self.functions()[function]["Role"]["Fn::GetAtt"][0]
        return [
            statement
            for policy in self.properties(part, "AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def machine(self, part: StackPart = StackPart.RETRAINING) -> dict[str, Any]:
        """The definition of a stack's only machine."""
        machines = self.properties(part, "AWS::StepFunctions::StateMachine")
        definition: dict[str, Any] = json.loads(joined(machines[0]["DefinitionString"]))
        return definition


def synthesize(
    stage: Stage,
    folder: Path,
    models: Mapping[str, ModelSpec] | None = None,
) -> FleetTemplates:
    """Synthesize one stage with the repository's context, by default with all models."""
    fleet = catalogue() if models is None else models
    context = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    app = aws_cdk.App(outdir=str(folder), context=context, analytics_reporting=False)
    build_fleet(
        app,
        stage=stage,
        models=fleet,
        tracking_uri=TRACKING_URI,
        engine=ENGINE if stage.database is Database.EMBEDDED else None,
    )
    app.synth()
    return FleetTemplates(
        stage, folder, read_templates(folder, stage), _findings(app), tuple(fleet)
    )


def _findings(app: aws_cdk.App) -> tuple[Finding, ...]:
    report = AwsSolutionsChecks().validate_scope(app)
    return tuple(
        (violation.rule_name, str(resource.construct_path))
        for violation in report.violations
        for resource in violation.violating_resources
    )


def joined(value: Any) -> str:
    """A template's string, with a placeholder for each reference in it."""
    if isinstance(value, str):
        return value
    if "Fn::Join" not in value:
        return "<reference>"
    separator, pieces = value["Fn::Join"]
    return str(separator).join(p if isinstance(p, str) else "<reference>" for p in pieces)


def as_list(value: Any) -> list[Any]:
    """The value as a list, where IAM and CloudFormation allow one or many."""
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> Iterator[str]:
    """Every string in a template, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def read_templates(folder: Path, stage: Stage) -> Mapping[StackPart, str]:
    """The templates in a folder, by stack."""
    return {
        part: (folder / f"{stack_name(stage.name, part)}.template.json").read_text()
        for part in StackPart
    }
