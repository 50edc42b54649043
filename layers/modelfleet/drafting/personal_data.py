"""Detection of personal data by name and content, and of sensitive columns by name."""

import ipaddress
import re
from collections.abc import Callable, Sequence

import numpy as np

from modelfleet.drafting import limits
from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.names import words

# Phrases to find as consecutive words in a column's name.
_NAMED = {
    "an e-mail address": ("email", "e mail", "mail address"),
    "a telephone number": ("phone", "telephone", "mobile", "cellphone", "fax", "phone number"),
    "a person's name": (
        *("surname", "lastname", "firstname", "fullname", "last name", "first name", "full name"),
        *("given name", "family name", "maiden name", "middle name", "customer name", "username"),
        *("client name", "patient name", "employee name", "user name", "contact name"),
    ),
    "an address": ("street", "street address", "home address", "postal address", "address"),
    "a date of birth": ("birthdate", "birthday", "date of birth", "birth date", "dob"),
    "an official number": (
        *("ssn", "social security", "passport", "iban", "tax id", "national id", "card number"),
        *("license plate", "credit card number", "driver license", "account number"),
    ),
    "a network address": ("ip address", "ip", "mac address"),
}
_NAMES = ("name", "names")
# Characteristics of people that laws against discrimination name, or that GDPR article 9 protects.
_SENSITIVE = (
    *("gender", "sex", "race", "ethnicity", "ethnic", "religion", "nationality", "citizenship"),
    *("marital", "marital status", "civil status", "married", "disability", "disabled"),
    *("pregnant", "pregnancy", "sexual orientation", "skin color", "skin colour", "union member"),
    *("geschlecht", "familienstand", "sexe", "sexo", "genero"),
)
_AGE = frozenset({"age", "ages", "alter", "edad"})
# Words that leave an age that of a person; a vehicle or an account has one too.
_OF_A_PERSON = frozenset(
    {"years", "year", "yrs", "in", "group", "band", "bracket", "range", "class", "at", "of", "the"}
    | {"customer", "client", "patient", "person", "employee", "applicant", "borrower", "member"}
    | {"user", "insured", "driver", "owner", "passenger", "student", "entry", "hire"}
)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
_PHONE = re.compile(r"^(\+|00|\()?\d[\d\s()./-]{6,}\d$")
_PHONE_MARKS = re.compile(r"^\+|^\(|\d[\s()./-]\d")
_IBAN = re.compile(r"^[A-Z]{2}\d{2}[A-Z0-9 ]{11,35}$")
# Matches "Doe, Mr. John" and "Ada Lovelace": two to five words that start with a capital.
_PERSON = re.compile(r"^[^\W\d_]\S*(,? (?:[^\W\d_]\S*|&)){1,4}$")
_DIGITS_OF_PHONES = (8, 15)
# Names of persons are numerous and mostly unique; brands and towns are not.
_DISTINCT_PERSONS = 0.4
_VALUES_OF_PERSONS = 50
_LEAST_NUMBER = 1_000_000


def personal_data(column: ColumnValues) -> str | None:
    """Return the kind of personal data in a column and the evidence for it, or `None`."""
    for kind, looks_like in _CONTENT.items():
        if (
            _share(list(column.counts)[: limits.VALUES_LOOKED_AT], looks_like)
            >= limits.PERSONAL_SHARE
        ):
            return f"its values look like {kind}"
    if not _could_name_persons(column):
        return None
    name = f" {' '.join(words(column.name))} "
    for kind, named in _NAMED.items():
        if any(f" {each} " in name for each in named):
            return f"its name says that it is {kind}"
    if column.numbers is None and column.distinct_share >= _DISTINCT_PERSONS:
        return _person(column)
    return None


def is_sensitive(name: str) -> bool:
    """Return whether a column's name says that it is a characteristic of people."""
    found = words(name)
    spaced = f" {' '.join(found)} "
    if any(f" {each} " in spaced for each in _SENSITIVE):
        return True
    return bool(_AGE & {*found}) and {*found} <= _AGE | _OF_A_PERSON


def _could_name_persons(column: ColumnValues) -> bool:
    """Rule out flags, counts of e-mails, and types of telephones."""
    if column.numbers is not None:
        return bool(np.nanmedian(column.numbers) >= _LEAST_NUMBER)
    return len(column.counts) >= _VALUES_OF_PERSONS or column.distinct_share >= _DISTINCT_PERSONS


def _person(column: ColumnValues) -> str | None:
    if words(column.name) and words(column.name)[-1] in _NAMES:
        return "its name and its many values say that it is a name"
    if (
        column.date_format is None
        and _share(list(column.counts), _is_person) >= limits.PERSONAL_SHARE
    ):
        return "its values look like people's names"
    return None


def _share(texts: Sequence[str], looks_like: Callable[[str], bool]) -> float:
    return sum(map(looks_like, texts)) / len(texts) if texts else 0.0


def _is_email(text: str) -> bool:
    return _EMAIL.match(text) is not None


def _is_phone(text: str) -> bool:
    fewest, most = _DIGITS_OF_PHONES
    # The shape first: most texts of a wide table do not have it.
    if not (_PHONE.match(text) and _PHONE_MARKS.search(text)):
        return False
    digits = sum(letter.isdigit() for letter in text)
    return fewest <= digits <= most and not _is_date_or_number(text)


def _is_date_or_number(text: str) -> bool:
    """Return whether a text is a numeric date or a decimal, which resemble telephone numbers."""
    return bool(
        re.match(r"^(\d{4}[-/.]\d{1,2}[-/.]|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|-?\d+\.\d+$)", text)
    )


def _is_iban(text: str) -> bool:
    """Return whether the check digits are valid (ISO 13616)."""
    if not _IBAN.match(text):
        return False
    turned = "".join(str(int(letter, 36)) for letter in text.replace(" ", "")[4:] + text[:4])
    return int(turned) % 97 == 1


def _is_network_address(text: str) -> bool:
    if text.count(".") != 3 and text.count(":") < 2:  # noqa: PLR2004  what each kind has at least
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_person(text: str) -> bool:
    return bool(_PERSON.match(text)) and all(
        word[0].isupper() for word in re.findall(r"[^\W\d_]\S*", text)
    )


_CONTENT: dict[str, Callable[[str], bool]] = {
    "e-mail addresses": _is_email,
    "telephone numbers": _is_phone,
    "account numbers": _is_iban,
    "network addresses": _is_network_address,
}
