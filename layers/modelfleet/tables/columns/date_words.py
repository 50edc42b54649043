"""Dates with words of several languages, in the spelling that `strptime` reads."""

import re
import unicodedata
from functools import lru_cache

# Names and abbreviations of the months, as in English, German, French, Spanish, Italian,
# Portuguese, Dutch, and Scandinavian dates.
_MONTHS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar feber février fevrier févr fevr fév febrero febbraio fevereiro fev"
    " februari",
    "march mar märz mrz mär maart mrt mars marzo março marco marts",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei maj",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus augusti",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro desember des",
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = {
    word: name for name, words in zip(_ENGLISH, _MONTHS, strict=True) for word in words.split()
}
# Words that add nothing to a date: days of the week, particles, the word after a time. "mar" is a
# Tuesday, too, but never next to another month.
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs"
    " fri sat sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di"
    " mi do fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam"
    " dim lunes martes miércoles miercoles jueves viernes sábado sabado domingo mié jue vie"
    " sáb dom lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab maandag dinsdag"
    " woensdag donderdag vrijdag zaterdag zondag segunda terça quarta quinta sexta feira"
)
_PARTICLES = "de del of the den der le la el at um à las kl uhr"
_EMPTY = frozenset(f"{_DAYS} {_PARTICLES}".split())
_HALF = re.compile(r"\s*\b([ap])\.?\s?m\b\.?")
_HOUR = re.compile(r"\b(\d{1,2})\s?h\s?(\d{2})\b")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|ère|[ºª°])(?!\w)\.?|(?<=\d)\.(?=\s)")
_WORD = re.compile(r"[^\W\d_]+\.?")
_GAPS = re.compile(r"[\s,/-]+")
_COMMA = re.compile(r"[\s,]+")
_LONGEST = 60
_REMEMBERED = 10_000


@lru_cache(_REMEMBERED)
def in_english(text: str) -> str:
    """Return a date with its month as an English abbreviation, and without further words.

    `1. März 2024, 10:15 Uhr` becomes `1 Mar 2024 10:15`, `le 1er juin 2024` becomes `1 Jun 2024`.
    Text with other words than those of a date is unchanged.
    """
    if len(text) > _LONGEST or (not any(map(str.isalpha, text)) and "," not in text):
        return text
    spelled = unicodedata.normalize("NFC", text).casefold()
    spelled = _HALF.sub(r" \1m", _HOUR.sub(r"\1:\2", _ORDINAL.sub("", spelled)))
    months = 0
    words: list[str] = []
    for word in _WORD.findall(spelled):
        name = word.rstrip(".")
        months += name in _MONTH
        if name not in _MONTH and name not in _EMPTY and name not in ("am", "pm"):
            return text
        words.append(word)
    if months > 1:
        return text
    for word in words:
        name = word.rstrip(".")
        if name not in ("am", "pm"):
            spelled = re.sub(
                rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", f" {_MONTH.get(name, '')} ", spelled
            )
    return (_GAPS if months else _COMMA).sub(" ", spelled).strip()
