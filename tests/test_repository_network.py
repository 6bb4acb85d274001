"""The tests cannot reach anything but this machine."""

from __future__ import annotations

import os
import socket
import urllib.request

import pytest


def test_connecting_to_another_machine_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as stranger, pytest.warns(), pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        stranger.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("name", ["example.org", b"example.org"])
def test_names_of_other_machines_are_not_looked_up(name: str | bytes) -> None:
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo(name, 443)


def test_fetching_a_page_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"example\.org"):
        urllib.request.urlopen("http://example.org/")


def test_a_server_on_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        connection, _ = server.accept()
        connection.close()


def test_no_setting_or_key_of_the_machine_reaches_a_test() -> None:
    assert not [name for name in os.environ if name.startswith(("SCENEWRIGHT_", "OPENAI_", "LANGSMITH_"))]
