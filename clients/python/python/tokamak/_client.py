"""What programs call."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from tokamak import media_types, values
from tokamak._backend import (
    DEFAULT_LIFETIME,
    Backend,
    Description,
    Found,
    Group,
    Lifetime,
    Locality,
    Meta,
    Name,
    Pin,
    Stored,
    Target,
    Watch,
    Writing,
    plain_meta,
)
from tokamak._local import LocalBackend
from tokamak._names import Duration, duration_of, group_of, name_of, target_of, timeout_of
from tokamak._native import Decoding
from tokamak._ref import Ref
from tokamak.errors import ObjectNotFound, PartialReplication
from tokamak.values import _by_type, inspection

if TYPE_CHECKING:
    from typing_extensions import Buffer, Self

    from tokamak.aio import AsyncCalls

    Wanted = Ref | str | bytes | tuple[str, str]

_ELSEWHERE = object()
"""Instead of a value that has to be got in another way."""

DEFAULT_FOLDER = "/dev/shm/tokamak/node-1"


def connect(
    url: str | os.PathLike[str] | None = None,
    *,
    name: str | None = None,
    allow_pickle: bool = True,
    token: str | None = None,
    timeout: Duration = 10.0,
) -> Client:
    """A client of the node on this host, or of a gateway.

    ``url`` is a gateway's (``tokamak://host:9090``) or a path, the folder where a node of this host keeps
    its files. Left out it is ``TOKAMAK_URL`` (with ``TOKAMAK_TOKEN``), else ``TOKAMAK_FOLDER``, else
    ``/dev/shm/tokamak/node-1``. A caller of a gateway who finds itself on the host of its node reads in
    place, all others stream: ``client.locality`` says which, and why. ``name`` is what others see of this
    process. ``timeout`` is how long, in seconds, a node that is away is waited for.

    Unpickling runs code: whoever may put objects can run anything in a process that gets pickles. With
    ``allow_pickle=False`` those are refused (``PickleRefused``); arrays, tables, bytes, text, JSON and
    safetensors stay readable.

    Raises ``NodeUnavailable``, ``PermissionDenied``, and ``InvalidRequest`` for a bad URL.
    """
    wait = timeout_of(timeout)
    seconds = 1e9 if wait is None else wait
    where = os.environ.get("TOKAMAK_URL") if url is None else os.fspath(url)
    if where and "://" in where:
        secret = os.environ.get("TOKAMAK_TOKEN") if token is None else token
        return Client(_behind(where, secret, name, seconds), allow_pickle=allow_pickle)
    folder = where or os.environ.get("TOKAMAK_FOLDER") or DEFAULT_FOLDER
    return Client(LocalBackend(folder, name=name, timeout=seconds), allow_pickle=allow_pickle)


def _behind(url: str, token: str | None, name: str | None, seconds: float) -> Backend:
    """The node of a gateway: in place where it is on this host, by streams elsewhere."""
    from tokamak._remote import RemoteBackend, folder_here

    remote = RemoteBackend(url, token=token, timeout=seconds)
    here, why = folder_here(remote)
    if here is not None:
        local = LocalBackend(here, name=name, timeout=seconds)
        there = remote.info()
        mine = local.info()
        if (mine["id"], mine["store_number"]) == (there["id"], there["store_number"]):
            remote.close()
            return local
        local.close()
        why = "another node has that folder here"
    remote.close()
    return RemoteBackend(url, token=token, timeout=seconds, reason=why)


@dataclass(frozen=True)
class ObjectInfo:
    """The description of an object."""

    ref: Ref
    size: int
    """Bytes."""
    media_type: str
    attributes: Mapping[str, str]
    pins: Sequence[Pin]
    """Of all processes, at this moment. Not told in lists."""
    locations: Sequence[str]
    """Who has it: a node's id; co-located, ``store-`` and the number of its store."""
    lifetime: Lifetime
    expires: float | None
    """Seconds since the epoch, when it ends if nobody uses it before; None: no time ends it."""
    group: str | None

    @property
    def id(self) -> str:
        return self.ref.id

    @property
    def name(self) -> str | None:
        return self.ref.name


@dataclass(frozen=True)
class ObjectEvent:
    """Something that happened."""

    kind: str
    """``sealed``, ``deleted``, ``expired``, or ``gap``: something was missed."""
    id: str | None
    name: str | None
    size: int
    media_type: str
    time: float
    """Seconds since the epoch."""


