"""Database users of the registry, and the SQL that creates them."""

import re

OWNER = "mlflow_owner"
USER = "mlflow"

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def create_users(owner: str = OWNER, user: str = USER) -> str:
    """Return an idempotent SQL block that creates both users.

    It is a single block because the Data API executes one statement per call.

    Parameters
    ----------
    owner
        User that owns the tables.
    user
        User that reads and writes rows.

    Raises
    ------
    ValueError
        If a name is not a plain PostgreSQL identifier.
    """
    names = [_checked(owner), _checked(user)]
    created = "\n".join(
        f"  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}') THEN"
        f' CREATE USER "{name}"; END IF;'
        for name in names
    )
    return f"""
DO $$ BEGIN
{created}
  GRANT rds_iam TO "{owner}", "{user}";
  REVOKE CREATE ON SCHEMA public FROM PUBLIC, "{user}";
  GRANT USAGE, CREATE ON SCHEMA public TO "{owner}";
END $$
""".strip()


def _checked(name: str) -> str:
    """Reject a name that could terminate its quotes or the block."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid user name: use letters, digits, and _")
    return name
