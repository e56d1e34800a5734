"""A real nginx in front of the replicas, which deals requests out as it likes: in turn."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  log_format where "$upstream_addr $uri";
  access_log {folder}/access.log where;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream replicas {{ {servers} }}
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 1h;
    }}
  }}
}}
"""


def missing() -> str | None:
    """Why tests with nginx cannot run here; where they have to, nothing is skipped."""
    if PROGRAM or os.environ.get("CI"):
        return None
    return "there is no nginx; on Debian and Ubuntu: apt-get install nginx-light"


@dataclass
class Nginx:
    url: str
    log: Path

    def dealt(self) -> list[tuple[str, str]]:
        """Each request: the address of its replica, and the first two parts of its path."""
        lines = (line.split(" ", 1) for line in self.log.read_text().splitlines())
        return [(address, "/".join(path.split("/")[:3])) for address, path in lines]


@asynccontextmanager
async def nginx(urls: Sequence[str], folder: Path) -> AsyncIterator[Nginx]:
    """Serve in front of these; leaving stops it."""
    assert PROGRAM, "CI needs nginx: .ci/run installs it"
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    servers = " ".join(f"server {url.removeprefix('http://')};" for url in urls)
    file = folder / "nginx.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, servers=servers, port=port))
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "-p", str(folder), "-c", str(file), "-e", "stderr"
    )
    try:
        await _listens(port)
        yield Nginx(f"http://127.0.0.1:{port}", folder / "access.log")
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
