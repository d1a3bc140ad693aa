"""The remote backend: streams through a gateway, by ``tokamak.v1`` over ``grpcio``.

What is got is a copy in this process; nothing is pinned for it. A channel of ``grpcio`` does not survive
a fork that other threads call it at: a forked child makes its own with its first call.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from tokamak import errors
from tokamak._backend import (
    OCTET_STREAM,
    Description,
    Event,
    Found,
    Group,
    Interrupt,
    Lifetime,
    Locality,
    Meta,
    Name,
    Pin,
    Stored,
    Target,
)
from tokamak._control import Deadline, is_passing, translate
from tokamak._http2 import CallFailed
from tokamak._metadata import check_name, normalized_attributes
from tokamak._native import named_id
from tokamak._proto import store_pb2 as store
from tokamak._proto.store_pb2_grpc import NodesStub, ObjectStoreStub

if TYPE_CHECKING:
    import builtins

    from typing_extensions import Buffer

    from tokamak._native import Decoding, Ref

_T = TypeVar("_T")

GRPC_PORT = 9090
_CHUNK_BYTES = 256 << 10
_MESSAGE_BYTES_MAX = 64 << 20
_WAIT_SECONDS_MAX = 300.0
"""Of one call; a longer wait is several."""
_RETRY_SECONDS = 0.05
_CALL_SECONDS_MIN = 1.0
_NOT_FOUND = 5
_KINDS = {
    store.WatchResponse.KIND_GAP: "gap",
    store.WatchResponse.KIND_SEALED: "sealed",
    store.WatchResponse.KIND_DELETED: "deleted",
    store.WatchResponse.KIND_EXPIRED: "expired",
    store.WatchResponse.KIND_EVICTED: "evicted",
    store.WatchResponse.KIND_SPILLED: "spilled",
    store.WatchResponse.KIND_LOST: "lost",
}


def address_of(url: str) -> tuple[str, bool]:
    """Host and port of a gateway's gRPC, and whether it is encrypted.

    ``tokamak`` and ``http`` are plain text, ``tokamaks`` and ``https`` are TLS; the port is
    :data:`GRPC_PORT` when left out. Raises ``InvalidRequest`` (``bad-url``).
    """
    try:
        parts = urlsplit(url)
        port = parts.port or GRPC_PORT
    except ValueError as failure:
        raise _bad_url(url, str(failure)) from None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise _bad_url(url, "no known scheme, or no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise _bad_url(url, "more than a host and a port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}", _SCHEMES[parts.scheme]


_SCHEMES = {"tokamak": False, "http": False, "tokamaks": True, "https": True}


def _bad_url(url: str, why: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(
        f"bad URL {url!r}: {why}",
        remedy="write tokamak://HOST:PORT or http://HOST:PORT, with TLS tokamaks:// or https://",
        code="bad-url",
    )


class Received(NamedTuple):
    """An object that was fetched."""

    data: bytes
    id: bytes
    size: int
    media_type: str
    incarnation: int


@dataclass(frozen=True)
class RemoteStored:
    """An object that was sent."""

    id: bytes
    size: int
    incarnation: int
    created: bool
    replicas: int


class RemoteBackend:
    """A client of the gateway at ``url``. Thread-safe. ``token`` is sent with each call; ``timeout`` is how
    long, in seconds, a gateway or a node that is away is waited for, and how long one may be silent."""

    def __init__(
        self, url: str, *, token: str | None = None, timeout: float = 10.0, reason: str = ""
    ) -> None:
        self._address, self._is_encrypted = address_of(url)
        self._headers = (("authorization", f"Bearer {token}"),) if token else ()
        self._timeout = timeout
        self._reason = reason
        self._is_closed = False
        self._inherited: list[Any] = []
        self._connect()

    def _connect(self) -> None:
        options = [
            ("grpc.max_receive_message_length", _MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", _MESSAGE_BYTES_MAX),
            ("grpc.enable_retries", 0),
            # Or a forked child's channel would find its parent's connection.
            ("grpc.use_local_subchannel_pool", 1),
            # A gateway permits a ping each 10 s.
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.max_pings_without_data", 0),
        ]
        self._channel = (
            grpc.secure_channel(self._address, grpc.ssl_channel_credentials(), options)
            if self._is_encrypted
            else grpc.insecure_channel(self._address, options)
        )
        self._objects = ObjectStoreStub(self._channel)  # type: ignore[no-untyped-call]
        self._nodes = NodesStub(self._channel)  # type: ignore[no-untyped-call]
        self._pid = os.getpid()

    def _leave_the_parent(self) -> None:
        if self._pid != os.getpid():
            # Neither closed nor dropped: both take locks that another thread may have held at the fork.
            self._inherited += (self._channel, self._objects, self._nodes)
            self._connect()

    @property
    def locality(self) -> Locality:
        why = f": {self._reason}" if self._reason else ""
        return Locality(False, f"streamed by the gateway at {self._address}{why}")

    # ---- calls

    def _once(self, call: Callable[[], _T]) -> _T:
        if self._is_closed:
            raise errors.InvalidState("the client is closed", remedy="connect again")
        self._leave_the_parent()
        try:
            return call()
        except grpc.RpcError as failure:
            raise translate(_failed(failure), f"the gateway at {self._address}") from failure
        except ValueError as failure:  # grpcio's word for a channel that was closed meanwhile
            if self._is_closed:
                raise errors.InvalidState(
                    "the client is closed", remedy="connect again"
                ) from failure
            raise

    def _repeated(self, call: Callable[[float], _T], seconds: float | None = None) -> _T:
        """Calls, and again while nobody answers. For what is safe to repeat."""
        deadline = Deadline(self._timeout if seconds is None else seconds)
        while True:
            try:
                return self._once(lambda: call(max(deadline.left(), _CALL_SECONDS_MIN)))
            except errors.NodeUnavailable:
                if deadline.has_passed:
                    raise
                time.sleep(min(_RETRY_SECONDS, deadline.left()))

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
        """Sends the parts one after the other. Not repeated when the gateway goes away meanwhile, unless a
        name makes that safe."""
        views = [memoryview(part).cast("B") for part in parts if memoryview(part).nbytes]
        if name is not None:
            check_name(name)
        size = sum(view.nbytes for view in views)
        room = self._timeout if deadline is None else deadline
        spec = _spec(meta, name, size, room)

        def send(_: float = 0) -> Any:
            upload = _Upload(spec, views)
            call = self._objects.Put.future(upload, metadata=self._headers)
            return upload.answer(call, max(room + self._timeout, _CALL_SECONDS_MIN))

        answer = self._once(send) if name is None else self._repeated(send, deadline)
        said = answer.object
        return RemoteStored(
            bytes.fromhex(said.id),
            said.size_bytes,
            said.incarnation,
            answer.created,
            answer.replicas,
        )

    def put_soon(self, parts: Sequence[Buffer], media_type: str) -> Ref | None:
        return None

    def put_planned(self, parts: Sequence[Buffer], meta: Meta) -> Ref | None:
        return None

    def create(
        self,
        size: int,
        meta: Meta,
        *,
        name: Name | None = None,
        deadline: float | None = None,
        room: float = math.inf,
    ) -> RemoteWriting:
        """A buffer of this process, sent at the seal; a name is not reserved meanwhile."""
        if size < 0:
            raise ValueError(f"size {size}")
        if name is not None:
            check_name(name)
            if self.head(name) is not None:
                raise errors.ObjectExists(
                    f"the name {name[0]}/{name[1]} is taken by another object",
                    remedy="delete it first, or take another name",
                )
        capacity = self.info()["capacity"]
        if size > capacity:
            raise errors.OutOfMemory(
                f"{size} bytes asked for, the pool has {capacity}",
                remedy="put it in parts, or give the node a larger pool",
                code="too-large",
            )
        return RemoteWriting(self, size, meta, name, deadline)

    # ---- reading

    def get_value(self, ref: Ref, decoding: Decoding, default: Any) -> Any:
        return default

    def get_values(self, refs: builtins.list[Any], decoding: Decoding) -> builtins.list[Any] | None:
        return None

    def get(self, target: Target, timeout: float | None = 0) -> Found | None:
        """Fetches it whole; goes on where it stopped when the stream breaks."""
        patience = Deadline(timeout)
        while True:
            wait = min(patience.left(), _WAIT_SECONDS_MAX)
            try:
                return self._fetch(target, wait)
            except errors.ObjectNotFound:
                if patience.has_passed:
                    return None

    def _fetch(self, target: Target, wait: float) -> Received:
        parts: list[bytes] = []
        info: Any = None
        patience = Deadline(wait)
        deadline = Deadline(wait + self._timeout)
        while True:
            received = sum(map(len, parts))
            request = store.GetRequest(
                object=_ref(target), offset_bytes=received, wait=_duration(patience.left())
            )
            if info is not None:
                request.incarnation = info.incarnation
            try:
                # A call that ends while bytes come is followed by another one, from there on.
                for answer in self._stream(request, max(deadline.left(), _CALL_SECONDS_MIN)):
                    if info is None:
                        info = answer.object
                    if answer.data:
                        parts.append(answer.data)
                        deadline = Deadline(self._timeout)
                return Received(
                    b"".join(parts),
                    bytes.fromhex(info.id),
                    info.size_bytes,
                    info.media_type,
                    info.incarnation,
                )
            except (errors.NodeUnavailable, errors.DeadlineExceeded):
                if deadline.has_passed:
                    raise
                time.sleep(_RETRY_SECONDS)

    def _stream(self, request: store.GetRequest, seconds: float) -> Iterator[store.GetResponse]:
        call = self._once(
            lambda: self._objects.Get(request, timeout=seconds, metadata=self._headers)
        )
        while True:
            answer = self._once(lambda: next(call, None))
            if answer is None:
                return
            yield answer

    def get_all(self, targets: Sequence[Target], timeout: float | None = 0) -> list[Found | None]:
        distinct = list(dict.fromkeys(targets))
        there = dict(zip(distinct, self.wait(distinct, len(distinct), timeout), strict=True))
        found = {each: self.get(each, 0) if there[each] else None for each in distinct}
        return [found[each] for each in targets]

    # ---- waiting, asking

    def wait(
        self,
        targets: Sequence[Target],
        count: int,
        timeout: float | None,
        interrupt: Interrupt | None = None,
    ) -> list[bool]:
        patience = Deadline(timeout)
        while True:
            seconds = min(patience.left(), _WAIT_SECONDS_MAX)
            request = store.WaitRequest(
                objects=[_ref(target) for target in targets],
                count=count,
                timeout=_duration(seconds),
            )
            try:
                answer = self._repeated(
                    partial(self._wait_once, request, interrupt), seconds + self._timeout
                )
            except grpc.FutureCancelledError:
                return [False] * len(targets)
            pending = {_said(ref) for ref in answer.pending}
            there = [_key(target) not in pending for target in targets]
            if sum(there) >= count or patience.has_passed:
                return there

    def _wait_once(
        self, request: store.WaitRequest, interrupt: Interrupt | None, left: float
    ) -> Any:
        if interrupt is None:
            return self._objects.Wait(request, timeout=left, metadata=self._headers)
        call = self._objects.Wait.future(request, timeout=left, metadata=self._headers)
        interrupt.wake = call.cancel
        if interrupt.is_set:
            call.cancel()
        return call.result()

    def contains(self, target: Target) -> bool:
        return self.head(target) is not None

    def peek(self, target: Target) -> bool:
        """As :meth:`contains`: there is no index here."""
        return self.contains(target)

    def shows(self, target: Target) -> bool:
        return False

    def head(self, target: Target) -> Description | None:
        request = store.HeadRequest(object=_ref(target))
        try:
            answer = self._repeated(
                lambda left: self._objects.Head(request, timeout=left, metadata=self._headers)
            )
        except errors.ObjectNotFound:
            return None
        return _description(answer.object)

    def delete(self, targets: Sequence[Target]) -> int:
        request = store.DeleteRequest(objects=[_ref(target) for target in targets])
        if not targets:
            return 0
        answer = self._repeated(
            lambda left: self._objects.Delete(request, timeout=left, metadata=self._headers)
        )
        return int(answer.deleted)

    def delete_group(self, group: Group) -> int:
        request = store.DeleteRequest(
            group=store.GroupName(namespace=group.namespace, group=group.name)
        )
        answer = self._repeated(
            lambda left: self._objects.Delete(request, timeout=left, metadata=self._headers)
        )
        return int(answer.deleted)

    def list(
        self,
        *,
        namespace: str | None = None,
        prefix: str | None = None,
        group: Group | None = None,
        media_type: str | None = None,
    ) -> Iterator[Description]:
        request = store.ListRequest(
            namespace=namespace or ("" if group is None else group.namespace),
            prefix=prefix or "",
            group="" if group is None else group.name,
            media_type=media_type or "",
            limit=1000,
        )
        while True:
            page = self._repeated(
                lambda left: self._objects.List(request, timeout=left, metadata=self._headers)
            )
            yield from map(_description, page.objects)
            if not page.cursor:
                return
            request.cursor = page.cursor

    def watch(self, *, namespace: str | None = None, prefix: str | None = None) -> RemoteWatch:
        request = store.WatchRequest(namespace=namespace or "", prefix=prefix or "")
        return RemoteWatch(self, request)

    def info(self) -> Mapping[str, Any]:
        request = store.GetNodeRequest(id="local")
        answer = self._repeated(
            lambda left: self._nodes.GetNode(request, timeout=left, metadata=self._headers)
        )
        return _node(answer.node)

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        request = store.ListNodesRequest()
        answer = self._repeated(
            lambda left: self._nodes.ListNodes(request, timeout=left, metadata=self._headers)
        )
        return [_node(node) for node in answer.nodes]

    def close(self) -> None:
        self._is_closed = True
        if self._pid == os.getpid():
            self._channel.close()


class _Upload(Iterator[store.PutRequest]):
    """The messages of a put, which knows when the last one went."""

    def __init__(self, spec: store.PutSpec, views: Sequence[memoryview]) -> None:
        self._requests = self._of(spec, views)
        self._sent = 0

    @staticmethod
    def _of(spec: store.PutSpec, views: Sequence[memoryview]) -> Iterator[store.PutRequest]:
        yield store.PutRequest(spec=spec)
        for view in views:
            for at in range(0, view.nbytes, _CHUNK_BYTES):
                yield store.PutRequest(data=bytes(view[at : at + _CHUNK_BYTES]))

    def __next__(self) -> store.PutRequest:
        request = next(self._requests)
        self._sent += 1
        return request

    def answer(self, call: Any, silence: float) -> store.PutResponse:
        """The call's. Raises ``DeadlineExceeded`` when nothing went for so many seconds, and none came."""
        try:
            while True:
                sent = self._sent
                try:
                    return cast(store.PutResponse, call.result(silence))
                except grpc.FutureTimeoutError:
                    if self._sent == sent:
                        raise errors.DeadlineExceeded(
                            f"the gateway was silent for {silence:g} s, and may still put it",
                            remedy="repeat it, with a name",
                        ) from None
        finally:
            call.cancel()  # does nothing after its end


