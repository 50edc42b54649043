"""The registry's database users and the SQL that creates them."""

import re

OWNER = "mlflow_owner"
USER = "mlflow"

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def create_users(owner: str = OWNER, user: str = USER) -> str:
    """One block that makes both; a second run of it changes nothing.

    One, because the Data API takes one statement a call.

    Parameters
    ----------
    owner
        Owns the tables.
    user
        Reads and writes rows.

    Raises
    ------
    ValueError
        If a name is not an identifier of PostgreSQL's.
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
    """Let a name through that cannot end its quotes, or the block."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid user name: use letters, digits and _")
    return name
