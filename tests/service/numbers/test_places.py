"""Every key and item of a TOML text is found on its line."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from bridge.service.numbers.places import Place, Places

TEXT = '''# [not.a.table]
[numbers."+1800"] # "neither"
flow = "a # b"
a.'b c'.d = 1.5
d = 1979-05-27 07:32:00
texts = ["x", # [
  """two
  "lines\\"""", 'z']
deep = [[1, 2], [3,
  { q = 1, "r" = { s = [] } }]]
[[numbers."+1800".then]]
say = "x"
[[numbers."+1800".then]]
say = "y"
'''


def places_in(value: Any, above: Place = ()) -> Iterator[Place]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*above, key)
        if isinstance(item, dict | list):
            yield from places_in(item, (*above, key))


def test_what_is_there_is_found_on_its_line() -> None:
    places = Places(TEXT)
    assert {place: places.line(place) for place in places_in(tomllib.loads(TEXT))} == {
        ("numbers",): 2,
        ("numbers", "+1800"): 2,
        ("numbers", "+1800", "flow"): 3,
        ("numbers", "+1800", "a"): 4,
        ("numbers", "+1800", "a", "b c"): 4,
        ("numbers", "+1800", "a", "b c", "d"): 4,
        ("numbers", "+1800", "d"): 5,
        ("numbers", "+1800", "texts"): 6,
        ("numbers", "+1800", "texts", 0): 6,
        ("numbers", "+1800", "texts", 1): 7,
        ("numbers", "+1800", "texts", 2): 8,
        ("numbers", "+1800", "deep"): 9,
        ("numbers", "+1800", "deep", 0): 9,
        ("numbers", "+1800", "deep", 0, 0): 9,
        ("numbers", "+1800", "deep", 0, 1): 9,
        ("numbers", "+1800", "deep", 1): 9,
        ("numbers", "+1800", "deep", 1, 0): 9,
        ("numbers", "+1800", "deep", 1, 1): 10,
        ("numbers", "+1800", "deep", 1, 1, "q"): 10,
        ("numbers", "+1800", "deep", 1, 1, "r"): 10,
        ("numbers", "+1800", "deep", 1, 1, "r", "s"): 10,
        ("numbers", "+1800", "then"): 11,
        ("numbers", "+1800", "then", 0): 11,
        ("numbers", "+1800", "then", 0, "say"): 12,
        ("numbers", "+1800", "then", 1): 13,
        ("numbers", "+1800", "then", 1, "say"): 14,
    }


def test_what_is_missing_is_where_it_should_be() -> None:
    assert Places(TEXT).line(("numbers", "+1800", "limits", "blocked", 3)) == 2
    assert Places("").line(("numbers",)) is None


KEYS = st.text("abé\"'#.[]{}=, \n", min_size=1, max_size=6) | st.sampled_from(["a", "b-c", "+1"])
VALUES = st.recursive(
    st.text("ab\"'#[]{}=,\n\\", max_size=8) | st.integers(-9, 9) | st.booleans() | st.floats(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_is_valid_is_found_whole(content: dict[str, Any]) -> None:
    text = tomlkit.dumps(content)
    assert tomllib.loads(text) == content
    places = Places(text)
    lines = text.count("\n") + 1
    for place in places_in(content):
        assert place in places
        assert 1 <= (places.line(place) or 0) <= lines


def test_the_example_is_found_whole() -> None:
    text = Path("docs/numbers.toml").read_text()
    places = Places(text)
    assert [place for place in places_in(tomllib.loads(text)) if place not in places] == []
