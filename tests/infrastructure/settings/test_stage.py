"""Stages are frozen settings, and an unknown stage is one clear line."""

import dataclasses
import json
import os
import subprocess
import sys

import aws_cdk
import pytest

from cdk.fleet import build_fleet
from cdk.settings.files import CI
from cdk.settings.stage import Packaging, StageError
from tests.infrastructure.templates import REPOSITORY
from tests.stages import LOCAL, PROD, STAGES


def test_a_stage_cannot_be_changed() -> None:
    """Settings have one source, because nothing can change them elsewhere."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        LOCAL.name = "other"  # type: ignore[misc]  # the test is that this is refused


def test_only_local_runs_without_images() -> None:
    """Every stage in AWS runs container images."""
    assert [s.name for s in STAGES.values() if s.packaging is Packaging.ZIP] == ["local"]


def test_stages_have_different_names() -> None:
    """Several stages fit into one account."""
    assert LOCAL.resource("train") != PROD.resource("train")


def test_the_app_refuses_an_unknown_stage_in_one_line() -> None:
    """`cdk synth` for an unknown stage prints a sentence and no traceback."""
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env=os.environ | {"CDK_CONTEXT_JSON": json.dumps({"stage": "nowhere"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "there is no stages/nowhere.toml; use -c stage=NAME with the name of a file in stages/: "
        + ", ".join(f"{name}.toml" for name in sorted([*STAGES, CI]))
    ]


def test_local_without_its_database_says_what_to_add() -> None:
    """Stage local cannot be synthesized without the address of its database."""
    with pytest.raises(StageError, match="-c tracking_uri="):
        build_fleet(aws_cdk.App(), stage=LOCAL, models={})
