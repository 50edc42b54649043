"""The settings of the CI stack."""

from typing import Annotated

from pydantic import StringConstraints
from pydantic.dataclasses import dataclass

from cdk.settings.values import CONFIG

# A pattern such as `acme/*` would trust the workflows of others. GitHub names a repository in its
# tokens with both IDs or with none. A token has one of the two forms. If both were trusted, so
# would be a new owner of an abandoned name.
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
_OWNER, _NAME, _ID = "[A-Za-z0-9_-]+", "[A-Za-z0-9_.-]+", "@[0-9]+"
_REPOSITORY = rf"^({_OWNER}/{_NAME}|{_OWNER}{_ID}/{_NAME}{_ID})$"


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class CiSettings:
    """What the roles of CI trust."""

    repository: Annotated[str, StringConstraints(pattern=_REPOSITORY)]
    """The repository on GitHub, as its tokens name it: the settings of Actions, OIDC, show it."""
