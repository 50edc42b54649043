"""Code pages of Latin scripts, told apart by the words that their letters make.

Names of towns and people are too short for detectors that count letters: they take "Łódź" for
"£ódŸ". But each European language uses few accented letters, some only before certain others, and
a wrong code page puts a letter of another language, a capital, or a symbol into most words.
"""

# ruff: noqa: RUF001  # the characters are the data

import re

# Accented letters of each language, in lower case; where they are, if not everywhere.
_WESTERN: tuple[str, ...] = (
    r"[àâæçéèêëîïôùûüÿ]|œ(?=[uiltdnsc])",  # French
    r"[äöüß]",  # German
    r"[áéíóúü]|ñ(?=[aeiouáéíóú])",  # Spanish
    r"[áâàçéêíóôúü]|ã(?=[oens]|$)|õ(?=e)",  # Portuguese
    r"[àèéìíîòóùú]",  # Italian
    r"[àçèéíïòóúü]|·(?=l)",  # Catalan
    r"[åäöæøéü]",  # Danish, Norwegian, Swedish, Finnish
    r"[áðéíóúýþæö]",  # Icelandic
    r"[äëïéèöüá]",  # Dutch
)
_CENTRAL: tuple[str, ...] = (
    r"[ąćęłńóśźż]",  # Polish
    r"[áčďéěíňóřšťúůýž]",  # Czech
    r"[áäčďéíĺľňóôŕšťúýž]",  # Slovak
    r"[áéíóöőúüű]",  # Hungarian
    r"[ăâîşţ]",  # Romanian
    r"[čćđšž]",  # Croatian, Slovenian
    r"[äöüß]",  # German
)
# In the order in which they are preferred if the words fit as well.
_LANGUAGES = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
}
_WORD = re.compile(r"(?:[^\W\d_²³¹ªº]|·(?=l))+")
_FITTING = {
    languages: [re.compile(rf"(?:[a-z']|{each})+") for each in languages]
    for languages in (_WESTERN, _CENTRAL)
}
# Symbols of prices and units are beside digits, if anything; quotation marks are at ends of words.
_SYMBOL = re.compile(
    r"(?<![^\W\d_])[€£¥§©®™±](?![^\W\d_])|(?<![^\W\d_])[«¿¡“„‘‚]|[»”“’™®…](?![^\W\d_])|’"
    r"|(?<=[\s\d])[–—•·](?=[\s\d])|\xa0|(?<=[\dmM])[²³](?![^\W\d_])|(?<=[\dnN])[ºª°]|°|µ"
)
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_LEAST_SHARE = 0.8


def find_code_page(content: bytes) -> str | None:
    """Return the code page in which the words are those of European languages.

    Parameters
    ----------
    content
        Lines with characters outside ASCII, not in UTF-8.

    Returns
    -------
    str or None
        The first code page with the largest share of characters in fitting words; `None` if it is
        small in each, as for other scripts.
    """
    shares = {name: _share(content, name) for name in _LANGUAGES}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _LEAST_SHARE else None


def _share(content: bytes, name: str) -> float:
    """Return the share of the non-ASCII characters that fit, 0 if the bytes cannot be decoded."""
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return 0.0
    total = len(_NON_ASCII.findall(text))
    fitting = _FITTING[_LANGUAGES[name]]
    fit = 0
    for word in _WORD.finditer(text):
        letters = len(_NON_ASCII.findall(word[0]))
        if letters and not _is_odd(text, word):
            fit += letters * any(each.fullmatch(word[0].lower()) for each in fitting)
    fit += len(_SYMBOL.findall(text))
    return min(fit, total) / total if total else 0.0


def _is_odd(text: str, word: re.Match[str]) -> bool:
    """Return whether a word touches a digit, or has a capital after a small letter."""
    before = text[max(0, word.start() - 1) : word.start()]
    after = text[word.end() : word.end() + 1]
    pairs = zip(word[0], word[0][1:], strict=False)
    inside = any(one.islower() and two.isupper() and not two.isascii() for one, two in pairs)
    return inside or before.isdigit() or after.isdigit()
