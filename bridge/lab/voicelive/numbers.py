"""Numbers as people say them, and as recognisers mishear them, in English and German."""

import re
from collections.abc import Iterator
from itertools import pairwise

_SINGLE = {
    word: str(number)
    for words in (
        "zero one two three four five six seven eight nine",
        "null eins zwei drei vier fünf sechs sieben acht neun",
    )
    for number, word in enumerate(words.split())
} | {"zwo": "2"}
_TEENS = {
    word: str(number)
    for words in (
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    )
    for number, word in enumerate(words.split(), start=10)
}
_TENS = {
    word: str(number)
    for words in (
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    )
    for number, word in zip(range(20, 100, 10), words.split(), strict=True)
}
_TOGETHER = {
    f"{'ein' if one == 'eins' else one}und{ten}": str(int(tens) + int(unit))
    for ten, tens in _TENS.items()
    for one, unit in _SINGLE.items()
    if unit != "0"
}
"""Twenty-one is one word in German."""
_PLAIN = _SINGLE | _TEENS | _TENS | _TOGETHER
_TIMES = {"double": 2, "triple": 3, "doppel": 2}
_ZERO = frozenset(("oh", "o"))
"""Zeros, beside a digit."""
_ALIKE = {"for": "4", "fore": "4", "to": "2", "too": "2", "won": "1", "when": "1", "win": "1"}
_ALIKE |= {"ate": "8", "eights": "8", "eighths": "8", "tree": "3", "free": "3"}
"""What recognisers make of digits; all are words of their own, too."""
_LENGTH = re.compile(r"\b(\w+)[ -]?(?:digits?|ziffern?|stellig)", re.IGNORECASE)


def digit_runs(said: str) -> list[str]:
    """Numbers in what was said, spelled-out digits joined: "four two seven one" is "4271"."""
    return list(_runs(_tokens(said, _PLAIN)))


def misheard_runs(said: str) -> list[str]:
    """The same, with words that sound like digits taken for such: "for two seven one" is "4271"."""
    return list(_runs(_tokens(said, _PLAIN | _ALIKE)))


def length_in(description: str) -> int | None:
    """How many digits a description asks for, as in "four digits", "4 digits", "vier Ziffern"."""
    found = _LENGTH.search(description)
    number = found.group(1).lower() if found else ""
    number = _PLAIN.get(number, number)
    return int(number) if number.isdecimal() else None


def _tokens(said: str, known: dict[str, str]) -> list[str]:
    """Words, with digits for those that are numbers: tens joined, doubles doubled."""
    tokens: list[str] = []
    before, times = "", 1
    for word in re.findall(r"[^\W_]+(?:'[^\W_]+)?", said.lower()):
        digits = known.get(word, word)
        if word in _TIMES:
            times = _TIMES[word]
        elif before in _TENS and _SINGLE.get(word, "0") != "0":
            tokens[-1] = tokens[-1][0] + digits
        else:
            tokens.append(digits * times if digits.isdecimal() else word)
            times = 1
        before = word
    return tokens


def _runs(tokens: list[str]) -> Iterator[str]:
    """Digits next to each other, joined; a zero by another name goes with them."""
    run = ""
    for token, after in pairwise([*tokens, ""]):
        if token.isdecimal():
            run += token
        elif token in _ZERO and (run or after.isdecimal()):
            run += "0"
        elif run:
            yield run
            run = ""
    if run:
        yield run
