"""The interface of the former ``pyarrow.plasma``: old programs run after ``from tokamak import plasma``.

Objects of this interface have ids of 20 bytes. Those that a program gives are names in a namespace of
their own, :data:`NAMESPACE`. Those that a put makes up are the objects' own ids, and these belong to
:data:`GROUP`: a name has to be claimed, which takes as long as Plasma's put did. Any of them may be dropped
to make room, by :meth:`PlasmaClient.evict` and when a put or a create finds none, the oldest first; what others
put is not touched. Where Plasma ended the store, an error is raised, and so it is by what has no meaning here.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tokamak import errors, media_types, values
from tokamak._backend import Description, Lifetime, Meta, Name
from tokamak._client import Client, Events, Writer
from tokamak._client import connect as _connect
from tokamak._names import group_of
from tokamak._native import copy_into, named_id
from tokamak._ref import Ref

if TYPE_CHECKING:
    from typing_extensions import Buffer

NAMESPACE = "plasma"
GROUP = "plasma/made"
_METADATA = "plasma-metadata"
METADATA_BYTES_MAX = 6000
"""It is kept as an attribute."""

PlasmaObjectExists = errors.ObjectExists
PlasmaObjectNotFound = PlasmaObjectNonexistent = errors.ObjectNotFound
PlasmaStoreFull = errors.OutOfMemory


class NotProvided(errors.TokamakError, NotImplementedError):
    """What has no meaning here; the error says what to do instead."""

    code = "not-provided"


_T = TypeVar("_T")

_EVICTED_SHARE = 5
"""Of the pool at least a part of so much is evicted at once, as Plasma did."""

_GROUP = group_of(GROUP)
_UNTIL_DELETED = Lifetime(until_deleted=True)
_KIND_ANONYMOUS = 1
_MADE = b"made"


class ObjectID:
    """20 bytes."""

    SIZE = 20
    __slots__ = ("_bytes", "_known_ref")

    def __init__(self, object_id: bytes) -> None:
        if not isinstance(object_id, bytes) or len(object_id) != ObjectID.SIZE:
            raise ValueError(f"an ObjectID has {ObjectID.SIZE} bytes, not {object_id!r}")
        self._bytes = object_id
        self._known_ref: Ref | None = None

    @staticmethod
    def from_random() -> ObjectID:
        return ObjectID(os.urandom(ObjectID.SIZE))

    def binary(self) -> bytes:
        return self._bytes

    @staticmethod
    def _of(ref: Ref) -> ObjectID:
        """That a put made up."""
        return ObjectID(ref._bytes + _MADE)

    @property
    def _is_made(self) -> bool:
        return self._bytes.endswith(_MADE) and self._bytes[0] == _KIND_ANONYMOUS

    @property
    def _name(self) -> Name:
        if self._is_made:
            raise PlasmaObjectExists(
                f"{self} is of those that a put makes up", remedy="take another id"
            )
        return Name(NAMESPACE, self._bytes.hex())

    @property
    def _ref(self) -> Ref:
        known = self._known_ref
        if known is None:
            if self._is_made:
                known = Ref(self._bytes[: -len(_MADE)])
            else:
                known = Ref(named_id(*self._name), self._name)
            self._known_ref = known
        return known

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if isinstance(other, ObjectID) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __reduce__(self) -> Any:
        return ObjectID, (self._bytes,)

    def __repr__(self) -> str:
        return f"ObjectID({self._bytes.hex()})"


class ObjectNotAvailable:
    """What :meth:`PlasmaClient.get` gives for an object that did not come in time: this class itself."""


def _id(said: str, name: str | None) -> ObjectID | None:
    """Of an object of the group, or of a name; None: it is none of this interface's."""
    if name is None:
        return ObjectID(bytes.fromhex(said) + _MADE)
    namespace, _, key = name.partition("/")
    try:
        return ObjectID(bytes.fromhex(key)) if namespace == NAMESPACE else None
    except ValueError:
        return None


def _buffer(of: Any) -> Any:
    """Bytes as Plasma gave them: a ``pyarrow.Buffer``; a memoryview where there is no pyarrow."""
    try:
        import pyarrow
    except ImportError:
        return memoryview(of)
    return pyarrow.py_buffer(of)


