"""Text of others, such as a category that a caller sent, as pages show it.

Ours escape HTML: `escape` is all that they need. Renderers of Markdown get `markdown`. Evidently's
page escapes nothing, so it gets `inert` text, which has no meaning in HTML, JavaScript, a
template, a chart's labels or an address. What is left out stands as its code point, such as U+3C
between single angle quotation marks.
"""

import hashlib
import html
import re
import unicodedata

OPENING, CLOSING = "\u2039", "\u203a"
# The bar of all categories that have none of their own.
OTHERS = "others"
_IMITATED = re.compile(rf"{OPENING}(?=U\+)")
# An open category of a request is no longer; see `features`.
INERT_LENGTH = 64
_START_LENGTH = 32
_DIGEST_LENGTH = 32

# Letters, marks and numbers of every script, and punctuation that no syntax begins or ends with.
_PLAIN_CATEGORIES = ("L", "M", "N")
_PLAIN = frozenset(" _-.,()/+%#!?*")
_LOST_SPACE = re.compile(r"^ |(?<= ) | \Z")
# A scheme ends with a colon and begins with a letter, so a colon between digits is a time.
_COLON_OF_A_TIME = re.compile(r"(?<=[0-9]):(?=[0-9])")
# Control, format (as of direction), surrogate, private and unassigned code points, and separators
# that are line breaks to JavaScript.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Charts and data frames read these as numbers, dates or gaps, and then "1" and "1.0" are one.
_READ_AS_NUMBER = re.compile(r"[\s#%,.+()-]*\d[\d\s#%,.+()/:_*!?a-foxtz-]*")
_READ_AS_GAP = frozenset(
    {"na", "n/a", "nan", "nat", "none", "null", "undefined", "inf", "infinity"}
)
_READ_AS_TRUTH = frozenset({"true", "false"})
# What every JavaScript object has by these names (ECMAScript 2025, 20.1.3 and B.2.2) is not data;
# the others of them begin with two underscores.
_INHERITED = frozenset(
    {
        "constructor",
        "hasownproperty",
        "isprototypeof",
        "propertyisenumerable",
        "prototype",
        "tolocalestring",
        "tostring",
        "valueof",
    }
)
_READ_AS_OTHER = _READ_AS_GAP | _READ_AS_TRUTH | _INHERITED
# Letters and marks that browsers draw as nothing (Default_Ignorable_Code_Point of Unicode 16, as
# far as it is in no category above), and a Braille pattern of no dots.
_NOTHING = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\U000e0100-\U000e01ef"
)
_UNSEEN = re.compile(f"[{_NOTHING}]")
# What joins letters of some scripts and parts of some emoji, or chooses an emoji's look, does so
# behind these alone; behind Latin, Greek and Cyrillic letters it is not seen.
_JOINER = re.compile(r"(?<=[^\x00-\u052f\s])[\u200c\u200d\ufe0e\ufe0f]")
# Scripts stack some marks above one another; more cover what stands around them, as one does that
# has no letter of its text to stand on.
_MOST_MARKS = 4
_STACK = ("Mn", "Me")
# What begins or ends an element of CommonMark, of GitHub's and MDX's extensions, or of HTML: the
# colon of an address and the dot of `www.` make links by themselves, and a bullet, a number, or a
# number sign at the beginning makes a list or a heading. Within a word an underscore means nothing.
_MARKDOWN = re.compile(
    r"[\\`*\[\]{}<>&|~^$@]|(?<![^\W_])_|_(?![^\W_])"
    r"|\A[-+#]|\A[0-9](?=[0-9]*[.)])|:(?=//)|(?<=www)\.",
    re.IGNORECASE,
)
# White space of a text.
_HARMLESS = frozenset("\t\n")


def escape(text: str) -> str:
    """Text for HTML that no template renders: made visible, then escaped."""
    return html.escape(visible(text))


def markdown(text: str) -> str:
    """Text for a renderer of Markdown or HTML: one line, made visible, that is no more than text.

    Syntax is written as character references, which renderers of both show as the character.
    """
    line = " ".join(visible(text).split())
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", line)


def visible(text: str) -> str:
    """Text with nothing invisible left in it; pages still have to escape it.

    An invisible character can reverse the reading direction, end a file at NUL, or fail to be
    encoded at all, as half of a surrogate pair.
    """
    if text.isascii() and text.isprintable():
        return text
    places = _covering(text) | {match.start() for match in _IMITATED.finditer(text)}
    joiners = {match.start() for match in _JOINER.finditer(text)}
    return "".join(
        _code_point(character)
        if place in places or (_is_hidden(character) and place not in joiners)
        else character
        for place, character in enumerate(text)
    )


def inert(text: str) -> str:
    """Text for a page that others' code makes; different texts stay different.

    Text that has no meaning to any parser is left as it is. A longer one than `INERT_LENGTH` ends
    with its length and its SHA-256, so that it is still told from all that begin alike.

    Parameters
    ----------
    text
        Anything: a column, a category, a class, a version, a title.
    """
    if len(text) > INERT_LENGTH:
        return f"{''.join(_spelled(text[:_START_LENGTH]))}{_told_apart(text)}"
    spelled = "".join(_spelled(text))
    return f"{OPENING}{spelled or 'empty'}{CLOSING}" if _is_read_as_other(text) else spelled


def _spelled(text: str) -> list[str]:
    """Each character, or its code point where it might have a meaning or could not be seen."""
    times = {match.start() for match in _COLON_OF_A_TIME.finditer(text)}
    # A browser shows two spaces, and spaces at an end, as one or none.
    lost = {match.end() - 1 for match in _LOST_SPACE.finditer(text)} | _covering(text)
    return [
        character
        if (_is_plain(character) and place not in lost) or place in times
        else _code_point(character)
        for place, character in enumerate(text)
    ]


def _told_apart(text: str) -> str:
    # Surrogates have no UTF-8 of their own, and yet two that differ must differ here.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    return f"{OPENING}of {len(text)} characters, SHA-256 {digest}{CLOSING}"


def _is_read_as_other(text: str) -> bool:
    word = text.strip().lower()
    return (
        not word
        or word in _READ_AS_OTHER
        or word.startswith("__")
        or _READ_AS_NUMBER.fullmatch(word) is not None
    )


def _is_plain(character: str) -> bool:
    letter = unicodedata.category(character)[0] in _PLAIN_CATEGORIES
    return character in _PLAIN or (letter and not _UNSEEN.match(character))


def _is_hidden(character: str) -> bool:
    hidden = unicodedata.category(character) in _HIDDEN or _UNSEEN.match(character)
    return bool(hidden) and character not in _HARMLESS


def _covering(text: str) -> set[int]:
    """Where marks stand that have nothing to stand on, or are too many for what they stand on."""
    found: set[int] = set()
    if text.isascii():
        return found
    height = _MOST_MARKS
    for place, character in enumerate(text):
        if unicodedata.category(character) in _STACK:
            if height >= _MOST_MARKS:
                found.add(place)
            height += 1
        else:
            # None stands on a blank.
            height = _MOST_MARKS if character.isspace() else 0
    return found


def _code_point(character: str) -> str:
    return f"{OPENING}U+{ord(character):X}{CLOSING}"
