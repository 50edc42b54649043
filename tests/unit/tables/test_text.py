"""Bytes of a text file as characters and records."""

# ruff: noqa: RUF001  letters of other scripts are what this is about

import io
from collections.abc import Collection

import pytest

from modelfleet.tables.files.layout import find_layout
from modelfleet.tables.files.text import Utf8, find_encoding

TABLES = {
    "cp1252": "name;preis\nMüller;3,5 €\nKöln;4,5 €\n",
    "latin-1": "été,prix\nOrléans,1\nNîmes,3\nSão Paulo,3\nZürich,2\n",
    "cp1250": "miasto,cena\nŁódź,1\nKraków,2\nGdańsk,3\n",
    "cp1251": "город,цена\nМосква,1\nСанкт-Петербург,2\nКазань,3\n",
    "cp1253": "πόλη,τιμή\nΑθήνα,1\nΠάτρα,2\n",
    "cp932": "都市,価格\n東京,1\n大阪,2\n",
    "gb18030": "城市,价格\n北京,1\n上海市,2\n广州市,4\n",
    "cp949": "도시,가격\n서울,1\n부산,2\n",
    "mac_roman": "ville,prix\nOrléans,1\nNîmes,3\n",
    "utf-8": "城市,Größe\n北京,1\n",
    "utf-8-sig": "город,Größe\nМосква,1\n",
    "utf-16": "город,Größe\nМосква,1\n",
    "utf-16-le": "city,size\nOrléans,1\n",
    "utf-16-be": "city,size\nOrléans,1\n",
}


def decode(content: bytes) -> str:
    """A file's characters, in the encoding that is found."""
    file = io.BytesIO(content)
    source = Utf8(file, find_encoding(file))
    pieces = iter(lambda: source.read(7), b"")
    return b"".join(pieces).decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def delimiter(text: str, known: Collection[str] = ()) -> str:
    """The delimiter that is found."""
    return find_layout(text, known).delimiter


@pytest.mark.parametrize("encoding", TABLES)
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    """Whichever common code page a file is in, its characters are those that were written."""
    assert decode(TABLES[encoding].encode(encoding)) == TABLES[encoding]


def test_what_no_code_page_explains_is_read_all_the_same() -> None:
    """A file is never refused for its encoding: what is ASCII of it stays readable."""
    assert decode(bytes(range(0x20, 0x100))).startswith(" !")


@pytest.mark.parametrize("damage", [b"a", b"\x00\xd8", b"\x00\xd8\n\x00"])
def test_what_is_damaged_of_utf_16_is_marked(damage: bytes) -> None:
    """Half a character, or half a pair, costs itself alone."""
    read = decode(b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + damage)
    assert read.startswith("a,b\n1,2\n\ufffd")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a;b;c\n1,5;2,25;3\n", ";"),
        ("a|b|c\nx, y|2|3\n", "|"),
        ("name, full\tage\nDoe, J.\t3\nMadonna\t4\n", "\t"),
        ('"a;b",c\n"1;2",3\n', ","),
        ('note,c\n"two\nlines; and; more",3\n', ","),
        ("alone\n1\n", ","),
        ("\n\na;b\n1;2\n", ";"),
    ],
)
def test_the_delimiter_is_what_divides_records_evenly(text: str, found: str) -> None:
    """Without known names, the shape of the first records decides."""
    assert delimiter(text) == found


def test_known_names_tell_the_delimiter() -> None:
    """A header that holds more of the expected names outweighs the shape."""
    assert delimiter("a;b|x;c\n1;2|4;3\n", {"a", "c"}) == ";"


# Towns and names, as files of customers have them.
WORDS = {
    "Polish": ("Łódź", "Gdańsk", "Paweł", "Kraśnik", "Żywiec"),
    "Polish without ł": ("Kraśnik", "Gdańsk", "Bieruń", "Rzeszów"),
    "Czech": ("Plzeň", "Dvořák", "Děčín", "Jiří", "České Budějovice"),
    "Hungarian": ("Győr", "Szőke", "Hajdúböszörmény", "Szűcs"),
    "Romanian": ("Buzău", "Târgu Mureş", "Iaşi", "Galaţi"),
    "Croatian": ("Šibenik", "Čakovec", "Požega", "Đurđevac"),
    "German": ("München", "Köln", "Große Gasse", "Würzburg"),
    "French": ("Orléans", "Nîmes", "Besançon", "Noël", "août"),
    "Spanish": ("Coruña", "León", "Cádiz", "Logroño"),
    "Portuguese": ("São Paulo", "Camões", "Conceição", "Goiânia"),
    "Italian": ("Forlì", "Cantù", "città", "perché"),
    "Danish": ("Århus", "Køge", "Ærø", "Næstved"),
    "Icelandic": ("Þórður", "Guðrún", "Sigríður"),
}


@pytest.mark.parametrize(
    "encoding", ["cp1252", "cp1250", "iso8859_2", "mac_roman", "cp850", "cp852"]
)
@pytest.mark.parametrize("language", WORDS)
def test_few_words_of_a_language_are_enough(language: str, encoding: str) -> None:
    """A short table is read in each code page that has its letters, with letters at line ends."""
    text = "number,word\n" + "".join(f"{n},{word}\n" for n, word in enumerate(WORDS[language]))
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip(f"{encoding} lacks letters of {language}")
    assert decode(content) == text


@pytest.mark.parametrize(
    "text", ["£5.00,£12\n", "3 m³,5 m³\n", "1º,nº 2\n", "“so” – it’s…,20 °C\n"]
)
def test_symbols_of_cp1252_are_no_letters(text: str) -> None:
    """Prices, units, and quotation marks are those of the most frequent code page."""
    assert decode(text.encode("cp1252")) == text
