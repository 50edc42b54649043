"""The statement that makes the database's users names them safely."""

import pytest

from modelfleet.registry.database_users import OWNER, USER, create_users


def test_users_are_quoted() -> None:
    """Names stand in quotes wherever they are identifiers."""
    sql = create_users()
    for name in (OWNER, USER):
        assert f'CREATE USER "{name}"' in sql
        assert f"rolname = '{name}'" in sql
    assert f'GRANT rds_iam TO "{OWNER}", "{USER}"' in sql


def test_keywords_and_capitals_can_be_names() -> None:
    """What PostgreSQL would read otherwise without quotes is a name with them."""
    assert 'CREATE USER "user"' in create_users("user", "Mixed")
    assert "rolname = 'Mixed'" in create_users("user", "Mixed")


@pytest.mark.parametrize(
    "name", ["", 'a"b', "a'b", "a$$b", "a b", "1a", "a;b", "a" * 64, "a\n", "ä", "a--"]
)
def test_other_names_are_refused(name: str) -> None:
    """Nothing that could end its quotes or the block gets into the statement."""
    with pytest.raises(ValueError, match="is not a valid user name"):
        create_users(name)
    with pytest.raises(ValueError, match="is not a valid user name"):
        create_users(OWNER, name)
