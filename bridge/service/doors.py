"""The URLs that ACS is given: doors of this service, each for one call or one sound."""

from bridge.flow.call import Call
from bridge.service.tokens import Purpose, Tokens


class Doors:
    """Makes them, with a token that opens them."""

    def __init__(self, public_url: str, tokens: Tokens) -> None:
        self._url = f"{public_url}/acs"
        self._tokens = tokens

    def callbacks(self, call: Call) -> str:
        """Where ACS tells about a call."""
        return f"{self._url}/callbacks/{self._tokens.seal(Purpose.CALLBACKS, call)}"

    def media(self, call: Call) -> str:
        """Where ACS brings the media of a call, over a WebSocket."""
        url = f"{self._url}/media/{self._tokens.seal(Purpose.MEDIA, call)}"
        return url.replace("http", "ws", 1)

    def sound(self, file: str) -> str:
        """Where ACS finds a sound of the flows."""
        return f"{self._url}/sounds/{self._tokens.seal_sound(file)}"