class RemoteWriting:
    """A buffer of this process that becomes an object at its seal. For one thread at a time."""

    def __init__(
        self,
        backend: RemoteBackend,
        size: int,
        meta: Meta,
        name: Name | None,
        deadline: float | None,
    ) -> None:
        self._backend = backend
        self._bytes = bytearray(size)
        self._view: memoryview | None = memoryview(self._bytes)
        self._meta = meta
        self._name = name
        self._deadline = deadline
        self._id = None if name is None else named_id(*name)
        self._end: str | None = None

    @property
    def id(self) -> bytes:
        if self._id is None:
            raise errors.InvalidState(
                "an object without a name has no id before it is sealed through a gateway",
                remedy="seal it, or give it a name",
            )
        return self._id

    @property
    def buffer(self) -> memoryview:
        if self._view is None:
            raise errors.InvalidState(f"the buffer is {self._end}", remedy="create another one")
        return self._view

    def seal(self) -> Stored:
        self.buffer.release()
        try:
            # BufferError while somebody looks at it: only then can it not be resized.
            self._bytes.append(0)
            self._bytes.pop()
            stored = self._backend.put(
                [self._bytes], self._meta, name=self._name, deadline=self._deadline
            )
        except BaseException:
            self._view = memoryview(self._bytes)
            raise
        self._id = stored.id
        self._finish("sealed")
        return stored

    def abort(self) -> None:
        if self._end is None:
            self._finish("aborted")

    def _finish(self, how: str) -> None:
        self._end = how
        self._view = None


