"""On which line of a TOML text something is."""

import re
import tomllib
from collections.abc import Iterator

Place = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:[^"\\]|\\.)*"|'
    r"'[^']*'|"
    r"#[^\n]*|\[\[|]]|[\[\]{},=.\n]|[^\s\[\]{},=.#\"']+",
    re.DOTALL,
)


class Places:
    """Where each key and each item of a valid TOML text begins."""

    def __init__(self, text: str) -> None:
        self._signs = list(_signs(text))
        self._at = 0
        self._lines: dict[Place, int] = {}
        self._listed: dict[Place, int] = {}
        """The number of the last table in each list of tables, from 0."""
        self._read()

    def __contains__(self, place: Place) -> bool:
        return place in self._lines

    def line(self, place: Place) -> int | None:
        """The line, from 1, of what is there; of what holds it, where it is not there itself."""
        for length in range(len(place), 0, -1):
            if place[:length] in self._lines:
                return self._lines[place[:length]]
        return None

    def _read(self) -> None:
        table: Place = ()
        while (sign := self._next) is not None:
            if sign in ("[", "[["):
                line = self._signs[self._at][1]
                self._at += 1
                table = self._key(())
                if sign == "[[":  # one more of a list of tables
                    self._listed[table] = self._listed.get(table, -1) + 1
                    table = (*table, self._listed[table])
                    self._lines[table] = line
            elif sign not in ("\n", "]", "]]"):
                self._pair(table)
            else:
                self._at += 1

    @property
    def _next(self) -> str | None:
        return self._signs[self._at][0] if self._at < len(self._signs) else None

    def _key(self, above: Place) -> Place:
        place = above
        while True:
            sign, line = self._signs[self._at]
            place = (*place, _plain(sign))
            self._lines.setdefault(place, line)
            self._at += 1
            if self._next != ".":
                return place
            self._at += 1
            if place in self._listed:  # a header goes on in the last of them
                place = (*place, self._listed[place])

    def _pair(self, above: Place) -> None:
        place = self._key(above)
        self._at += 1  # the =
        self._value(place)

    def _value(self, place: Place) -> None:
        opening = self._next
        if opening == "{":
            self._at += 1
            while self._passed(",") != "}":
                self._pair(place)
            self._at += 1
        elif opening in ("[", "[["):
            self._array(place)
        else:
            while self._next not in (",", "]", "]]", "}", "\n", None):
                self._at += 1

    def _array(self, place: Place) -> None:
        """Split doubled brackets, which are no header here, into two."""
        self._split("[[", "[")
        self._at += 1
        number = 0
        while self._passed(",") not in ("]", "]]"):
            self._lines[*place, number] = self._signs[self._at][1]
            self._value((*place, number))
            number += 1
        self._split("]]", "]")
        self._at += 1

    def _split(self, double: str, single: str) -> None:
        sign, line = self._signs[self._at]
        if sign == double:
            self._signs[self._at : self._at + 1] = [(single, line), (single, line)]

    def _passed(self, comma: str) -> str | None:
        while self._next in (comma, "\n"):
            self._at += 1
        return self._next


def _signs(text: str) -> Iterator[tuple[str, int]]:
    line, before = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", before, match.start())
        before = match.start()
        if not match[0].startswith("#"):
            yield match[0], line


def _plain(key: str) -> str:
    """A key without its quotes."""
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key
