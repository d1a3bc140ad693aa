"""gRPC calls over a Unix socket, without threads.

The C library of gRPC keeps threads and locks that a forked child inherits broken: a child of a process
with an open channel hangs in its first call, or, with fork support switched on, each fork of the parent
takes a second. Here a call is a socket and what was read of it, so a child simply opens its own.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from base64 import b64decode
from collections import deque
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

MESSAGE_BYTES_MAX = 64 << 20

_WINDOW_BYTES = 1 << 24
_IDLE_CONNECTIONS_MAX = 8
_CONFIG = h2.config.H2Configuration(
    client_side=True,
    header_encoding="utf-8",
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)

CANCELLED, DEADLINE_EXCEEDED, PERMISSION_DENIED = 1, 4, 7
RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE = 8, 13, 14


def is_readable(fd: int) -> bool:
    """Without waiting. ``select`` would not take descriptors above 1,023."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


class CallFailed(Exception):
    """A call that ended with another status than OK."""

    def __init__(self, code: int, message: str, details: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        """A ``google.rpc.Status``, serialized; may be empty."""


class Connection:
    """A connection with at most one call at a time. For one thread at a time, but for :meth:`close`."""

    def __init__(self, path: str, timeout: float | None) -> None:
        self.is_terminated = False
        """Whether the node has said that it takes no further call: with the last answer, or by itself."""
        self._pid = os.getpid()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(path)
            self.http = h2.connection.H2Connection(_CONFIG)
            self.http.initiate_connection()
            self.http.increment_flow_control_window(_WINDOW_BYTES)
            self.flush()
        except OSError as failure:
            self.socket.close()
            code = PERMISSION_DENIED if isinstance(failure, PermissionError) else UNAVAILABLE
            raise CallFailed(code, f"cannot connect to {path}: {failure}") from failure

    def flush(self) -> None:
        waiting = self.http.data_to_send()
        if waiting:
            self.socket.sendall(waiting)

    def is_usable(self) -> bool:
        """Takes what arrived between two calls: settings, pings, or the end."""
        if self.is_terminated or self.socket.fileno() < 0:
            return False
        try:
            while is_readable(self.socket.fileno()):
                data = self.socket.recv(1 << 16)
                events = self.http.receive_data(data)
                if not data or any(
                    isinstance(event, h2.events.ConnectionTerminated) for event in events
                ):
                    return False
                self.flush()
            return True
        except (OSError, h2.exceptions.H2Error):
            return False

    @property
    def is_inherited(self) -> bool:
        """Whether it is the parent's, of which this process was forked off."""
        return self._pid != os.getpid()

    def close(self) -> None:
        """From any thread: who reads is woken. In a forked child the parent's goes on."""
        if not self.is_inherited:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was first
        self.socket.close()


class Call:
    """A call that is under way. ``timeout`` in seconds is for the whole of it, None is without end."""

    def __init__(self, connection: Connection, path: str, timeout: float | None) -> None:
        self._connection = connection
        self._end = None if timeout is None else time.monotonic() + timeout
        self._arrived = bytearray()
        self._messages: deque[bytes] = deque()
        self._headers: dict[str, str] = {}
        self._has_ended = False
        self._failure: CallFailed | None = None
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        if timeout is not None:
            headers.append(("grpc-timeout", f"{min(max(1, int(timeout * 1000)), 99_999_999)}m"))
        http = connection.http
        self._stream = http.get_next_available_stream_id()
        http.send_headers(self._stream, headers)

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    @property
    def is_inherited(self) -> bool:
        return self._connection.is_inherited

    def fileno(self) -> int:
        return self._connection.socket.fileno()

    def send(self, message: bytes | None, *, is_last: bool = False) -> None:
        """Sends a message, or with None nothing but the end."""
        data = b"" if message is None else b"\0" + len(message).to_bytes(4, "big") + message
        http = self._connection.http
        at = 0
        try:
            while True:
                room = min(
                    http.local_flow_control_window(self._stream), http.max_outbound_frame_size
                )
                part = data[at : at + room]
                at += len(part)
                is_all = at == len(data)
                if part or is_all:
                    http.send_data(self._stream, part, end_stream=is_last and is_all)
                self._connection.flush()
                if is_all:
                    return
                if room == 0:
                    self._read(self._end)
                    if self._has_ended:
                        return
        except (OSError, h2.exceptions.H2Error) as failure:
            self._break(failure)

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next message; None at a good end. Raises :class:`CallFailed`."""
        end = self._end
        if timeout is not None:
            end = min(end or float("inf"), time.monotonic() + timeout)
        while not self._messages and not self._has_ended:
            self._read(end)
        if self._messages:
            return self._messages.popleft()
        if self._failure is not None:
            raise self._failure
        return None

    def poll(self) -> None:
        """Looks at what has arrived, without waiting."""
        while not self._has_ended and is_readable(self.fileno()):
            self._read(time.monotonic() + 1)

    def _read(self, end: float | None) -> None:
        connection = self._connection
        try:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            connection.socket.settimeout(left)
            data = connection.socket.recv(1 << 18)
            if not data:
                raise ConnectionError("the node ended the connection")
            for event in connection.http.receive_data(data):
                self._take(event)
            connection.flush()
        except TimeoutError:
            self._finish(CallFailed(DEADLINE_EXCEEDED, "no answer in time"))
            connection.close()
        except (OSError, h2.exceptions.H2Error) as failure:
            self._break(failure)

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.DataReceived):
            self._connection.http.acknowledge_received_data(
                event.flow_controlled_length or 0, event.stream_id
            )
            if event.stream_id == self._stream:
                self._arrived += event.data or b""
                self._cut()
        elif isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
            self._headers.update({str(name): str(value) for name, value in event.headers or ()})
        elif isinstance(event, h2.events.StreamEnded):
            self._finish(self._status())
        elif isinstance(event, h2.events.StreamReset):
            code = CANCELLED if event.error_code == h2.errors.ErrorCodes.CANCEL else UNAVAILABLE
            self._finish(CallFailed(code, f"the node reset the call ({event.error_code})"))
        elif isinstance(event, h2.events.ConnectionTerminated):
            self._connection.is_terminated = True
            self._finish(CallFailed(UNAVAILABLE, "the node ended the connection"))

    def _cut(self) -> None:
        while len(self._arrived) >= 5:
            length = int.from_bytes(self._arrived[1:5], "big")
            if self._arrived[0] or length > MESSAGE_BYTES_MAX:
                self._finish(CallFailed(INTERNAL, f"a message of {length} bytes, or compressed"))
                self._connection.close()
                return
            if len(self._arrived) < 5 + length:
                return
            self._messages.append(bytes(self._arrived[5 : 5 + length]))
            del self._arrived[: 5 + length]

    def _status(self) -> CallFailed | None:
        code = self._headers.get("grpc-status", "")
        if code == "0":
            return None
        details = self._headers.get("grpc-status-details-bin", "")
        return CallFailed(
            int(code) if code.isdecimal() else UNAVAILABLE,
            unquote(self._headers.get("grpc-message", "")) or f"status {code or 'missing'}",
            b64decode(details + "=" * (-len(details) % 4)),
        )

    def _break(self, failure: Exception) -> None:
        self._finish(CallFailed(UNAVAILABLE, f"the connection broke: {failure}"))
        self._connection.close()

    def _finish(self, failure: CallFailed | None) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._failure = failure

    def cancel(self) -> None:
        """From any thread: the node forgets the call, who receives is told."""
        self._finish(CallFailed(CANCELLED, "given up"))
        self._connection.close()


class Connections:
    """Connections to one socket, kept for the next call. Thread-safe; to be made anew after a fork."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def call(self, path: str, request: bytes, timeout: float) -> bytes:
        """A call with one request and one answer. Raises :class:`CallFailed`."""
        connection = self._take(timeout)
        is_done = False
        try:
            call = Call(connection, path, timeout)
            call.send(request, is_last=True)
            answer = call.receive()
            if answer is None:
                raise CallFailed(INTERNAL, "a call ended without an answer")
            while not call.has_ended:
                call.receive()
            is_done = True
            return answer
        except CallFailed as failure:
            is_done = failure.code not in (UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, INTERNAL)
            if failure.code == UNAVAILABLE:
                self.close()  # what else is idle is as old
            raise
        finally:
            if is_done:
                self._give(connection)
            else:
                connection.close()

    def stream(self, path: str, timeout: float | None = None) -> Call:
        """A call on a connection of its own."""
        return Call(Connection(self._path, 5.0), path, timeout)

    def _take(self, timeout: float) -> Connection:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable():
                    return connection
                connection.close()
        return Connection(self._path, timeout)

    def _give(self, connection: Connection) -> None:
        with self._lock:
            if len(self._idle) < _IDLE_CONNECTIONS_MAX:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Ends what is idle; calls under way go on."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def abandon(self) -> None:
        """As :meth:`close` in a forked child, where a thread that is not there may hold the lock."""
        for connection in self._idle:
            connection.close()
        self._idle = []
