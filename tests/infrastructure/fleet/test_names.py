"""Several stages fit into one account, and no template depends on the account."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.infrastructure.templates import REPOSITORY, FleetTemplates, texts

# Properties that name a resource in its account and region.
NAMES = re.compile(
    r"^(Name|\w*(Function|Bucket|Table|Topic|Queue|Alarm|Rule|StateMachine|Vault|Plan|Role|Stream"
    r"|LogGroup|Group|Dashboard|Schedule|Cluster)Name)$"
)
# Their names are unique within a function, role, log group or user pool.
OF_ANOTHER = {
    "AWS::Cognito::UserPoolGroup",
    "AWS::IAM::Policy",
    "AWS::Lambda::Alias",
    "AWS::Logs::LogStream",
}


def _names(fleet: FleetTemplates) -> Iterator[tuple[str, str]]:
    for part in fleet.parts.values():
        for resource in part["Resources"].values():
            kind = resource["Type"]
            for key, value in resource.get("Properties", {}).items():
                if kind not in OF_ANOTHER and NAMES.match(key) and isinstance(value, str):
                    yield kind, value


def test_no_two_stages_use_the_same_name(fleets: Mapping[str, FleetTemplates]) -> None:
    """No resource has the same name in two stages."""
    stages = {(pair, name) for name, fleet in fleets.items() for pair in _names(fleet)}
    assert len(stages) > 20
    shared = [pair for pair, count in Counter(pair for pair, _ in stages).items() if count > 1]
    assert shared == []


def test_no_code_names_an_account_or_a_region() -> None:
    """Account IDs and regions are the deployer's, so no deployed code contains one."""
    known = re.compile(r"(?<!\d)\d{12}(?!\d)|\b(us|eu|ap|sa|ca|me|af)-[a-z]+-\d\b")
    files = [*(REPOSITORY / "cdk").rglob("*.py"), *(REPOSITORY / "functions").rglob("*.py")]
    assert files
    assert [f.name for f in [*files, REPOSITORY / "app.py"] if known.search(f.read_text())] == []


def test_no_template_names_an_account(fleets: Mapping[str, FleetTemplates]) -> None:
    """Templates work in any account: no text has twelve digits where an ARN has the account."""
    for fleet in fleets.values():
        for template in fleet.parts.values():
            for text in texts(template):
                for field in text.split(":"):
                    assert not (len(field) == 12 and field.isdigit()), text