class RemoteWatch:
    """Events, resumed after the last one when the stream breaks, and in a forked child. An iterator for one
    thread."""

    def __init__(self, backend: RemoteBackend, request: store.WatchRequest) -> None:
        self._backend = backend
        self._request = request
        self._is_closed = False
        self._inherited: list[Any] = []
        self._begin()

    def _begin(self) -> None:
        self._call = self._backend._repeated(self._subscribe)
        self._pid = os.getpid()

    def _subscribe(self, seconds: float) -> Any:
        call = self._backend._objects.Watch(self._request, metadata=self._backend._headers)
        silence = threading.Timer(seconds, call.cancel)
        silence.start()
        try:
            first = next(call)
        finally:
            silence.cancel()
        if first.kind != store.WatchResponse.KIND_SUBSCRIBED:
            raise errors.NodeUnavailable("the gateway does not let watch")
        if first.sequence:
            self._request.after = first.sequence
        return call

    def __iter__(self) -> RemoteWatch:
        return self

    def __next__(self) -> Event:
        while not self._is_closed:
            try:
                if self._pid == os.getpid():
                    said = next(self._call, None)
                else:
                    self._inherited.append(self._call)  # as the channel that it is of
                    said = None
            except grpc.RpcError as failure:
                if self._is_closed:
                    break
                failed = _failed(failure)
                if not is_passing(failed):
                    raise translate(failed, "the gateway") from failure
                said = None
            if said is None:
                is_resumed = bool(self._request.after)
                self._begin()
                if not is_resumed:
                    return Event("gap", 0, None, None, 0, "", time.time())
                continue
            if said.sequence:
                self._request.after = said.sequence
            if said.kind in _KINDS:
                return Event(
                    _KINDS[said.kind],
                    0,
                    bytes.fromhex(said.id) if said.id else None,
                    Name(said.name.namespace, said.name.key) if said.name.key else None,
                    said.size_bytes,
                    said.media_type,
                    said.time.ToNanoseconds() / 1e9,
                )
        raise StopIteration

    def close(self) -> None:
        """From any thread."""
        self._is_closed = True
        if self._pid == os.getpid():
            self._call.cancel()


