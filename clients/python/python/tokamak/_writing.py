"""Objects that are being written in the node's memory, and what a put finds instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tokamak import errors
from tokamak._backend import Meta, Name, Stored
from tokamak._control import Deadline
from tokamak._native import Fenced, Refused, Stale, Unanswered
from tokamak._native import Writing as NativeWriting
from tokamak._session import Session

if TYPE_CHECKING:
    from tokamak._local import LocalBackend


class Existing:
    """An object that had the name, and is the very same."""

    def __init__(self, id: bytes, size: int, incarnation: int) -> None:
        self.id = id
        self.size = size
        self.incarnation = incarnation
        self.created = False
        self.replicas = 1


def exists(name: Name, there: bytes) -> errors.ObjectExists:
    return errors.ObjectExists(
        f"the name {name[0]}/{name[1]} is taken by another object",
        remedy="delete it first, or take another name",
        numbers={"namespace": name[0], "key": name[1], "id": there.hex()},
    )


def _over() -> errors.InvalidState:
    return errors.InvalidState(
        "the session that it was created in is over", remedy="create it anew"
    )


class LocalWriting:
    """An object between create and seal, in the node's memory. For one thread at a time. Dropped unsealed
    it is aborted; its memory goes back with the last view of the buffer."""

    def __init__(
        self,
        backend: LocalBackend,
        session: Session,
        native: NativeWriting,
        meta: Meta,
        name: Name | None,
        deadline: Deadline,
    ) -> None:
        self._backend = backend
        self._session = session
        self._native = native
        self._meta = meta
        self._name = name
        self._deadline = deadline
        self._buffer: memoryview | None = None
        self._end: str | None = None

    @property
    def id(self) -> bytes:
        return self._native.id

    @property
    def buffer(self) -> memoryview:
        """Writable, as long as the object."""
        self._check_open()
        if self._buffer is None:
            try:
                self._buffer = memoryview(self._native)
            except Stale:
                raise _over() from None
        return self._buffer

    def seal(self) -> Stored:
        self._check_open()
        if self._buffer is not None:
            self._buffer.release()  # BufferError while somebody looks through it
            self._buffer = None
        backend = self._backend
        try:
            if self._name is not None:
                # Compared before the commit: after an answer of "exists" the bytes are gone.
                existing = backend._existing(self._meta, self._name, self._native)
                if existing is not None:
                    self.abort()
                    return existing
            stored = self._native.commit(max(self._deadline.left(), backend._timeout))
        except Stale:
            self._end = "over"
            raise _over() from None
        except (Fenced, Refused, Unanswered) as failure:
            self._end = "refused"
            raise backend._failure(failure, self._session) from failure
        self._end = "sealed"
        backend._keeper.wake()
        if not stored.created:
            raise exists(cast(Name, self._name), stored.id)
        return stored

    def abort(self) -> None:
        """Gives the memory back, and the name; with the last view of the buffer if there is one."""
        if self._end is not None:
            return
        self._end = "aborted"
        if self._buffer is not None:
            try:
                self._buffer.release()
            except BufferError:
                pass  # then the memory waits for that view
            self._buffer = None
        if not self._session.native.is_forked_child:
            self._native.abort()
            self._session.give_back(closes=False)

    def _check_open(self) -> None:
        if self._end is not None:
            raise errors.InvalidState(f"the buffer is {self._end}", remedy="create another one")
