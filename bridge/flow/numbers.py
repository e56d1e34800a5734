"""Telephone numbers."""

import re

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """Whether `number` is in international form: a plus and 7 to 15 digits (ITU-T E.164)."""
    return bool(E164.fullmatch(number))