def _failed(failure: grpc.RpcError) -> CallFailed:
    details = b""
    trailers: Any = failure.trailing_metadata() or ()
    for key, value in trailers:
        if key == "grpc-status-details-bin":
            details = value
    return CallFailed(failure.code().value[0], failure.details() or "", details)


def _duration(seconds: float) -> Duration:
    said = Duration()
    said.FromNanoseconds(int(seconds * 1e9))
    return said


def _ref(target: Target) -> store.ObjectRef:
    if isinstance(target, bytes):
        return store.ObjectRef(id=target.hex())
    return store.ObjectRef(name=store.ObjectName(namespace=target[0], key=target[1]))


def _key(target: Target) -> tuple[str, ...]:
    return (target.hex(),) if isinstance(target, bytes) else (target[0], target[1])


def _said(ref: store.ObjectRef) -> tuple[str, ...]:
    return (ref.name.namespace, ref.name.key) if ref.HasField("name") else (ref.id,)


def _spec(meta: Meta, name: Name | None, size: int, seconds: float) -> store.PutSpec:
    spec = store.PutSpec(
        media_type="" if meta.media_type == OCTET_STREAM else meta.media_type,
        content_encoding=meta.content_encoding or "",
        attributes=normalized_attributes(meta.attributes),
        replicas=meta.replicas,
        size_bytes=size,
        room_timeout=_duration(min(seconds, _WAIT_SECONDS_MAX)),
    )
    if name is not None:
        spec.name.namespace, spec.name.key = name
    if meta.group is not None:
        spec.group_namespace, spec.group = meta.group
    lifetime = meta.lifetime
    if lifetime.session:
        raise errors.InvalidRequest(
            "a gateway's caller has no session that an object could end with",
            remedy="give ttl or idle",
        )
    if lifetime.ttl is not None:
        spec.lifetime.ttl.CopyFrom(_duration(lifetime.ttl))
    if lifetime.until_deleted:
        spec.lifetime.SetInParent()  # and says nothing
    if lifetime.idle is not None:
        spec.lifetime.idle.CopyFrom(_duration(lifetime.idle))
    return spec


