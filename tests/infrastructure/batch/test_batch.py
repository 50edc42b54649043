"""The bulk scoring machine continues after a failed part, and writes only to its own folder."""

import json
from typing import Any

from modelfleet.batch.job import BatchRequest, BatchStep
from modelfleet.resource_names import Output, StackPart
from modelfleet.settings import BatchSettings, variable
from modelfleet.spec import errors
from tests.infrastructure.templates import FleetTemplates, as_list, joined, texts


def _machine(fleet: FleetTemplates) -> dict[str, Any]:
    (machine,) = fleet.properties(StackPart.BATCH, "AWS::StepFunctions::StateMachine")
    definition: dict[str, Any] = json.loads(joined(machine["DefinitionString"]))
    return definition


def _parts(fleet: FleetTemplates) -> dict[str, Any]:
    parts: dict[str, Any] = _machine(fleet)["States"]["Parts"]
    return parts


def _tasks(fleet: FleetTemplates) -> dict[BatchStep, dict[str, Any]]:
    states = _machine(fleet)["States"] | _parts(fleet)["ItemProcessor"]["States"]
    return {step: states[step.title()] for step in BatchStep}


def test_split_score_and_merge_run_in_order(fleet: FleetTemplates) -> None:
    """The machine splits, then scores parts concurrently, then merges."""
    machine = _machine(fleet)
    assert machine["StartAt"] == "Split"
    assert machine["States"]["Split"]["Next"] == "Parts"
    assert machine["States"]["Parts"]["Next"] == "Merge"
    assert machine["States"]["Merge"]["End"] is True


def test_each_task_passes_its_step_and_the_whole_request(fleet: FleetTemplates) -> None:
    """Each task passes its step and every field of the request to the function."""
    request = {f"{name}.$": f"$.{name}" for name in BatchRequest.model_fields}
    for step, task in _tasks(fleet).items():
        payload = task["Parameters"]["Payload"]
        assert payload["step"] == step
        assert payload["request"] == request
        assert ("part.$" in payload) == (step is BatchStep.SCORE)


def test_parts_are_scored_concurrently_and_independently(fleet: FleetTemplates) -> None:
    """The distributed Map limits concurrency, tolerates failures, and returns nothing large."""
    parts = _parts(fleet)
    assert parts["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert 1 < parts["MaxConcurrency"] <= 100
    assert parts["ToleratedFailurePercentage"] == 100
    assert parts["ResultPath"] is None
    assert _tasks(fleet)[BatchStep.SCORE]["OutputPath"] == "$.Payload.part"


def test_only_transient_errors_are_retried(fleet: FleetTemplates) -> None:
    """Each task has a timeout, and retries throttling and connections but no domain error."""
    own = {name for name in vars(errors) if name.endswith("Error")}
    for task in _tasks(fleet).values():
        retried = {name for retry in task["Retry"] for name in retry["ErrorEquals"]}
        assert {"Lambda.TooManyRequestsException", "States.Timeout"} <= retried
        assert not (retried - {"FunctionNotReadyError"}) & (
            own | {"States.ALL", "States.TaskFailed"}
        )
        assert 0 < task["TimeoutSeconds"] <= 900


def test_the_function_writes_only_to_its_folder(fleet: FleetTemplates) -> None:
    """It reads releases and bundles, writes below `batch/`, and deletes nothing."""
    statements = fleet.statements(StackPart.BATCH, fleet.stage.resource("batch"))
    actions = {action for statement in statements for action in as_list(statement["Action"])}
    assert not [a for a in actions if "*" in a or a.startswith("s3:Delete")]
    assert _prefixes(statements, "s3:PutObject") == {"/batch/*"}
    assert _prefixes(statements, "s3:GetObject") == {"/batch/*", "/models/*", "/releases/*"}


def test_the_environment_matches_the_settings(fleet: FleetTemplates) -> None:
    """The environment's keys are exactly the fields of the settings."""
    values = fleet.functions()[fleet.stage.resource("batch")]["Environment"]["Variables"]
    assert set(values) == {variable(name) for name in BatchSettings.__dataclass_fields__}


def test_jobs_expire_after_a_month(fleet: FleetTemplates) -> None:
    """Inputs may hold personal data, so all files of a job expire."""
    buckets = fleet.properties(StackPart.STORAGE, "AWS::S3::Bucket")
    rules = [r for b in buckets for r in b["LifecycleConfiguration"]["Rules"]]
    (rule,) = [rule for rule in rules if rule.get("Prefix") == "batch/"]
    assert rule["ExpirationInDays"] == 30


def test_the_command_finds_the_machine(fleet: FleetTemplates) -> None:
    """The stack outputs the names that `fleet batch` needs."""
    outputs = set(fleet.parts[StackPart.BATCH]["Outputs"])
    assert outputs == {Output.BATCH_MACHINE_ARN, Output.BATCH_FUNCTION}


def _prefixes(statements: list[dict[str, Any]], action: str) -> set[str]:
    return {
        text
        for statement in statements
        if action in as_list(statement["Action"])
        for text in texts(statement["Resource"])
        if text.startswith("/")
    }
