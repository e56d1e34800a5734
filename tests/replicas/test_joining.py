"""Names of replicas: their own, and where others ask whether they live."""

import socket

import pytest

from bridge.service.replicas.joining import new_name


def test_no_two_replicas_have_one_name() -> None:
    assert len({new_name("127.0.0.1", 8080) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("host", "found", "address"),
    [
        ("127.0.0.1", None, "127.0.0.1:8080"),
        ("0.0.0.0", "10.0.0.5", "10.0.0.5:8080"),  # noqa: S104 - all addresses
        ("::", "fd00::5", "[fd00::5]:8080"),
        ("0.0.0.0", None, "127.0.0.1:8080"),  # noqa: S104 - the same
    ],
)
def test_the_address_is_one_that_others_can_use(
    host: str, found: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object) -> list[tuple[object, ...]]:
        if found is None:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    name, _, where = new_name(host, 8080).partition("@")
    assert (len(name), where) == (16, address)
