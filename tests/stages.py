"""The stages as the repository has them, without what a deployment may add to its files."""

from dataclasses import MISSING, fields, replace

from cdk.settings.files import read_stage, stage_names
from cdk.settings.stage import Stage


def _plain(stage: Stage) -> Stage:
    """Optional settings, such as a domain, have tests of their own; adding one breaks no other."""
    optional = {
        field.name: field.default for field in fields(stage) if field.default is not MISSING
    }
    return replace(stage, clients={}, **optional)


STAGES = {name: _plain(read_stage(name)) for name in stage_names()}
DEV, LOCAL, PROD = STAGES["dev"], STAGES["local"], STAGES["prod"]
