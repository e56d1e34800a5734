"""Runs of digits in what was said: card numbers, order numbers and dates of birth, hidden.

Digits are written (`4271`, `42-71`) or spoken (`four two seven one`, `double four`, `oh`) in
English, German, French, Spanish or Italian. Rules of thumb: a year and "at ten thirty" are runs of
four digits, too; `10:30` is none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HIDDEN = "…"
LEAST = 4
"""Shorter runs are left as they are: one moment, two people, at five, order 42."""

_FILLERS = """ah ähm äh and dann dash e eh ehm em er erm et euh guion guión hm hmm hyphen luego mhm
    mm öh poi puis strich then tiret trattino uh uhm um und y"""
"""What may stand between two digits of a run; more than that ends it."""

_TIMES = {
    2: "double doble doppel doppelt doppelte doppia doppio zweimal",
    3: "dreifach dreimal treble tripla triple triplo",
}


def _counted(words: str, first: int = 0, step: int = 1) -> dict[str, str]:
    """Words and their digits; `/` stands between words for one number, and `_` for a space."""
    return {
        word.replace("_", " "): str(first + step * at)
        for at, group in enumerate(words.split())
        for word in group.split("/")
    }


def _joined(
    tens: Mapping[str, str], units: Mapping[str, str], shape: str = "{ten} {unit}"
) -> dict[str, str]:
    """What tens and units become together: twenty-one, einundzwanzig."""
    return {
        shape.format(ten=ten, unit=unit): str(int(tens[ten]) + int(units[unit]))
        for ten in tens
        for unit in units
        if units[unit] != "0"
    }


def _english() -> dict[str, str]:
    units = _counted("zero/oh/o/nought one two three four five six seven eight nine/niner")
    teens = _counted(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10
    )
    tens = _counted("twenty thirty forty/fourty fifty sixty seventy eighty ninety", 20, 10)
    large = {"hundred": "00", "thousand": "000"}
    return units | teens | tens | _joined(tens, units) | large


def _german() -> dict[str, str]:
    units = _counted("null eins/ein zwei/zwo drei vier fünf/fuenf sechs sieben acht neun")
    teens = _counted(
        "zehn elf zwölf/zwoelf dreizehn vierzehn fünfzehn/fuenfzehn sechzehn siebzehn achtzehn "
        "neunzehn",
        10,
    )
    tens = _counted(
        "zwanzig dreißig/dreissig vierzig fünfzig/fuenfzig sechzig siebzig achtzig neunzig", 20, 10
    )
    large = {"hundert": "00", "tausend": "000"}
    return units | teens | tens | _joined(tens, units, "{unit}und{ten}") | large


def _french() -> dict[str, str]:
    units = _counted("zéro/zero un/une deux trois quatre cinq six sept huit neuf")
    teens = _counted("dix onze douze treize quatorze quinze seize dix_sept dix_huit dix_neuf", 10)
    tens = _counted(
        "vingt trente quarante cinquante soixante septante huitante/octante nonante", 20, 10
    )
    by_twenty = {"soixante": "60", "quatre vingt": "80"}
    joined = _joined(tens, units) | _joined(by_twenty, units | teens)
    ones = _counted("un/une", 1) | {"onze": "11"}
    joined |= _joined(tens, ones, "{ten} et {unit}") | {"quatre vingts": "80", "quatre vingt": "80"}
    return units | teens | tens | joined | {"cent": "00", "cents": "00", "mille": "000"}


def _spanish() -> dict[str, str]:
    units = _counted("cero uno/un/una dos tres cuatro cinco seis siete ocho nueve")
    teens = _counted(
        "diez once doce trece catorce quince dieciséis/dieciseis diecisiete dieciocho diecinueve",
        10,
    )
    tens = _counted("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", 20, 10)
    twenties = _counted(
        "veintiuno/veintiún/veintiun/veintiuna veintidós/veintidos veintitrés/veintitres "
        "veinticuatro veinticinco veintiséis/veintiseis veintisiete veintiocho veintinueve",
        21,
    )
    large = dict.fromkeys(("cien", "ciento", "cientos", "cientas"), "00") | {"mil": "000"}
    large |= _counted(
        "quinientos/quinientas setecientos/setecientas novecientos/novecientas", 500, 200
    )
    return units | teens | tens | twenties | _joined(tens, units, "{ten} y {unit}") | large


def _italian() -> dict[str, str]:
    units = _counted("zero uno/un/una due tre/tré quattro cinque sei sette otto nove")
    teens = _counted(
        "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
        10,
    )
    tens = _counted("venti trenta quaranta cinquanta sessanta settanta ottanta novanta", 20, 10)
    elided = {ten[:-1]: digits for ten, digits in tens.items()}
    joined = _joined(tens, units, "{ten}{unit}")
    joined |= _joined(elided, _counted("uno/un", 1) | {"otto": "8"}, "{ten}{unit}")
    large = {"cento": "00", "mille": "000", "mila": "000"}
    return units | teens | tens | joined | large


@dataclass(frozen=True)
class _Spoken:
    """The numbers of one language."""

    digits: Mapping[str, str]
    word: re.Pattern[str]
    token: re.Pattern[str]
    """Matches anywhere: a `number`, what may be `between` two, or anything `other`."""

    def read(self, number: str) -> str:
        """The digits of a number; what is masked already counts as a run that is long enough."""
        number = number.lower().replace(HIDDEN, "0" * (LEAST - 2))
        words = (" ".join(word.replace("-", " ").split()) for word in self.word.findall(number))
        return "".join(self.digits.get(word, word) for word in words)


def _either(words: Iterable[str]) -> str:
    """A pattern of words that prefers the longer; a space in one may be a hyphen, too.

    It is a tree of letters: a list of all words takes three times as long to try.
    """
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[:1], []).append(word[1:])
    may_end = rests.pop("", None)
    branches = [
        (r"[\s-]+" if letter == " " else letter) + _either(rest) for letter, rest in rests.items()
    ]
    return f"(?:{'|'.join(branches)})" + ("?" if may_end else "") if branches else ""


def _spoken(digits: dict[str, str]) -> _Spoken:
    single = {word: digit for word, digit in digits.items() if len(digit) == 1}
    single |= {str(digit): str(digit) for digit in range(10)}
    for times, words in _TIMES.items():
        for word in words.split():
            digits |= {f"{word} {one}": digit * times for one, digit in single.items()}
    words, letter = _either(digits), r"[^\W\d]"
    token = rf"""
        (?P<number>{HIDDEN}\d\d(?!\d)|(?:\d|(?<!{letter}){words}++(?!{letter}))+)
        |(?P<between>[^\w!?:]|_|\b(?:{_either(_FILLERS.split())})\b)
        |(?P<other>{letter}+|.)
    """
    flags = re.VERBOSE | re.IGNORECASE | re.DOTALL
    return _Spoken(digits, re.compile(rf"{words}|\d"), re.compile(token, flags))


_LANGUAGES = [_spoken(words()) for words in (_english, _german, _french, _spanish, _italian)]

_RUN = re.compile("n(?:b*n)*")


def mask_digits(text: str, *, is_cut: bool = False) -> str:
    """Hide runs of four and more digits but for their last two: `4271` becomes `…71`.

    A run may go over several lines; there are as many afterwards. Of a text that `is_cut`, a run at
    its end is hidden whole, however short: nobody sees how long it was to be.
    """
    before = None
    while text != before:  # what is mixed of languages may take more than once
        before = text
        for spoken in _LANGUAGES:
            text = _masked(text, spoken, is_cut=is_cut)
    return text


def _masked(text: str, spoken: _Spoken, *, is_cut: bool) -> str:
    tokens = list(spoken.token.finditer(text))
    kinds = "".join(str(token.lastgroup)[0] for token in tokens)
    said_to = len(kinds.rstrip("b"))
    pieces: list[str] = []
    at = 0
    for run in _RUN.finditer(kinds):
        first, last = tokens[run.start()], tokens[run.end() - 1]
        is_open = is_cut and run.end() == said_to
        digits = "".join(
            spoken.read(token[0])
            for token in tokens[run.start() : run.end()]
            if token.lastgroup == "number"
        )
        if len(digits) >= LEAST or is_open:
            ends = text.count("\n", first.start(), last.end())
            shown = "" if is_open else digits[-2:]
            pieces += text[at : first.start()], f"{HIDDEN}\n" * ends, HIDDEN, shown
            at = last.end()
    return "".join((*pieces, text[at:]))
