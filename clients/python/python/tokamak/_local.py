"""The co-located backend: reads and writes the node's shared memory, and asks the node for the rest.

Every call looks first whether the store was retired, the session is over, or the process is a fork;
then it goes on with the session that stands, or with a new one.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from tokamak import errors
from tokamak._backend import (
    Description,
    Found,
    Group,
    Interrupt,
    Locality,
    Meta,
    Name,
    Stored,
    Target,
)
from tokamak._control import Control, Deadline
from tokamak._descriptions import described, ledger_of
from tokamak._interests import Interests
from tokamak._keeper import Keeper
from tokamak._metadata import check_name, decode, normalized_attributes
from tokamak._native import (
    Corrupt,
    Fenced,
    Refused,
    Stale,
    TooManyPins,
    Unanswered,
    Wanted,
    named_id,
)
from tokamak._native import Found as NativeFound
from tokamak._native import Stored as NativeStored
from tokamak._native import Writing as NativeWriting
from tokamak._proto import local_pb2 as local
from tokamak._session import Session
from tokamak._watching import LocalWatch
from tokamak._writing import Existing, LocalWriting, exists

if TYPE_CHECKING:
    import builtins

    from typing_extensions import Buffer

    from tokamak._native import Decoding, Ref

COPY_BYTES_MAX = 64 << 10
"""Up to here a copy is cheaper than the pin."""

_IDS_PER_CALL = 100_000
_SLEEP_SECONDS_MAX = 1.0
_INTERRUPT_SECONDS_MAX = 0.1
_SOON_SECONDS = 100e-6
"""A woken node has published by then, most times; to ask it costs several times as much."""
_NAME_TRIES = 100


def _id_of(target: Target) -> bytes:
    return target if isinstance(target, bytes) else named_id(target[0], target[1])


def _missing(answer: list[NativeFound | None]) -> list[int]:
    return [at for at, found in enumerate(answer) if found is None]


class LocalBackend:
    """A client of the node that owns ``folder``. Thread-safe, and works in forked children: the first call
    there attaches a session of its own. ``timeout`` is how long a node that is away is waited for, and
    room by a put that names no deadline, in seconds."""

    def __init__(self, folder: str, *, name: str | None = None, timeout: float = 10.0) -> None:
        self._folder = os.fspath(folder)
        self._name = name or os.path.basename(sys.argv[0] if sys.argv else "") or "python"
        self._timeout = timeout
        self._is_closed = False
        self._inherited: list[Session] = []
        self._inherited_ends: list[int] = []
        self._begin()
        self._session = Session.attach(self._control, self._name, Deadline(timeout))
        self._keep(self._session)

    def _begin(self) -> None:
        """What a process has for itself."""
        self._attaching = threading.RLock()
        self._control = Control(self._folder)
        self._interests: dict[Session, Interests] = {}
        self._keeper = Keeper(
            self._extra_of(self._interests), weakref.WeakMethod(self._begin_in_child)
        )
        weakref.finalize(self, self._keeper.close_soon).atexit = False

    @staticmethod
    def _extra_of(interests: dict[Session, Interests]) -> Any:
        def clean(session: Session) -> None:
            known = interests.get(session)
            if known is not None:
                known.clean()

        return clean

    def _keep(self, session: Session) -> None:
        self._interests[session] = Interests(session)
        for known in list(self._interests):
            if not known.is_current():
                del self._interests[known]
        self._keeper.keep(session)

    # ---- attaching

    def _current(self) -> Session:
        session = self._session
        try:
            session.native.check()
        except Stale:
            return self._attach_again(session)
        return session

    def _attach_again(self, previous: Session) -> Session:
        with self._attaching:
            if self._is_closed:
                raise errors.InvalidState("the client is closed", remedy="connect again")
            if self._session is not previous:
                return self._session
            session = Session.attach(self._control, self._name, Deadline(self._timeout))
            self._keep(session)
            try:
                self._take_over_inheritance(session)
            except BaseException as failure:
                session.end_calls()
                self._keeper.wake()  # it ends it once nothing that was inherited needs it
                if isinstance(failure, (Stale, TooManyPins)):
                    raise self._failure(failure, session) from failure
                raise
            self._session = session
            self._keeper.wake()  # it ends the previous one
            return session

    def _check_open(self) -> None:
        if self._is_closed:
            raise errors.InvalidState("the client is closed", remedy="connect again")

    def _failure(self, failure: Exception, session: Session) -> errors.TokamakError:
        """What a failure below means to the caller."""
        if isinstance(failure, errors.TokamakError):
            return failure
        if isinstance(failure, Fenced):
            session.end_calls()
            return errors.InvalidState(
                f"the node accepts nothing new from session {session.number}",
                remedy="repeat the call: it attaches anew",
                code="session-fenced",
            )
        if isinstance(failure, Stale):
            return errors.NodeUnavailable(
                f"the node in {self._folder} forgot session {session.number}", remedy="try again"
            )
        if isinstance(failure, TooManyPins):
            return errors.QuotaExceeded(
                f"{failure.args[0]} pins are held by this process, as many as it may",
                remedy="let go of views",
                code="too-many-pins",
            )
        if isinstance(failure, Corrupt):
            return errors.DecodeError(f"the index of {self._folder} makes no sense: {failure}")
        if isinstance(failure, Refused):
            return errors.NodeUnavailable(
                f"{self._folder} could not claim the name", remedy="try again"
            )
        if isinstance(failure, Unanswered):
            said = "the put was not answered, and may still take place"
            if session.is_connected:
                return errors.DeadlineExceeded(said, remedy="give it longer, or repeat it")
            return errors.NodeUnavailable(f"{self._folder} is away: {said}", remedy="repeat it")
        if isinstance(failure, PermissionError):
            return errors.PermissionDenied(
                f"user {os.geteuid()} may read {self._folder}, not write there: {failure}",
                remedy="run as a member of its group of writers",
            )
        raise failure

    @property
    def locality(self) -> Locality:
        session = self._current()
        return Locality(True, f"store {session.native.store_number} mapped from {self._folder}")

    # ---- forks

    def _begin_in_child(self, sessions: builtins.list[Session], end: int | None) -> None:
        self._inherited += sessions
        if end is not None:
            if self._inherited:
                self._inherited_ends.append(end)
            else:
                os.close(end)
        self._control.abandon()
        self._begin()

    def _take_over_inheritance(self, session: Session) -> None:
        if not self._inherited:
            return
        for each in self._inherited:
            each.native.bequeath(session.native)
        # The node's answer comes after any scan that had begun before the pins.
        self._resolve([bytes(16)])
        for each in self._inherited:
            each.native.end_session()
        self._inherited = []
        ends, self._inherited_ends = self._inherited_ends, []
        for end in ends:
            os.close(end)

    # ---- writing

    def put(
        self,
        parts: Sequence[Buffer],
        meta: Meta,
        *,
        name: Name | None = None,
        deadline: float | None = None,
        room: float = math.inf,
    ) -> Stored:
        """Stores the parts one after the other; they are contiguous buffers, and not changed meanwhile."""
        if not isinstance(parts, (list, tuple)):
            parts = list(parts)
        return self._put(
            parts, meta, name, Deadline(self._timeout if deadline is None else deadline, room)
        )

    def put_soon(self, parts: Sequence[Buffer], media_type: str) -> Ref | None:
        session = self._session
        try:
            metadata = session.plain.get(media_type)
            if metadata is None:
                metadata = session.plan_plain(media_type)
            return session.native.put_soon(parts, metadata)
        except (Stale, Fenced, PermissionError):
            return None  # said again by a put, where it is dealt with

    def put_planned(self, parts: Sequence[Buffer], meta: Meta) -> Ref | None:
        session = self._session
        try:
            return session.native.put_soon(parts, session.plan(meta))
        except (Stale, Fenced, PermissionError):
            return None

    def _put(
        self, parts: Sequence[Buffer], meta: Meta, name: Name | None, deadline: Deadline
    ) -> Stored:
        if name is not None:
            check_name(name)
        named = None if name is None else named_id(*name)
        for _ in range(_NAME_TRIES):
            stored = self._try_put(parts, meta, name, named, deadline)
            if stored is None:
                continue
            if stored.created:
                return stored
            existing = self._existing(meta, cast(Name, name), parts)
            if existing is not None:
                return existing
        raise errors.DeadlineExceeded(f"the object named {name} came and went", remedy="try again")

    def _try_put(
        self,
        parts: Sequence[Buffer],
        meta: Meta,
        name: Name | None,
        named: bytes | None,
        deadline: Deadline,
    ) -> NativeStored | None:
        """None: the name was reserved by somebody who has gone; begin again."""
        while True:
            session = self._current()
            metadata = session.plan(meta) if name is None else session.encode(meta, name)
            try:
                answer = session.native.put(parts, metadata, named, deadline.left())
                if isinstance(answer, NativeStored):
                    return answer
                if answer.is_single:
                    return self._put_single(session, answer, parts, metadata, meta, name, deadline)
                session.supply(answer, deadline)
            except Stale:
                self._attach_again(session)
            except (Fenced, Refused, Unanswered, PermissionError) as failure:
                raise self._failure(failure, session) from failure

    def _put_single(
        self,
        session: Session,
        wanted: Wanted,
        parts: Sequence[Buffer],
        metadata: bytes,
        meta: Meta,
        name: Name | None,
        deadline: Deadline,
    ) -> NativeStored | None:
        named = None if name is None else named_id(*name)
        try:
            writing = session.begin(metadata, wanted.payload, named, deadline)
        except errors.ObjectExists:
            existing = self._existing(meta, cast(Name, name), parts)
            if existing is None:
                raise
            return cast(NativeStored, existing)
        try:
            writing.fill(parts)
            return writing.commit(deadline.left())
        finally:
            writing.abort()
            self._keeper.wake()

    def _existing(
        self, meta: Meta, name: Name, parts: Sequence[Buffer] | NativeWriting
    ) -> Stored | None:
        """What a put answers when its name is taken; None: it is not any more. Raises ``ObjectExists`` when
        the object there differs."""
        found = self._pin(name)
        if found is None:
            return None
        there = decode(found.metadata)
        is_same = (
            there.media_type == meta.media_type
            and there.content_encoding == meta.content_encoding
            and there.attributes == normalized_attributes(meta.attributes)
            and (parts.equals(found) if isinstance(parts, NativeWriting) else found.equals(parts))
        )
        if not is_same:
            raise exists(name, found.id)
        return Existing(found.id, found.size, found.incarnation)

    def create(
        self,
        size: int,
        meta: Meta,
        *,
        name: Name | None = None,
        deadline: float | None = None,
        room: float = math.inf,
    ) -> LocalWriting:
        """Memory to write an object of ``size`` bytes in. A name is reserved until the end of it."""
        if size < 0:
            raise ValueError(f"size {size}")
        limit = Deadline(self._timeout if deadline is None else deadline, room)
        named = None
        if name is not None:
            check_name(name)
            named = named_id(*name)
            if self._pin(name) is not None:
                raise exists(name, named)
        while True:
            session = self._current()
            metadata = session.plan(meta) if name is None else session.encode(meta, name)
            try:
                writing = session.begin(metadata, size, named, limit)
                return LocalWriting(self, session, writing, meta, name, limit)
            except Stale:
                self._attach_again(session)
            except (Fenced, PermissionError) as failure:
                raise self._failure(failure, session) from failure

    # ---- reading

    def get(self, target: Target, timeout: float | None = 0) -> Found | None:
        """The object, pinned until its last view is gone. None: not there at the end of the timeout."""
        try:
            found = self._session.native.get(target)
        except (Stale, TooManyPins, Corrupt):
            found = self._pin(target)
        return found if found is not None else self._get_missing(target, timeout)

    def get_value(self, ref: Ref, decoding: Decoding, default: Any) -> Any:
        return self._session.native.get_value(ref, decoding, default)

    def get_values(self, refs: builtins.list[Any], decoding: Decoding) -> builtins.list[Any] | None:
        return self._session.native.get_values(refs, decoding)

    def read(self, target: Target) -> tuple[bytes, str] | None:
        """A copy of a small object and its media type, without a pin. None: the index does not show it, or
        it is longer than :data:`COPY_BYTES_MAX`; :meth:`get` knows."""
        try:
            return self._session.native.read(target, COPY_BYTES_MAX)
        except Stale:
            return self._current().native.read(target, COPY_BYTES_MAX)

    def _pin(self, target: Target) -> NativeFound | None:
        while True:
            session = self._current()
            try:
                return session.native.get(target)
            except Stale:
                self._attach_again(session)
            except (TooManyPins, Corrupt) as failure:
                raise self._failure(failure, session) from failure

    def _get_missing(self, target: Target, timeout: float | None) -> NativeFound | None:
        """The index does not show it: asks the node, and waits."""
        wanted = _id_of(target)
        deadline = Deadline(timeout)
        patience = Deadline(self._timeout) if timeout == 0 else deadline
        try:
            found = self._current().native.get_soon(target, _SOON_SECONDS)
        except (Stale, TooManyPins, Corrupt):
            found = None  # found out below, too
        if found is not None:
            return found
        while True:
            if deadline.has_passed:
                is_there = bool(self._resolve([wanted]))
            else:
                is_there = self.wait([wanted], 1, deadline.left())[0]
            found = self._pin(target)
            if found is not None:
                return found
            # "There" and not to be seen: a move in the index, or on its way back from disk.
            if is_there:
                if patience.has_passed or self._is_other_name(target):
                    return None
                time.sleep(0.001)
            elif deadline.has_passed:
                return None

    def _is_other_name(self, target: Target) -> bool:
        """Another name has the same digest: there will not be an object of this one."""
        if isinstance(target, bytes):
            return False
        other = self._pin(_id_of(target))
        return other is not None and decode(other.metadata).name != tuple(target)

    def get_all(self, targets: Sequence[Target], timeout: float | None = 0) -> list[Found | None]:
        """As many, in order; None where there is none at the end of the timeout."""
        wanted = targets if isinstance(targets, list) else list(targets)
        found = self._pin_all(wanted)
        missing = _missing(found)
        if missing:
            deadline = Deadline(timeout)
            ids = [_id_of(wanted[at]) for at in missing]
            if deadline.has_passed:
                present = self._resolve(ids)
                ready = [each in present for each in ids]
            else:
                ready = self.wait(ids, len(ids), deadline.left())
            here = [at for at, is_there in zip(missing, ready, strict=True) if is_there]
            pinned = self._pin_all([wanted[at] for at in here])
            for at, again in zip(here, pinned, strict=True):
                if again is None:
                    again = self._get_missing(wanted[at], deadline.left())
                found[at] = again
        return cast("list[Found | None]", found)

    def _pin_all(self, targets: list[Target]) -> list[NativeFound | None]:
        while True:
            session = self._current()
            try:
                return session.native.get_all(targets)
            except Stale:
                self._attach_again(session)
            except (TooManyPins, Corrupt) as failure:
                raise self._failure(failure, session) from failure

    # ---- waiting

    def wait(
        self,
        targets: Sequence[Target],
        count: int,
        timeout: float | None,
        interrupt: Interrupt | None = None,
    ) -> list[bool]:
        """Which are there, once ``count`` are or the time is over. ``timeout`` in seconds."""
        ids = [_id_of(target) for target in targets]
        ready = [False] * len(ids)
        deadline = Deadline(None if timeout == float("inf") else timeout)
        while True:
            session = self._current()
            if self._look(session, ids, ready, count) or self._await_seals(
                session, ids, ready, count, deadline, interrupt
            ):
                return ready
            if interrupt is not None and interrupt.is_set:
                return ready
            if deadline.has_passed:
                pending = [each for each, is_there in zip(ids, ready, strict=True) if not is_there]
                present = self._resolve(pending)
                return [there or each in present for each, there in zip(ids, ready, strict=True)]

    @staticmethod
    def _look(session: Session, ids: list[bytes], ready: list[bool], count: int) -> bool:
        """Looks at the index, and answers whether enough are there."""
        for at, each in enumerate(ids):
            if not ready[at] and session.native.shows(each):
                ready[at] = True
        return sum(ready) >= count

    def _await_seals(
        self,
        session: Session,
        ids: list[bytes],
        ready: list[bool],
        count: int,
        deadline: Deadline,
        interrupt: Interrupt | None,
    ) -> bool:
        """Whether enough are there; False also when the node has to be told again, or the time is over."""
        if deadline.has_passed:
            return False
        pause = _SLEEP_SECONDS_MAX
        if interrupt is not None:
            interrupt.wake = session.native.wake_waiters
            pause = _INTERRUPT_SECONDS_MAX  # to be woken just before the sleep wakes nobody
        interests = self._interests.get(session)
        if interests is None:
            return False
        pending = [each for each, is_there in zip(ids, ready, strict=True) if not is_there]
        resumptions = session.resumptions
        interests.add(pending)
        try:
            present = interests.tell(pending, deadline)
            for at, each in enumerate(ids):
                ready[at] = ready[at] or each in present
            while session.is_current() and session.resumptions == resumptions:
                seen = session.native.notified()
                if sum(ready) >= count or self._look(session, ids, ready, count):
                    return True
                left = deadline.left()
                if left == 0 or (interrupt is not None and interrupt.is_set):
                    return False
                session.native.await_notified(seen, min(left, pause))
            return False
        except (Stale, errors.NodeUnavailable):
            return False  # the time is over, or the next attempt says so
        finally:
            interests.remove(pending)

    # ---- asking the node

    def _call(self, method: str, request: Any, answer: type[Any]) -> Any:
        self._check_open()
        self._leave_the_parent()
        return self._control.call(method, request, answer, Deadline(self._timeout))

    def _leave_the_parent(self) -> None:
        if self._inherited:
            self._current()

    def _resolve(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those that are there, after all lanes were drained."""
        present = set()
        for start in range(0, len(ids), _IDS_PER_CALL):
            part = ids[start : start + _IDS_PER_CALL]
            answer = self._control.call(
                "Resolve",
                local.ResolveRequest(ids=part),
                local.ResolveResponse,
                Deadline(self._timeout),
            )
            present |= {
                each
                for each, presence in zip(part, answer.presences, strict=True)
                if presence == local.PRESENCE_PRESENT
            }
        return present

    def peek(self, target: Target) -> bool:
        """Asks the index alone; may lag behind a put by somebody else."""
        wanted = _id_of(target)
        while True:
            session = self._current()
            try:
                return session.native.shows(wanted)
            except Stale:
                self._attach_again(session)

    def shows(self, target: Target) -> bool:
        try:
            return self._session.native.shows(_id_of(target))
        except Stale:
            return False

    def contains(self, target: Target) -> bool:
        """After all that was committed anywhere was looked at."""
        return self.peek(target) or bool(self._resolve([_id_of(target)]))

    def head(self, target: Target) -> Description | None:
        """All that is known of it, with the pins of all processes; None: not there."""
        try:
            request = local.DescribeRequest(id=_id_of(target))
            answer = self._call("Describe", request, local.ObjectDescription)
        except errors.ObjectNotFound:
            return None
        description = described(answer)
        if not isinstance(target, bytes) and description.name != tuple(target):
            return None
        return description

    def delete(self, targets: Sequence[Target]) -> int:
        """How many there were. None is found afterwards; bytes go with the last pin."""
        ids = [_id_of(each) for each in targets if not self._is_other_name(each)]
        deleted = 0
        for start in range(0, len(ids), _IDS_PER_CALL):
            request = local.DeleteRequest(ids=b"".join(ids[start : start + _IDS_PER_CALL]))
            deleted += self._call("Delete", request, local.DeleteResponse).deleted
        return deleted

    def delete_group(self, group: Group) -> int:
        request = local.DeleteRequest(group=local.Group(namespace=group.namespace, name=group.name))
        deleted: int = self._call("Delete", request, local.DeleteResponse).deleted
        return deleted

    def list(
        self,
        *,
        namespace: str | None = None,
        prefix: str | None = None,
        group: Group | None = None,
        media_type: str | None = None,
    ) -> Iterator[Description]:
        """What is there from beginning to end is given exactly once."""
        request = local.ListRequest(
            namespace=namespace or "", prefix=prefix or "", media_type=media_type or "", limit=1000
        )
        if group is not None:
            request.group.namespace = group.namespace
            request.group.name = group.name
        while True:
            page = self._call("List", request, local.ListResponse)
            for said in page.objects:
                yield described(said)
            if not page.cursor:
                return
            request.cursor = page.cursor

    def watch(self, *, namespace: str | None = None, prefix: str | None = None) -> LocalWatch:
        """Events from now on: the subscription stands on return."""
        self._check_open()
        self._leave_the_parent()
        request = local.WatchRequest(namespace=namespace or "", prefix=prefix or "")
        return LocalWatch(self._control, request, self._timeout)

    def info(self) -> Mapping[str, Any]:
        """The node's state and its ledger, in bytes."""
        status = self._call("Status", local.StatusRequest(sessions=True), local.NodeStatus)
        return ledger_of(status)

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        return (self.info(),)

    def close(self) -> None:
        """Views that are held stay as they are until they are gone."""
        with self._attaching:
            if self._is_closed:
                return
            self._is_closed = True
        if not self._session.native.is_forked_child:  # it is the parent's
            self._session.end_calls()
        self._keeper.close(self._timeout)
        self._control.close()
