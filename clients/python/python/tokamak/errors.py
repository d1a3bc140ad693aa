"""What can go wrong. All are :class:`TokamakError`; most are also the built-in that a program expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokamak._ref import Ref


class TokamakError(Exception):
    """``code`` is stable and the same over REST and gRPC, ``remedy`` says what would help, ``numbers`` are
    the figures of the message."""

    code = "internal-error"

    def __init__(
        self,
        message: str = "",
        *,
        remedy: str = "",
        numbers: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy
        self.numbers = dict(numbers or {})
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class ObjectNotFound(TokamakError, KeyError):
    """Nobody has it: put it, or wait for it."""

    code = "object-not-found"


class ObjectLost(TokamakError):
    """It was there, and its bytes are gone: make it anew."""

    code = "object-lost"


class ObjectExists(TokamakError):
    """Another object has the name."""

    code = "object-exists"


class PartialReplication(TokamakError):
    """Fewer nodes have a copy than were asked for. The object stays, under ``ref``."""

    code = "partial-replication"

    def __init__(self, ref: Ref, asked: int, reached: int) -> None:
        super().__init__(
            f"object {ref.id} has {reached} kept copies of {asked}",
            remedy="go on: the object is there",
            numbers={"asked": str(asked), "reached": str(reached)},
        )
        self.ref = ref
        self.asked = asked
        self.reached = reached

    def __reduce__(self) -> Any:
        return PartialReplication, (self.ref, self.asked, self.reached)


class OutOfMemory(TokamakError, MemoryError):
    """No room by the deadline: free some, wait, or repeat."""

    code = "out-of-memory"


class DeadlineExceeded(TokamakError, TimeoutError):
    """It took longer than was given."""

    code = "deadline-exceeded"


class DecodeError(TokamakError, ValueError):
    """The bytes are not what their media type says."""

    code = "decode-error"


class PickleRefused(TokamakError):
    """Unpickling runs code, and this client was told not to."""

    code = "pickle-refused"


class NotSerializable(TokamakError, TypeError):
    """The value holds something that cannot be stored."""

    code = "not-serializable"


class InvalidState(TokamakError):
    """A call after seal, abort or close."""

    code = "invalid-state"


class InvalidRequest(TokamakError, ValueError):
    """A name, an attribute or a number that breaks a rule."""

    code = "bad-parameter"


class NodeUnavailable(TokamakError, ConnectionError):
    """No node answers: repeat, also elsewhere."""

    code = "unavailable"


class PermissionDenied(TokamakError, PermissionError):
    """The process may not do this."""

    code = "forbidden"


class QuotaExceeded(TokamakError):
    """A limit of the node is reached."""

    code = "quota-exceeded"
