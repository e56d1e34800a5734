"""Texts as comparable words: what was meant, beside what was understood."""

import re

_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_SHORT = {
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "good-bye": "goodbye",
    "can't": "can not",
    "won't": "will not",
    "n't": " not",
    "'s": " is",
    "'re": " are",
    "'m": " am",
    "'ll": " will",
    "'ve": " have",
}
"""What is written in two ways, in the order in which it is written out."""
_WORD = re.compile(r"[^\W_]+")


def spelled(text: str) -> list[str]:
    """Words in lower case, digits one by one and spelled out, short forms of verbs written out.

    "4271" and "four, two, seven, one" are the same, and so are "where's" and "where is"; "Jones's"
    is mistaken for a verb.
    """
    text = text.lower()
    for short, written_out in _SHORT.items():
        text = text.replace(short, written_out)
    text = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit.group())]} ", text)
    return _WORD.findall(text)