class PlasmaClient:
    """Made by :func:`connect`. For one thread at a time, as it always was."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._open: dict[ObjectID, tuple[Writer, bytearray]] = {}
        self._events: Events | None = None
        self._made: set[ObjectID] = set()
        """Of those that a put made up: known to be there, while there is a subscription."""

    @property
    def store_socket_name(self) -> str:
        return self._path

    # ---- writing

    def create(self, object_id: ObjectID, data_size: int, metadata: bytes = b"") -> Any:
        """A writable buffer for an object, which others see after :meth:`seal`. Raises
        ``PlasmaObjectExists``, ``PlasmaStoreFull``.

        The buffer is this process's own, and copied at the seal: programs of Plasma's time keep it, and an
        object cannot be changed any more.
        """
        if object_id in self._open:
            raise PlasmaObjectExists(f"{object_id} is being written", remedy="seal or abort it")
        name = object_id._name
        meta = Meta(attributes=_attributes(metadata))
        backend = self._client._backend
        writing = self._evicting(
            data_size, lambda room: backend.create(data_size, meta, name=name, room=room)
        )
        scratch = bytearray(data_size)
        self._open[object_id] = Writer(writing, name, data_size, 1), scratch
        return _buffer(scratch)

    def create_and_seal(self, object_id: ObjectID, data: Buffer, metadata: bytes = b"") -> None:
        """Stores bytes as they are."""
        self.put_raw_buffer(data, object_id, metadata)

    def seal(self, object_id: ObjectID) -> None:
        """Raises ``PlasmaObjectNotFound`` for what is not being written here."""
        writer, scratch = self._taken(object_id)
        copy_into(writer.buffer, scratch)
        writer.seal()

    def abort(self, object_id: ObjectID) -> None:
        self._taken(object_id)[0].abort()

    def _taken(self, object_id: ObjectID) -> tuple[Writer, bytearray]:
        try:
            return self._open.pop(object_id)
        except KeyError:
            raise PlasmaObjectNotFound(
                f"{object_id} is not being written by this client", remedy="create it"
            ) from None

    def put(self, value: Any, object_id: ObjectID | None = None, **_: Any) -> ObjectID:
        """Stores a value; options of Plasma's are accepted and have no meaning here. Without an id one is made
        up."""
        media_type, parts = values.encoder_of(type(value))(value)
        return self._put(parts, media_type, object_id, b"")

    def put_raw_buffer(
        self, value: Buffer, object_id: ObjectID | None = None, metadata: bytes = b"", **_: Any
    ) -> ObjectID:
        parts = values.plain.encode_buffer(value)[1]
        return self._put(parts, media_types.OCTET_STREAM, object_id, metadata)

    def _put(
        self, parts: Sequence[Buffer], media_type: str, wanted: ObjectID | None, metadata: bytes
    ) -> ObjectID:
        backend = self._client._backend
        if wanted is not None:
            meta = Meta(media_type, _attributes(metadata))
            name = wanted._name
            if wanted in self._open or not self._evicting(
                _size(parts), lambda room: backend.put(parts, meta, name=name, room=room).created
            ):
                raise PlasmaObjectExists(f"{wanted} is there", remedy="take another id")
            return wanted
        if metadata:
            meta = Meta(media_type, _attributes(metadata), _UNTIL_DELETED, _GROUP)
            ref = None
        else:
            meta = _plain_meta(media_type)
            ref = backend.put_planned(parts, meta)
        if ref is None:
            stored = self._evicting(_size(parts), lambda room: backend.put(parts, meta, room=room))
            ref = Ref(stored.id, None, stored.size)
        return ObjectID._of(ref)

    def _evicting(self, size: int, store: Callable[[float], _T]) -> _T:
        """Where there is no room it is made, once: then it is waited for, as what is dropped is free a moment
        later. ``store`` takes how many seconds it may wait."""
        try:
            return store(0)
        except PlasmaStoreFull:
            capacity = self.store_capacity()
            if size > capacity or not self.evict(max(size, capacity // _EVICTED_SHARE)):
                raise
        return store(math.inf)

    # ---- reading

    def get(self, object_ids: Any, timeout_ms: int = -1, **_: Any) -> Any:
        """The value of an id, or those of a list of them; :class:`ObjectNotAvailable` for what is not there
        after so many milliseconds, -1 waits for ever."""
        if isinstance(object_ids, ObjectID):
            try:
                return self._client.get(object_ids._ref, timeout=_seconds(timeout_ms))
            except errors.ObjectNotFound:
                return ObjectNotAvailable
        answer: list[Any] = []
        for object_id in self._await(object_ids, timeout_ms):
            try:
                answer.append(
                    ObjectNotAvailable if object_id is None else self._client.get(object_id._ref)
                )
            except errors.ObjectNotFound:  # dropped meanwhile
                answer.append(ObjectNotAvailable)
        return answer

    def get_buffers(
        self, object_ids: Iterable[ObjectID], timeout_ms: int = -1, with_meta: bool = False
    ) -> Sequence[Any]:
        """None for what is not there; else the bytes, or with ``with_meta`` pairs of metadata and bytes."""
        answer: list[Any] = []
        for object_id in self._await([*object_ids], timeout_ms):
            found = None if object_id is None else self._found(object_id)
            if with_meta:
                answer.append((None, None) if found is None else (found[0], _buffer(found[1])))
            else:
                answer.append(None if found is None else _buffer(found[1]))
        return answer

    def get_metadata(self, object_ids: Iterable[ObjectID], timeout_ms: int = -1) -> Sequence[Any]:
        found = [
            None if object_id is None else self._found(object_id)
            for object_id in self._await([*object_ids], timeout_ms)
        ]
        return [None if each is None else _buffer(each[0]) for each in found]

    def _found(self, object_id: ObjectID) -> tuple[bytes, memoryview] | None:
        """Metadata and bytes; None: dropped meanwhile."""
        try:
            data = self._client.get_buffer(object_id._ref)
            return self._metadata(object_id), data
        except errors.ObjectNotFound:
            return None

    def hash(self, object_id: ObjectID) -> bytes:
        """8 bytes that depend on data and metadata alone; none when it is not there. Not those of Plasma."""
        found = self._found(object_id)
        if found is None:
            return b""
        digest = hashlib.blake2b(found[1], digest_size=8)
        digest.update(found[0])
        return digest.digest()

    def _metadata(self, object_id: ObjectID) -> bytes:
        said = self._client.info(object_id._ref).attributes.get(_METADATA, "")
        return base64.b64decode(said)

    def _await(self, object_ids: Sequence[ObjectID], timeout_ms: int) -> Sequence[ObjectID | None]:
        """None for those that are not there in time."""
        refs = list({each._ref for each in object_ids})
        ready, _ = self._client.wait(refs, num_returns=len(refs), timeout=_seconds(timeout_ms))
        there = set(ready)
        return [each if each._ref in there else None for each in object_ids]

    def contains(self, object_id: ObjectID) -> bool:
        """False before the seal."""
        return self._client.contains(object_id._ref)

    def _listed(self) -> Iterator[Description]:
        """The backend's, which tells when each was stored."""
        backend = self._client._backend
        yield from backend.list(namespace=NAMESPACE)
        yield from backend.list(group=_GROUP)

    def list(self) -> dict[ObjectID, dict[str, Any]]:
        """What this interface has put, by id."""
        listed: dict[ObjectID, dict[str, Any]] = {}
        now = time.time()
        for each in self._listed():
            object_id = _id(each.id.hex(), None if each.name is None else "/".join(each.name))
            if object_id is None:
                continue
            described = self._client._backend.head(each.id)
            if described is not None:  # else dropped meanwhile
                listed[object_id] = {
                    "data_size": each.size,
                    "metadata_size": len(base64.b64decode(each.attributes.get(_METADATA, ""))),
                    "ref_count": sum(pin.count for pin in described.pins),
                    "create_time": now,
                    "construct_duration": 0,
                    "state": "sealed",
                }
        for object_id, (_, scratch) in self._open.items():
            listed[object_id] = {"data_size": len(scratch), "metadata_size": 0, "ref_count": 1,
                                 "create_time": now, "construct_duration": -1, "state": "created"}  # fmt: skip
        return listed

    # ---- making room

    def delete(self, object_ids: Sequence[ObjectID]) -> None:
        """What is still looked at goes with the last view."""
        self._client.delete([each._ref for each in object_ids])

    def evict(self, num_bytes: int) -> int:
        """Drops objects of this interface that nobody looks at, the oldest first, until so many bytes are free or
        none is left; returns how many bytes that were."""
        freed = 0
        backend = self._client._backend
        for each in sorted(self._listed(), key=lambda each: each.incarnation):
            if freed >= num_bytes:
                break
            described = backend.head(each.id)
            if described is not None and not described.pins and backend.delete([each.id]):
                freed += each.size
        return freed

    def store_capacity(self) -> int:
        """Bytes."""
        capacity: int = self._client.info()["capacity"]
        return capacity

    def debug_string(self) -> str:
        """The node's state and its ledger."""
        return json.dumps(self._client.info(), indent=2, default=str)

    def set_client_options(self, client_name: str, limit_output_memory: int) -> NoReturn:
        raise NotProvided(
            "a client has no memory of its own",
            remedy="give a node of its own to what is to be limited: tokamak.pool.size",
        )

    # ---- events

    def subscribe(self) -> None:
        """From here on :meth:`get_next_notification` tells what is sealed and deleted."""
        if self._events is None:
            self._events = self._client.watch()
            self._made = {ObjectID._of(info.ref) for info in self._client.list(group=GROUP)}

    def get_next_notification(self) -> tuple[ObjectID, int, int]:
        """Id, bytes of data, bytes of metadata; both -1 when it was deleted. Waits for it. Of an object whose id a
        put made up, and that was deleted before this looks at it, nothing is told."""
        if self._events is None:
            raise errors.InvalidState("nothing was subscribed", remedy="call subscribe() first")
        while True:
            event = next(self._events)
            if event.id is None:
                continue
            object_id = _id(event.id, event.name)
            if object_id is None or not (event.name or self._is_made_here(event.kind, object_id)):
                continue
            if event.kind == "sealed":
                try:
                    return object_id, event.size, len(self._metadata(object_id))
                except errors.ObjectNotFound:  # deleted since: that is the next one
                    return object_id, event.size, 0
            if event.kind in ("deleted", "expired"):
                return object_id, -1, -1

    def get_notification_socket(self) -> NoReturn:
        raise NotProvided(
            "notifications come by no socket of their own",
            remedy="call subscribe() and get_next_notification()",
        )

    def decode_notifications(self, buf: Buffer) -> NoReturn:
        raise NotProvided(
            "notifications are no bytes", remedy="call subscribe() and get_next_notification()"
        )

    def _is_made_here(self, kind: str, object_id: ObjectID) -> bool:
        """Whether a put of this interface made it: events do not tell the group."""
        if kind != "sealed":
            was_there = object_id in self._made
            self._made.discard(object_id)
            return was_there
        described = self._client._backend.head(object_id._ref._target)
        if described is None or described.group != _GROUP:
            return False
        self._made.add(object_id)
        return True

    # ---- the end

    def to_capsule(self) -> NoReturn:
        raise NotProvided(
            "there is no client of C++", remedy="pass bytes from Python, or ask the gateway by gRPC"
        )

    def disconnect(self) -> None:
        for writer, _ in self._open.values():
            writer.abort()
        self._open.clear()
        if self._events is not None:
            self._events.close()
        self._client.close()


