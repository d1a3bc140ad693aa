"""This process's place at a node: a file that it holds locked, and the connection that says so."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from tokamak import errors
from tokamak._backend import Meta, Name, plain_meta
from tokamak._control import NOT_FOUND, Control, Deadline, T, is_passing, translate
from tokamak._http2 import Call, CallFailed
from tokamak._metadata import encode
from tokamak._native import Attachment, NotReady, OtherLayout, Stale, Wanted, Writing
from tokamak._proto import local_pb2 as local

_LOG = logging.getLogger(__name__)
STEP_SECONDS = 2.0
_ATTACH_PAUSE_SECONDS = 0.005
_LANGUAGE_PYTHON = 2
_PLANS_MAX = 256


class Session:
    """An attachment, native, and what keeps it: the stream that says that the session lives, the lanes
    that go back, the resumption after the node's restart. Thread-safe."""

    def __init__(
        self, control: Control, native: Attachment, name: str, number: int, stream: Call
    ) -> None:
        self.control = control
        self.native = native
        self.name = name
        """Secret: who knows it can write the session's file."""
        self.number = number
        self.stream = stream
        self.resumptions = 0
        """What a node keeps for a session on its heap is gone when this changes."""
        self.is_connected = True
        self.is_over = False
        """Nothing new: it was closed, fenced, retired, or the node has forgotten it."""
        self._changed = threading.Condition()
        self._leases = 0
        self._resuming = False
        self._is_ending = False
        self.plain: dict[str, bytes] = {}
        """By media type: the stored metadata of objects of which nothing else was said."""
        self._plans: dict[int, tuple[Meta, bytes]] = {}

    @staticmethod
    def attach(control: Control, process_name: str, deadline: Deadline) -> Session:
        """Maps the store in the folder and attaches to its node. Raises ``NodeUnavailable`` when none was
        there by the deadline, ``PermissionDenied``, ``InvalidState`` for another layout."""
        while True:
            try:
                session = Session._attach_once(control, process_name, deadline)
                if not session.native.is_retired:
                    return session
                session.detach()
                reason: Exception = NotReady("its store was retired")
            except (NotReady, FileNotFoundError, BlockingIOError, errors.NodeUnavailable) as away:
                reason = away
            except PermissionError as denied:
                if isinstance(denied, errors.TokamakError):
                    raise
                raise errors.PermissionDenied(
                    f"user {os.geteuid()} may not open the store in {control.folder}: {denied}",
                    remedy="run as a member of its group of readers",
                ) from denied
            except OtherLayout as other:
                raise errors.InvalidState(
                    f"the store in {control.folder} has {other}, this client reads"
                    f" {Attachment.layout:x}",
                    remedy="run the client and the node from the same release",
                ) from other
            except OSError as failure:
                if isinstance(failure, errors.TokamakError):
                    raise
                reason = failure  # a store that is being made, or made anew
            if deadline.has_passed:
                raise errors.NodeUnavailable(
                    f"no node serves {control.folder}: {reason}", remedy="start it, or try again"
                ) from reason
            time.sleep(min(_ATTACH_PAUSE_SECONDS, deadline.left()))

    @staticmethod
    def _attach_once(control: Control, process_name: str, deadline: Deadline) -> Session:
        native = Attachment(control.folder)
        stream = control.stream("Attach")
        try:
            hello = local.AttachRequest.Hello(
                layout=Attachment.layout,
                pid=os.getpid(),
                language=_LANGUAGE_PYTHON,
                name=_short(process_name),
            )
            stream.send(local.AttachRequest(hello=hello).SerializeToString())
            offer = _step(stream, deadline, control).offer
            number = native.attach(offer.session, process_name)
            ready = local.AttachRequest(ready=local.AttachRequest.Ready())
            stream.send(ready.SerializeToString())
            if not _step(stream, deadline, control).HasField("go"):
                raise errors.InvalidState(
                    "the node answered out of turn", remedy="run both from the same release"
                )
            return Session(control, native, offer.session, number, stream)
        except BaseException:
            stream.cancel()
            raise

    # ---- calls

    def call(self, method: str, request: Any, answer: type[T], deadline: Deadline) -> T:
        """Calls the node for this session, and again after it was resumed: for what is safe to repeat."""
        while True:
            self._await_link(deadline)
            try:
                return self.control.call_once(method, request, answer, min(deadline.left(), 300.0))
            except errors.NodeUnavailable:
                self.control.pause_or_raise(deadline)

    def _await_link(self, deadline: Deadline) -> None:
        with self._changed:
            while not self.is_connected:
                if self.is_over:
                    raise Stale
                left = deadline.left()
                if left == 0:
                    raise errors.NodeUnavailable(
                        f"the connection to {self.control.folder} broke", remedy="try again"
                    )
                self._changed.wait(min(left, 60.0))

    # ---- memory to write into

    def supply(self, wanted: Wanted, deadline: Deadline) -> None:
        """Leases what a put into a shared lane needs. Raises ``OutOfMemory`` at the deadline."""
        request = local.LeaseRequest(kind=local.LeaseRequest.KIND_SHARED, size_bytes=wanted.size)
        if wanted.lane is not None:
            request.lane = wanted.lane
            lease = self._lease(request, deadline)
            wanted.supply(lease.extent_number, lease.start, lease.length)
        else:
            lease = self._lease(request, deadline)
            self.native.add_lane(lease.lane, lease.extent_number, lease.start, lease.length)

    def _lease(self, request: local.LeaseRequest, deadline: Deadline) -> local.LeaseResponse:
        request.session = self.name
        while True:
            self._await_link(deadline)
            with self._changed:
                if self._resuming:
                    self._changed.wait(0.05)
                    continue
                self._leases += 1
            try:
                left = min(deadline.left(), 300.0)
                request.timeout_millis = int(min(left, deadline.room) * 1000)
                return self.control.call_once("Lease", request, local.LeaseResponse, left)
            except errors.NodeUnavailable:
                self.control.pause_or_raise(deadline)
            finally:
                with self._changed:
                    self._leases -= 1
                    self._changed.notify_all()

    def plan(self, meta: Meta) -> bytes:
        """The stored form of an anonymous object's metadata: made once, and used again."""
        known = self._plans.get(id(meta))
        if known is not None and known[0] is meta:
            return known[1]
        encoded = self.encode(meta, None)
        if meta.lifetime.ttl is None:  # which counts from the put on
            if len(self._plans) >= _PLANS_MAX:
                self._plans.clear()
            self._plans[id(meta)] = (meta, encoded)
        return encoded

    def plan_plain(self, media_type: str) -> bytes:
        encoded = self.plan(plain_meta(media_type))
        if len(self.plain) < _PLANS_MAX:
            self.plain[media_type] = encoded
        return encoded

    def encode(self, meta: Meta, name: Name | None) -> bytes:
        return encode(meta, name, self.native.now_millis, self.number)

    # ---- keeping it

    def keep(self) -> float:
        """Gives back, reports, repairs. For the keeper's thread alone. Seconds until the next time."""
        if self.is_connected:
            self.stream.poll()
            if self.stream.has_ended:
                self._set_connected(False)
        if not self.is_connected and not self.is_over and not self._repair():
            return 0.02
        self.give_back(closes=False)
        self.native.flush_accesses()
        return 0.2

    def give_back(self, *, closes: bool) -> None:
        """Tells the node of lanes that are not used any more. Said once: if the node dies meanwhile, the
        resumption says it again."""
        lanes = self.native.take_returns(closes)
        if lanes:
            self._return(lanes)

    def _return(self, lanes: list[int]) -> None:
        request = local.ReturnRequest(session=self.name, lanes=lanes)
        try:
            self.control.call_once("Return", request, local.ReturnResponse, STEP_SECONDS)
        except errors.TokamakError:
            _LOG.debug("lanes %s were not given back", lanes, exc_info=True)

    def begin(self, metadata: bytes, size: int, named: bytes | None, deadline: Deadline) -> Writing:
        """Leases a lane for one record, and begins it. Raises ``ObjectExists`` when the name is reserved."""
        request = local.LeaseRequest(
            kind=local.LeaseRequest.KIND_SINGLE,
            size_bytes=Writing.record_bytes(len(metadata), size),
        )
        if named is not None:
            request.reserve = named
        lease = self._lease(request, deadline)
        try:
            return self.native.begin(
                lease.lane,
                lease.extent_number,
                lease.start,
                lease.length,
                metadata,
                size,
                named,
            )
        except BaseException:
            self._return([lease.lane])
            raise

    def _repair(self) -> bool:
        """Tries once to resume. Lanes that the node lent and nobody here knows of, as the answer was lost,
        are given back before any other call goes out. False: not yet."""
        try:
            stream = self.control.stream("Attach")
        except errors.NodeUnavailable:
            return False
        with self._changed:
            self._resuming = True
        try:
            resume = local.AttachRequest.Resume(session=self.name)
            stream.send(local.AttachRequest(resume=resume).SerializeToString())
            stream.receive(STEP_SECONDS)
            with self._changed:
                # Leases that were under way have failed with the connection.
                self._changed.wait_for(lambda: self._leases == 0, STEP_SECONDS)
                if self._leases:
                    raise CallFailed(14, "a lease is still under way")
            lost = self.native.lost_lanes
            if lost:
                request = local.ReturnRequest(session=self.name, lanes=lost)
                self.control.call_once("Return", request, local.ReturnResponse, STEP_SECONDS)
        except CallFailed as failure:
            stream.cancel()
            if failure.code == NOT_FOUND:
                self.end_calls()  # the node has forgotten the session: attach anew
                return True
            return False
        except errors.TokamakError:
            stream.cancel()
            return False
        finally:
            with self._changed:
                self._resuming = False
                self._changed.notify_all()
        self.stream = stream
        self.resumptions += 1
        self._set_connected(True)
        self.native.wake_waiters()  # to tell the node anew
        return True

    def _set_connected(self, is_connected: bool) -> None:
        with self._changed:
            self.is_connected = is_connected
            self._changed.notify_all()

    # ---- the end

    def is_current(self) -> bool:
        return not (self.is_over or self.native.is_retired)

    def end_calls(self) -> None:
        """Lets nothing new begin. Who waits is woken."""
        self.native.end_calls()
        with self._changed:
            self.is_over = True
            self._changed.notify_all()
        self.native.wake_waiters()

    def try_end(self) -> bool:
        """Ends the session unless a view or a writer needs it. Whether it has ended."""
        if not self._is_ending:
            self._is_ending = True
            self.end_calls()
        self.give_back(closes=True)
        if self.native.is_written or self.native.pins:
            return False
        if not self.native.close_pins():
            return False
        self.detach()
        return True

    def detach(self) -> None:
        """Ends it in good order, and lets go of the lock."""
        try:
            if not self.stream.has_ended:
                detach = local.AttachRequest(detach=local.AttachRequest.Detach())
                self.stream.send(detach.SerializeToString(), is_last=True)
                self.stream.receive(STEP_SECONDS)
        except CallFailed as failure:
            if not is_passing(failure):
                raise translate(failure, self.control.folder) from failure
        finally:
            self.stream.cancel()
            self.native.end_session()


def _short(name: str) -> str:
    return name.encode()[:48].decode(errors="ignore")


def _step(stream: Call, deadline: Deadline, control: Control) -> local.AttachResponse:
    try:
        said = stream.receive(max(deadline.left(), STEP_SECONDS))
    except CallFailed as failure:
        raise translate(failure, control.folder) from failure
    if said is None:
        raise errors.NodeUnavailable(f"the node in {control.folder} ended the attachment")
    return local.AttachResponse.FromString(said)
