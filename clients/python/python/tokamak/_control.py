"""What is said to the node over the socket ``control`` in its folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from google.rpc import error_details_pb2, status_pb2

from tokamak import errors
from tokamak._http2 import (
    CANCELLED,
    DEADLINE_EXCEEDED,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    Call,
    CallFailed,
    Connections,
)

NOT_FOUND = 5
_INVALID = frozenset((3, 6, 9, 10, 11, 12))  # what another call would be
_DATA_LOSS = 15

_SERVICE = "/tokamak.local.v1.Local/"
_GRACE_SECONDS_MIN, _GRACE_SECONDS_MAX = 1.0, 5.0
"""The node ends a call at the deadline that it is told; this much later nobody believes that it will: a
second, and as long as was asked for."""
_RETRY_SECONDS = 0.02

_BY_REASON: dict[str, type[errors.TokamakError]] = {
    known.code: known
    for known in (
        errors.ObjectNotFound,
        errors.ObjectLost,
        errors.ObjectExists,
        errors.OutOfMemory,
        errors.QuotaExceeded,
        errors.PermissionDenied,
    )
}


class Message(Protocol):
    """What the generated classes have in common."""

    def SerializeToString(self) -> bytes: ...
    def ParseFromString(self, serialized: bytes) -> int: ...


T = TypeVar("T", bound=Message)


class Deadline:
    """A moment, given in seconds from now; None never comes. ``room`` is how long room is waited for, if
    that is less."""

    def __init__(self, seconds: float | None, room: float = math.inf) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self.room = room

    def left(self) -> float:
        """Seconds, 0 or more; infinite without an end."""
        if self._end is None:
            return float("inf")
        return max(0.0, self._end - time.monotonic())

    @property
    def has_passed(self) -> bool:
        return self.left() == 0


def translate(failure: CallFailed, node: str) -> errors.TokamakError:
    """What a failed call means to the caller."""
    reason, numbers = "", {}
    status = status_pb2.Status()
    if failure.details:
        status.ParseFromString(failure.details)
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
            reason, numbers = info.reason, dict(info.metadata)
    remedy = numbers.pop("remedy", "")
    message = status.message or failure.message
    kind: type[errors.TokamakError]
    if reason in _BY_REASON:
        kind = _BY_REASON[reason]
    elif reason == "session-fenced" or (failure.code == NOT_FOUND and reason == "session"):
        kind, remedy = errors.InvalidState, remedy or "repeat the call: it attaches anew"
    elif failure.code == RESOURCE_EXHAUSTED and reason == "too-large":
        kind = errors.OutOfMemory
    elif failure.code == PERMISSION_DENIED:
        kind = errors.PermissionDenied
    elif failure.code == DEADLINE_EXCEEDED:
        kind = errors.DeadlineExceeded
    elif failure.code == _DATA_LOSS:
        kind = errors.DecodeError
    elif reason == "too-large":
        kind = errors.OutOfMemory
    elif failure.code in _INVALID:
        kind = errors.InvalidRequest
    else:
        kind, message = errors.NodeUnavailable, f"{node} is away: {message}"
        reason, remedy = "", remedy or "start its node, or try again"
    return kind(message, remedy=remedy, numbers=numbers, code=reason or None)


class Control:
    """Calls to a node. Thread-safe; to be made anew after a fork."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._connections = Connections(f"{folder}/control")

    def call_once(
        self, method: str, request: Message, answer: Callable[[], T], seconds: float
    ) -> T:
        """Calls once. The node is given so many seconds, and a little more to say that they are over."""
        grace = min(_GRACE_SECONDS_MIN + seconds, _GRACE_SECONDS_MAX)
        try:
            said = self._connections.call(
                _SERVICE + method, request.SerializeToString(), seconds + grace
            )
        except CallFailed as failure:
            raise translate(failure, self.folder) from failure
        message = answer()
        message.ParseFromString(said)
        return message

    def call(self, method: str, request: Message, answer: Callable[[], T], deadline: Deadline) -> T:
        """As :meth:`call_once`, and again while the node is away. For what is safe to repeat."""
        while True:
            try:
                return self.call_once(method, request, answer, min(deadline.left(), 300.0))
            except errors.NodeUnavailable:
                self.pause_or_raise(deadline)

    def pause_or_raise(self, deadline: Deadline) -> None:
        """Within an except clause: sleeps before another attempt, or raises at the deadline."""
        if deadline.has_passed:
            raise
        time.sleep(min(_RETRY_SECONDS, deadline.left()))

    def stream(self, method: str) -> Call:
        """A call with many messages, to be ended by its caller."""
        try:
            return self._connections.stream(_SERVICE + method)
        except CallFailed as failure:
            raise translate(failure, self.folder) from failure

    def close(self) -> None:
        self._connections.close()

    def abandon(self) -> None:
        """In a forked child."""
        self._connections.abandon()


def is_passing(failure: CallFailed) -> bool:
    """Whether nobody answered: a node that stops cancels its calls."""
    return failure.code in (UNAVAILABLE, CANCELLED)