def _seconds(time_of: Timestamp) -> float:
    return time_of.ToNanoseconds() / 1e9


def _description(said: store.ObjectInfo) -> Description:
    lifetime = said.lifetime
    return Description(
        id=bytes.fromhex(said.id),
        name=Name(said.name.namespace, said.name.key) if said.name.key else None,
        size=said.size_bytes,
        media_type=said.media_type,
        attributes=dict(said.attributes),
        incarnation=said.incarnation,
        lifetime=Lifetime(
            ttl=max(0.001, _seconds(lifetime.until) - time.time())
            if lifetime.HasField("until")
            else None,
            idle=lifetime.idle.ToNanoseconds() / 1e9 if lifetime.HasField("idle") else None,
            session=lifetime.session != 0,
            until_deleted=not said.HasField("expires"),
        ),
        group=Group(said.group_namespace, said.group) if said.group else None,
        expires=_seconds(said.expires) if said.HasField("expires") else None,
        locations=(said.home,),
        pins=tuple(
            Pin(pin.session, pin.process, pin.language, pin.name, _seconds(pin.since), pin.count)
            for pin in said.pins
        ),
        content_encoding=said.content_encoding or None,
    )


def _node(said: store.Node) -> Mapping[str, Any]:
    pool = said.pool
    return {
        "id": said.id,
        "store_number": said.store_number,
        "state": said.state,
        "address": said.address or None,
        "started": _seconds(said.started),
        "capacity": pool.capacity,
        "used": pool.capacity - pool.free,
        "in_use": pool.live,
        "free": pool.free,
        "leased": pool.leased,
        "condemned": pool.condemned,
        "withheld": pool.withheld,
        "pinned": pool.pinned,
        "objects": said.objects,
        "sessions": said.sessions,
        "folder": said.folder,
    }


def folder_here(remote: RemoteBackend) -> tuple[str | None, str]:
    """The folder of the gateway's node, if this process can open it; else None, and why."""
    folder = remote.info()["folder"]
    if not folder:
        return None, "the gateway names no folder"
    if not os.path.isdir(folder):
        return None, "folder not visible"
    if not os.access(f"{folder}/nonce", os.R_OK):
        return None, "permission"
    return folder, ""
