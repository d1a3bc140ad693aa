"""The calls' own HTTP/2, against a server that does what a node does at its worst moments."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from tokamak._http2 import Connections

ANSWER = b"\0\0\0\0\2ok"


class LeavingServer:
    """Answers one call on each connection, and says in the same breath that it takes no other."""

    def __init__(self, path: Path) -> None:
        self.connections = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen()
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        http.initiate_connection()
        while True:
            for event in http.receive_data(connection.recv(1 << 16)):
                if isinstance(event, h2.events.StreamEnded):
                    http.send_headers(event.stream_id, [(":status", "200")])
                    http.send_data(event.stream_id, ANSWER)
                    http.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
                    http.close_connection()
                    connection.sendall(http.data_to_send())
                    return
            connection.sendall(http.data_to_send())

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        for each in (self._socket, *self._open):
            each.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LeavingServer]:
    server = LeavingServer(tmp_path / "s")
    yield server
    server.close()


def test_a_connection_whose_last_answer_came_with_its_end_is_not_used_again(
    server: LeavingServer, tmp_path: Path
) -> None:
    connections = Connections(str(tmp_path / "s"))
    for calls in (1, 2, 3):
        assert connections.call("/a/b", b"", 30) == b"ok"
        assert server.connections == calls
    connections.close()
