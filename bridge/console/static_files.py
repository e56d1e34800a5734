"""Style and scripts of the pages, each under an address that changes with its content."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _File:
    plain: bytes
    packed: bytes
    content_type: str


class StaticFiles:
    """The files of one folder, read once and kept in memory."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, _File] = {}
        self._addresses: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in _TYPES:
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:12]
                packed = gzip.compress(content, mtime=0)
                self._files[f"{digest}/{path.name}"] = _File(content, packed, _TYPES[path.suffix])
                self._addresses[path.name] = f"/console/static/{digest}/{path.name}"

    def address(self, name: str) -> str:
        """Where a file is, as long as it does not change."""
        return self._addresses[name]

    async def serve(self, request: web.Request) -> web.Response:
        """Give a file to anybody: it holds nothing that is not in the source code."""
        file = self._files.get(request.match_info["file"])
        if file is None:
            raise web.HTTPNotFound(text="There is no such file; load the page again.")
        headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=file.packed if is_packed else file.plain,
            content_type=file.content_type,
            charset="utf-8",
            headers=headers,
        )