class Events(Iterator[ObjectEvent]):
    """Events from the moment of the subscription on. Ends with :meth:`close`, from any thread, or with its
    ``with`` block."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ObjectEvent:
        event = next(self._watch)
        return ObjectEvent(
            event.kind,
            event.id.hex() if event.id else None,
            f"{event.name[0]}/{event.name[1]}" if event.name else None,
            event.size,
            event.media_type,
            event.time,
        )

    def close(self) -> None:
        self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Writer:
    """An object that is being written in place. A ``with`` block seals it, or aborts it on an exception;
    forgotten, it is aborted. For one thread at a time."""

    def __init__(self, writing: Writing, name: Name | None, size: int, replicas: int) -> None:
        self._writing = writing
        self._name = name
        self._size = size
        self._replicas = replicas
        self._has_ended = False

    @property
    def buffer(self) -> memoryview:
        """Writable, as long as the object. To be let go of before the seal."""
        return self._writing.buffer

    @property
    def ref(self) -> Ref:
        """What the object will be got by. Through a gateway one without a name has none before its seal:
        ``InvalidState``."""
        return Ref(self._writing.id, self._name, self._size)

    def seal(self) -> Ref:
        """From here on everybody sees it and nobody changes it. Raises ``BufferError`` while somebody looks
        at the buffer, ``ObjectExists``, ``PartialReplication``, ``InvalidState`` after an end."""
        stored = self._writing.seal()
        self._has_ended = True
        return _ref(stored, self._name, self._replicas)

    def abort(self) -> None:
        """Nothing stays. Does nothing after an end."""
        self._writing.abort()
        self._has_ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abort()
        elif not self._has_ended:  # by the block itself
            self.seal()


class Client:
    """Puts and gets values. Made by :func:`connect`; thread-safe, and usable in forked children.

    What a get returns may be a view of the node's memory, read-only. The memory stays as it is until the
    last view is gone; nothing else has to be done, and the client may be closed before.
    """

    def __init__(self, backend: Backend, *, allow_pickle: bool = True) -> None:
        self._backend = backend
        self._allow_pickle = allow_pickle
        self._decoding = Decoding(
            values.decoders(allow_pickle), partial(values.decode, allow_pickle=allow_pickle)
        )

    @property
    def locality(self) -> Locality:
        """Whether objects are read in place, and why."""
        return self._backend.locality

    # ---- writing

    def put(
        self,
        value: Any,
        *,
        name: str | tuple[str, str] | None = None,
        ttl: Duration | None = None,
        idle: Duration | None = None,
        lifetime: Literal["session"] | None = None,
        group: str | None = None,
        attributes: Mapping[str, str] | None = None,
        replicas: int = 1,
        media_type: str | None = None,
    ) -> Ref:
        """Stores a value; it is immutable from here on, and nobody else may change it meanwhile.

        ``ttl`` and ``idle`` are seconds or timedelta. ``media_type`` asks for JSON or safetensors, or says
        what bytes are. ``replicas`` is how many nodes shall have a copy. See ``docs/values.md`` for what is
        stored how.

        Raises ``NotSerializable``, ``OutOfMemory``, ``ObjectExists`` when other bytes have the name, and
        ``PartialReplication`` when fewer nodes have a copy: the object stays.
        """
        if media_type is None:
            said, parts = (_by_type.get(type(value)) or values.encoder_of(type(value)))(value)
        else:
            said, parts = values.encode(value, media_type)
        if (
            name is None
            and ttl is None
            and idle is None
            and lifetime is None
            and group is None
            and attributes is None
            and replicas == 1
        ):
            ref = self._backend.put_soon(parts, said)
            if ref is not None:
                return ref
            stored = self._backend.put(parts, plain_meta(said))
            return Ref(stored.id, None, stored.size)
        return self._put(parts, said, name, ttl, idle, lifetime, group, attributes, replicas)

    def _put(
        self,
        parts: Sequence[Buffer],
        media_type: str,
        name: str | tuple[str, str] | None,
        ttl: Duration | None,
        idle: Duration | None,
        lifetime: str | None,
        group: str | None,
        attributes: Mapping[str, str] | None,
        replicas: int,
    ) -> Ref:
        named, meta = _asked(media_type, name, ttl, idle, lifetime, group, attributes, replicas)
        return _ref(self._backend.put(parts, meta, name=named), named, replicas)

    def put_buffer(
        self,
        data: Buffer,
        *,
        name: str | tuple[str, str] | None = None,
        ttl: Duration | None = None,
        idle: Duration | None = None,
        lifetime: Literal["session"] | None = None,
        group: str | None = None,
        attributes: Mapping[str, str] | None = None,
        replicas: int = 1,
        media_type: str = media_types.OCTET_STREAM,
    ) -> Ref:
        """Stores bytes as they are, of any media type. Otherwise as :meth:`put`."""
        _, parts = values.plain.encode_buffer(data)
        return self._put(parts, media_type, name, ttl, idle, lifetime, group, attributes, replicas)

    def create(
        self,
        size: int,
        *,
        name: str | tuple[str, str] | None = None,
        ttl: Duration | None = None,
        idle: Duration | None = None,
        lifetime: Literal["session"] | None = None,
        group: str | None = None,
        attributes: Mapping[str, str] | None = None,
        replicas: int = 1,
        media_type: str = media_types.OCTET_STREAM,
    ) -> Writer:
        """Memory of the node, ``size`` bytes, to write an object in. A name is reserved meanwhile.

        Raises ``OutOfMemory``, ``ObjectExists``, ``ValueError`` for a negative size.
        """
        named, meta = _asked(media_type, name, ttl, idle, lifetime, group, attributes, replicas)
        writing = self._backend.create(size, meta, name=named)
        return Writer(writing, named, size, replicas)

    # ---- reading

    @overload
    def get(self, ref: Wanted, *, timeout: Duration | None = 0) -> Any: ...
    @overload
    def get(self, ref: list[Any], *, timeout: Duration | None = 0) -> list[Any]: ...
    def get(self, ref: Any, *, timeout: Duration | None = 0) -> Any:
        """The value of a ref, an id or a name; or those of a list of them, in order.

        ``timeout``: 0 does not wait for what is not there yet, None waits for ever, else seconds or
        timedelta. Raises ``ObjectNotFound`` at its end, which names all that are missing of a list;
        ``ObjectLost``, ``DecodeError``, ``PickleRefused``.
        """
        wait = timeout_of(timeout) if timeout != 0 else 0
        if type(ref) is Ref:
            value = self._backend.get_value(ref, self._decoding, _ELSEWHERE)
            if value is not _ELSEWHERE:
                return value
        elif type(ref) is list:
            return self._get_list(ref, wait)
        target = target_of(ref)
        found = self._backend.get(target, wait)
        if found is None:
            raise _missing([target])
        return self._decode(found)

    def _get_list(self, refs: list[Wanted], wait: float | None) -> list[Any]:
        there = self._backend.get_values(refs, self._decoding)
        if there is not None:
            return there
        targets = [target_of(ref) for ref in refs]
        found = self._backend.get_all(targets, wait) if targets else []
        if None in found:
            missing = [target for target, each in zip(targets, found, strict=True) if each is None]
            found.clear()  # their pins are not to live on in the error's frames
            raise _missing(missing)
        return [self._decode(each) for each in found if each is not None]

    def _decode(self, found: Found) -> Any:
        return values.decode(found.data, found.media_type, allow_pickle=self._allow_pickle)

    def get_buffer(self, ref: Wanted, *, timeout: Duration | None = 0) -> memoryview:
        """The bytes as they are stored, whatever they are; read-only, in place. Otherwise as :meth:`get`."""
        return memoryview(self._found(ref, timeout).data).toreadonly()

    def _found(self, ref: Wanted, timeout: Duration | None) -> Found:
        target = target_of(ref)
        found = self._backend.get(target, timeout_of(timeout))
        if found is None:
            raise _missing([target])
        return found

    @contextmanager
    def borrow(self, ref: Wanted, *, timeout: Duration | None = 0) -> Iterator[Any]:
        """The value for a ``with`` block, whose memory is let go of at its end.

        Arrays, tensors and memoryviews, given out alone or inside of a pickled value, are empty afterwards. Raises
        ``BufferError`` at the end when something else still looks at the memory, which then stays as it is
        until that is gone: what was made of them, or another name for one; and a table, a frame or an
        instance of a subclass, which nobody can empty, unless the block ends with ``del`` of it.
        """
        found = self._found(ref, timeout)
        value, loan = values.lend(found.data, found.media_type, allow_pickle=self._allow_pickle)
        loan.begin()
        try:
            yield value
        finally:
            loan.end()
            del value, loan
            is_held = sys.getrefcount(found) > 2
            del found
        if is_held:
            raise BufferError(
                "something still looks at the object: let go of what the block made of it, by del"
            )

    # ---- asking

    def wait(
        self, refs: Sequence[Wanted], *, num_returns: int = 1, timeout: Duration | None = None
    ) -> tuple[list[Any], list[Any]]:
        """Waits until ``num_returns`` of them are there: those that are, and those that are not, each in the
        order given. Returns at the end of the timeout with what is there by then.

        Raises ``ValueError`` for duplicates, and for a number outside of 1 to their count.
        """
        seconds = timeout_of(timeout)
        if not refs:
            return [], []
        if not 1 <= num_returns <= len(refs):
            raise ValueError(f"num_returns is {num_returns}; it is 1 to {len(refs)}")
        targets = [target_of(ref) for ref in refs]
        if len(set(targets)) != len(targets):
            raise ValueError("something is waited for twice")
        there = self._backend.wait(targets, num_returns, seconds)
        ready = [ref for ref, is_there in zip(refs, there, strict=True) if is_there]
        pending = [ref for ref, is_there in zip(refs, there, strict=True) if not is_there]
        return ready, pending

    def contains(self, ref: Wanted) -> bool:
        """Whether it is there. Any put that has returned is seen."""
        return self._backend.contains(target_of(ref))

    def peek(self, ref: Wanted) -> bool:
        """As :meth:`contains`, asking nobody: it may lag behind a put by somebody else."""
        return self._backend.peek(target_of(ref))

    @overload
    def info(self) -> Mapping[str, Any]: ...
    @overload
    def info(self, ref: Wanted) -> ObjectInfo: ...
    def info(self, ref: Wanted | None = None) -> Mapping[str, Any] | ObjectInfo:
        """The description of an object, which is no access. Without one, the node's state and its ledger:
        bytes of ``capacity``, ``used``, ``free``, ``pinned`` and others.

        Raises ``ObjectNotFound``.
        """
        if ref is None:
            return self._backend.info()
        target = target_of(ref)
        described = self._backend.head(target)
        if described is None:
            raise _missing([target])
        return _info(described)

    def delete(self, refs: Wanted | list[Any] | None = None, *, group: str | None = None) -> int:
        """Deletes an object, several, or all of a group; returns how many there were. None is found
        afterwards; bytes go with the last view of them."""
        if (refs is None) == (group is None):
            raise TypeError("delete takes refs or a group")
        if group is not None:
            return self._backend.delete_group(group_of(group))
        wanted: Sequence[Any] = refs if isinstance(refs, list) else [refs]
        return self._backend.delete([target_of(ref) for ref in wanted])

    def list(
        self,
        *,
        namespace: str | None = None,
        prefix: str | None = None,
        group: str | None = None,
        media_type: str | None = None,
    ) -> Iterator[ObjectInfo]:
        """What is there, without pins. What is there from beginning to end is given exactly once."""
        for described in self._backend.list(
            namespace=namespace,
            prefix=prefix,
            group=None if group is None else group_of(group, namespace),
            media_type=media_type,
        ):
            yield _info(described)

    def watch(self, *, namespace: str | None = None, prefix: str | None = None) -> Events:
        """What happens to objects, from the return of this call on."""
        return Events(self._backend.watch(namespace=namespace, prefix=prefix))

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        """The cluster's nodes, each as :meth:`info` has it."""
        return self._backend.nodes()

    def inspect(self, value: Any, media_type: str | None = None) -> inspection.Inspection:
        """What ``put(value)`` would store: ``str`` of it is a tree."""
        return inspection.inspect(value, media_type)

    @cached_property
    def aio(self) -> AsyncCalls:
        """The calls that may block, for ``await``."""
        from tokamak.aio import AsyncCalls

        return AsyncCalls(self, self._backend)

    # ---- the end

    def close(self) -> None:
        """Ends the session. What was got stays readable."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _asked(
    media_type: str,
    name: str | tuple[str, str] | None,
    ttl: Duration | None,
    idle: Duration | None,
    lifetime: str | None,
    group: str | None,
    attributes: Mapping[str, str] | None,
    replicas: int,
) -> tuple[Name | None, Meta]:
    named = None if name is None else name_of(name)
    if lifetime not in (None, "session"):
        raise ValueError(f'lifetime is {lifetime!r}; it is "session", or ttl and idle say it')
    if not 1 <= replicas <= 16:
        raise ValueError(f"replicas is {replicas}; it is 1 to 16")
    if ttl is None and idle is None and lifetime is None:
        lives = DEFAULT_LIFETIME
    else:
        lives = Lifetime(
            ttl=duration_of("ttl", ttl),
            idle=duration_of("idle", idle),
            session=lifetime == "session",
        )
    belongs: Group | None = None
    if group is not None:
        belongs = group_of(group, None if named is None else named.namespace)
    return named, Meta(media_type, dict(attributes or {}), lives, belongs, replicas)


def _ref(stored: Stored, name: Name | None, asked: int) -> Ref:
    ref = Ref(stored.id, name, stored.size)
    if stored.replicas < asked:
        raise PartialReplication(ref, asked, stored.replicas)
    return ref


def _info(said: Description) -> ObjectInfo:
    return ObjectInfo(
        ref=Ref(said.id, said.name, said.size),
        size=said.size,
        media_type=said.media_type,
        attributes=said.attributes,
        pins=said.pins,
        locations=said.locations,
        lifetime=said.lifetime,
        expires=said.expires,
        group=None if said.group is None else said.group.name,
    )


def _missing(targets: Sequence[Target]) -> ObjectNotFound:
    names = [
        target.hex() if isinstance(target, bytes) else f"{target[0]}/{target[1]}"
        for target in targets
    ]
    return ObjectNotFound(
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not there",
        remedy="put it, or give a timeout to wait for it",
        numbers={"missing": str(len(names))},
    )


__all__ = ["Client", "Events", "ObjectEvent", "ObjectInfo", "Stored", "Writer", "connect"]