def _size(parts: Sequence[Buffer]) -> int:
    return sum(memoryview(part).nbytes for part in parts)


@functools.cache
def _plain_meta(media_type: str) -> Meta:
    return Meta(media_type, lifetime=_UNTIL_DELETED, group=_GROUP)


def _seconds(timeout_ms: int) -> float | None:
    return None if timeout_ms < 0 else timeout_ms / 1000


def _attributes(metadata: bytes) -> dict[str, str]:
    if len(metadata) > METADATA_BYTES_MAX:
        raise errors.InvalidRequest(
            f"{len(metadata)} bytes of metadata, at most {METADATA_BYTES_MAX}",
            remedy="put them with the data",
        )
    return {_METADATA: base64.b64encode(bytes(metadata)).decode()} if metadata else {}


def connect(
    store_socket_name: str | None = None,
    manager_socket_name: str = "",
    release_delay: int = 0,
    num_retries: int = -1,
) -> PlasmaClient:
    """A client of this host's node. A path such as ``/tmp/plasma``, where the store's socket was, means that
    node too; a node's folder means that one."""
    is_folder = store_socket_name is not None and os.path.isdir(store_socket_name)
    client = _connect(store_socket_name if is_folder else None, name="plasma")
    return PlasmaClient(client, store_socket_name or "")


def start_plasma_store(*_: Any, **__: Any) -> NoReturn:
    raise NotProvided(
        "a node is no child of the program", remedy="start one with ./tokamak up, and connect to it"
    )


def build_plasma_tensorflow_op(*_: Any, **__: Any) -> NoReturn:
    raise NotProvided(
        "there is no operator for TensorFlow",
        remedy="put and get arrays of numpy, which it takes in place",
    )


if TYPE_CHECKING:
    PlasmaBuffer = Any
else:

    def __getattr__(name):
        if name == "PlasmaBuffer":  # of pyarrow, which is imported by who asks for buffers
            return type(_buffer(b""))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "GROUP", "NAMESPACE", "NotProvided", "ObjectID", "ObjectNotAvailable", "PlasmaClient", "PlasmaObjectExists",
    "PlasmaObjectNonexistent", "PlasmaObjectNotFound", "PlasmaStoreFull", "build_plasma_tensorflow_op", "connect",
    "start_plasma_store",
]  # fmt: skip
