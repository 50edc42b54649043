"""Safe display of untrusted text, such as categories from requests.

Our own pages only need `escape`, because they escape HTML. Markdown renderers get `markdown`.
Evidently's page escapes nothing and gets `inert` text, which has no meaning in HTML, JavaScript,
templates, chart labels, or URLs. Characters that are removed are replaced by their code point,
such as U+3C, in single angle quotation marks.
"""

import hashlib
import html
import re
import unicodedata
from unicodedata import bidirectional

OPENING, CLOSING = "\u2039", "\u203a"
# Bar of all categories without a bar of their own.
OTHERS = "others"
# Maximum length of an open category in requests; see `features`.
INERT_LENGTH = 64
_START_LENGTH = 32
_DIGEST_LENGTH = 32

# Letters, marks, and numbers of all scripts, and punctuation that does not delimit any markup.
_PLAIN_CATEGORIES = ("L", "M", "N")
_PLAIN = frozenset(" _-.,()/+%#!?*")
_LOST_SPACE = re.compile(r"^ |(?<= ) | \Z")
# A URL scheme starts with a letter and ends with a colon, so a colon between digits is a time.
_COLON_OF_A_TIME = re.compile(r"(?<=[0-9]):(?=[0-9])")
# Control, format (such as bidirectional), surrogate, private, and unassigned code points, and
# separators that are line breaks in JavaScript.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Charts and data frames parse these as numbers, dates, or missing values, and merge "1" and "1.0".
_READ_AS_NUMBER = re.compile(r"[\s#%,.+()-]*\d[\d\s#%,.+()/:_*!?a-foxtz-]*")
_READ_AS_GAP = frozenset(
    {"na", "n/a", "nan", "nat", "none", "null", "undefined", "inf", "infinity"}
)
_READ_AS_TRUTH = frozenset({"true", "false"})
# Properties inherited by every JavaScript object (ECMAScript 2025, 20.1.3 and B.2.2); all others
# start with two underscores.
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
# Characters without a glyph: Default_Ignorable_Code_Point of Unicode 16 outside the categories
# above, a filler, the blank Braille pattern, and a null notehead.
_NOTHING = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\U00016fe4\U0001d159\U000e0100-\U000e01ef"
)
_UNSEEN = re.compile(f"[{_NOTHING}]")
# Joiners are visible between letters of joining scripts, such as Arabic and Indic ones, and between
# parts of emoji; variation selectors are visible after their emoji.
_JOINING = r"\u0600-\u10ff\u1700-\u18af\u1900-\u1cff\ua800-\uabff\U00010a00-\U00011fff"
_SIGN = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001faff"
)
_JOINER = re.compile(
    rf"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    rf"|(?<=[{_SIGN}\ufe0f])\u200d(?=[{_SIGN}])|(?<=[{_SIGN}])[\ufe0e\ufe0f]"
)
# Text that imitates an escaped code point, possibly with invisible or combining characters.
_IMITATED = re.compile(rf"{OPENING}(?=[^ -~{CLOSING}]*U[^ -*,-~{CLOSING}]*\+)", re.IGNORECASE)
# Scripts stack a few marks; more of them, or marks without a base character, cover adjacent text.
_MOST_MARKS = 4
_STACK = ("Mn", "Me")
# Characters that start or end an element of CommonMark, its GitHub and MDX extensions, or HTML. The
# colon of a URL and the dot of `www.` create links, and a bullet, number, or number sign at the
# start creates a list or heading. Underscores within a word have no effect.
_MARKDOWN = re.compile(
    r"[\\`*\[\]{}<>&|~^$@]|(?<![^\W_])_|_(?![^\W_])"
    r"|\A[-+#]|\A[0-9](?=[0-9]*[.)])|:(?=//)|(?<=www)\.",
    re.IGNORECASE,
)
# Allowed white space.
_HARMLESS = frozenset("\t\n")
# Right-to-left words reorder adjacent punctuation and numbers unless isolated (Unicode Standard
# Annex 9). A run includes blanks, numbers, and characters that join two letters, such as hyphens,
# but not the punctuation that our sentences put between names.
_ISOLATED, _END = "\u2068", "\u2069"
_RUN = re.compile(r"R[RM]*(?:(?: +| +(?:0+ +)+|-)R[RM]*)*")
_KINDS = {"R": "R", "AL": "R", "AN": "R", "NSM": "M", "BN": "M", "EN": "0"}
_JOINS = dict.fromkeys("-'\"/\u2019\u05f3\u05f4", "-") | {" ": " "}


def escape(text: str) -> str:
    """Return text for HTML outside a template: made visible, then escaped."""
    return html.escape(visible(text))


def markdown(text: str) -> str:
    """Return text for a Markdown or HTML renderer as one visible line without markup.

    Markup is replaced by character references, which both renderers show as the character.
    """
    line = " ".join(visible(text).split())
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", line)


def visible(text: str) -> str:
    """Return text without invisible characters; pages must still escape it.

    An invisible character can reverse the reading direction, terminate a file (NUL), or be
    impossible to encode (an unpaired surrogate). Right-to-left words are isolated, so that they do
    not reorder the surrounding sentence.
    """
    if text.isascii() and text.isprintable():
        return text
    return _isolated(_spelled_out(text))


def _isolated(text: str) -> str:
    """Enclose each right-to-left run in isolation marks."""
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
    """Return whether a text is one line without invisible characters or excess combining marks."""
    return (text.isascii() and text.isprintable()) or not _unfit_for_a_line(text)


def one_line(text: str, longest: int) -> str:
    """Truncate a text, and replace characters unfit for a visible line by spaces."""
    shown = text[:longest]
    # Replacing an invisible letter leaves its marks on a blank, so repeat until none are left.
    while not is_one_line(shown):
        unfit = _unfit_for_a_line(shown)
        shown = "".join(" " if place in unfit else each for place, each in enumerate(shown))
    return shown


def inert(text: str) -> str:
    """Return text that is safe in pages of third-party code; different texts stay different.

    Text without a meaning to any parser is unchanged. Text longer than `INERT_LENGTH` is truncated
    and followed by its length and SHA-256, so that it differs from others with the same start.

    Parameters
    ----------
    text
        Any text: a column, a category, a class, a version, a title.
    """
    if len(text) > INERT_LENGTH:
        return f"{''.join(_spelled(text[:_START_LENGTH]))}{_told_apart(text)}"
    spelled = "".join(_spelled(text))
    return f"{OPENING}{spelled or 'empty'}{CLOSING}" if _is_read_as_other(text) else spelled


def _spelled(text: str) -> list[str]:
    """Return each character, or its code point if it is invisible or may have a meaning."""
    times = {match.start() for match in _COLON_OF_A_TIME.finditer(text)}
    # Browsers collapse repeated spaces, and drop those at either end.
    lost = {match.end() - 1 for match in _LOST_SPACE.finditer(text)} | _covering(text)
    return [
        character
        if (_is_plain(character) and place not in lost) or place in times
        else _code_point(character)
        for place, character in enumerate(text)
    ]


def _told_apart(text: str) -> str:
    # Surrogates cannot be encoded in UTF-8, but different ones must stay different.
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
    """Return the positions of combining marks without a base, or beyond the maximum on one base."""
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
            # An invisible character is not a base for further marks, and neither is a blank.
            height = _MOST_MARKS if character.isspace() else 0
    return found


def _code_point(character: str) -> str:
    return f"{OPENING}U+{ord(character):X}{CLOSING}"
