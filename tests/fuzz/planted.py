"""A door with a fault in it, by which a test sees that the fuzzer finds one."""

import sys

from bridge.acs.media import BadFrame, parse_tone
from tests.fuzz.behind import CORPUS, media
from tests.fuzz.target import fuzz


async def faulty(body: bytes) -> None:
    """Fall over a key that was pressed by nobody."""
    await media(body)
    try:
        tone = parse_tone(body.decode())
    except (BadFrame, UnicodeDecodeError):
        return
    if tone and not tone.participant:
        raise IndexError("planted")


if __name__ == "__main__":
    door, runs, folder = sys.argv[1:]
    fuzz(faulty, CORPUS / door, int(runs), folder)
