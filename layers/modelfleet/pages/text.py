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
from unicodedata import bidirectional

OPENING, CLOSING = "\u2039", "\u203a"
# The bar of all categories that have none of their own.
OTHERS = "others"
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
# What browsers draw as nothing (Default_Ignorable_Code_Point of Unicode 16, as far as it is in no
# category above), a filler, a Braille pattern of no dots, and a note without a head.
_NOTHING = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\U00016fe4\U0001d159\U000e0100-\U000e01ef"
)
_UNSEEN = re.compile(f"[{_NOTHING}]")
# Joiners are seen between letters of scripts that join them, such as Arabic and those of India, and
# between parts of emoji; what chooses an emoji's look is seen behind its sign.
_JOINING = r"\u0600-\u10ff\u1700-\u18af\u1900-\u1cff\ua800-\uabff\U00010a00-\U00011fff"
_SIGN = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)
_JOINER = re.compile(
    rf"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    rf"|(?<=[{_SIGN}\ufe0f])\u200d(?=[{_SIGN}])|(?<=[{_SIGN}])[\ufe0e\ufe0f]"
)
# Who writes a code point as pages do, with or without something unseen or stacked in between.
_IMITATED = re.compile(rf"{OPENING}(?=[^ -~{CLOSING}]*U[^ -*,-~{CLOSING}]*\+)", re.IGNORECASE)
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
# Words that run from right to left take the signs and numbers around them along, unless they are
# isolated (Unicode Standard Annex 9). A run goes over blanks, numbers, and what joins two letters,
# such as a hyphen, and not over what our sentences have between names.
_ISOLATED, _END = "\u2068", "\u2069"
_RUN = re.compile(r"R[RM]*(?:(?: +| +(?:0+ +)+|-)R[RM]*)*")
_KINDS = {"R": "R", "AL": "R", "AN": "R", "NSM": "M", "BN": "M", "EN": "0"}
_JOINS = dict.fromkeys("-'\"/\u2019\u05f3\u05f4", "-") | {" ": " "}


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
    encoded at all, as half of a surrogate pair. Words that run from right to left are isolated, so
    that they reorder nothing of the sentence they are in.
    """
    if text.isascii() and text.isprintable():
        return text
    return _isolated(_spelled_out(text))


def _isolated(text: str) -> str:
    """The text with marks around each run of words from right to left."""
    kinds = "".join(_JOINS.get(each) or _KINDS.get(bidirectional(each), "x") for each in text)
    parts, end = [], 0
    for run in _RUN.finditer(kinds):
        parts += [text[end : run.start()], _ISOLATED, text[run.start() : run.end()], _END]
        end = run.end()
    return "".join([*parts, text[end:]])


def _spelled_out(text: str) -> str:
    places = _covering(text) | {match.start() for match in _IMITATED.finditer(text)}
    joiners = {match.start() for match in _JOINER.finditer(text)}
    return "".join(
        _code_point(character)
        if place in places or (_is_hidden(character) and place not in joiners)
        else character
        for place, character in enumerate(text)
    )


def is_one_line(text: str) -> bool:
    """Whether a text is one line, with nothing invisible in it and no marks over other text."""
    return (text.isascii() and text.isprintable()) or not _unfit_for_a_line(text)


def one_line(text: str, longest: int) -> str:
    """Cut a text to a length, and replace by spaces what keeps it from being a visible line."""
    shown = text[:longest]
    # A mark whose letter was invisible stands on a blank once that is replaced.
    while not is_one_line(shown):
        unfit = _unfit_for_a_line(shown)
        shown = "".join(" " if place in unfit else each for place, each in enumerate(shown))
    return shown


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


def _unfit_for_a_line(text: str) -> set[int]:
    joiners = {match.start() for match in _JOINER.finditer(text)}
    hidden = {
        place
        for place, character in enumerate(text)
        if character in _HARMLESS or (_is_hidden(character) and place not in joiners)
    }
    return hidden | _covering(text)


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
        elif not _is_hidden(character):
            # What is not seen is nothing that more marks could stand on.
            # None stands on a blank.
            height = _MOST_MARKS if character.isspace() else 0
    return found


def _code_point(character: str) -> str:
    return f"{OPENING}U+{ord(character):X}{CLOSING}"
