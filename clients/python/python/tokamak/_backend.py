"""What the public client asks of the memory behind it: co-located or remote.

Private. Values, names in text and durations are the client's; a backend knows bytes, 16-byte ids,
pairs of namespace and key, and seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import builtins

    from typing_extensions import Buffer

    from tokamak._native import Decoding, Ref

OCTET_STREAM = "application/octet-stream"


class Name(NamedTuple):
    """The name of an object; both parts are checked by the backend (``bad-name``)."""

    namespace: str
    key: str


class Group(NamedTuple):
    """A group of objects that are deleted together."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Lifetime:
    """How long an object lives. Nothing given: the default, which is until deleted for a named object
    and 24 h since the last access for an anonymous one."""

    ttl: float | None = None
    """Seconds from the put on."""
    idle: float | None = None
    """Seconds since the last access."""
    session: bool = False
    """Ends with the session that put it."""
    until_deleted: bool = False


DEFAULT_LIFETIME = Lifetime()


@dataclass(frozen=True)
class Meta:
    """What is stored beside the bytes. Made once for many puts, it is encoded once."""

    media_type: str = OCTET_STREAM
    attributes: Mapping[str, str] = field(default_factory=dict)
    lifetime: Lifetime = DEFAULT_LIFETIME
    group: Group | None = None
    replicas: int = 1
    content_encoding: str | None = None


@lru_cache(maxsize=256)
def plain_meta(media_type: str) -> Meta:
    """Of an object of which nothing else was said."""
    return Meta(media_type)


class Locality(NamedTuple):
    """Whether objects are read in place, and if not, why."""

    zero_copy: bool
    reason: str


class Stored(Protocol):
    """An object that is sealed."""

    @property
    def id(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def incarnation(self) -> int: ...
    @property
    def created(self) -> bool:
        """False: the name had the very same object already, which is the one described."""

    @property
    def replicas(self) -> int:
        """Nodes that have a kept copy."""


class Writing(Protocol):
    """An object between create and seal. Dropped unsealed it is aborted."""

    @property
    def id(self) -> bytes: ...

    @property
    def buffer(self) -> memoryview:
        """Writable, ``size`` bytes, the same each time."""

    def seal(self) -> Stored:
        """Raises ``BufferError`` while somebody else looks at the buffer, ``InvalidState`` after an end."""

    def abort(self) -> None:
        """Does nothing after an end."""


class Found(Protocol):
    """An object that is there."""

    @property
    def data(self) -> Buffer:
        """Read-only. The bytes stay as they are until the last view of them is gone."""

    @property
    def id(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def media_type(self) -> str: ...
    @property
    def incarnation(self) -> int: ...


@dataclass(frozen=True)
class Pin:
    """A process that holds an object's bytes."""

    session: int
    process: int
    language: str
    name: str
    since: float
    """Seconds since the epoch."""
    count: int


@dataclass(frozen=True)
class Description:
    """All that is known of an object."""

    id: bytes
    name: Name | None
    size: int
    media_type: str
    attributes: Mapping[str, str]
    incarnation: int
    lifetime: Lifetime
    group: Group | None
    expires: float | None
    """Seconds since the epoch; None: never."""
    locations: Sequence[str]
    pins: Sequence[Pin]
    content_encoding: str | None = None


class Event(NamedTuple):
    """Something that happened to an object: ``sealed``, ``deleted``, ``expired``, ``gap`` and others."""

    kind: str
    sequence: int
    id: bytes | None
    name: Name | None
    size: int
    media_type: str
    time: float
    """Seconds since the epoch."""


class Watch(Iterator[Event], Protocol):
    """Events from the moment of its making on. Ends after :meth:`close`, from any thread."""

    def close(self) -> None: ...


Target = bytes | Name


class Interrupt:
    """Ends a wait early, from another thread."""

    def __init__(self) -> None:
        self.is_set = False
        self.wake: Callable[[], object] = lambda: None
        """Of who waits, who looks at ``is_set`` once more after this was given."""

    def set(self) -> None:
        self.is_set = True
        self.wake()


class Backend(Protocol):
    """The calls. Thread-safe. A ``deadline`` is a number of seconds from now, None the default of 10 s; a
    ``timeout`` of 0 does not wait and None waits for ever. All raise ``NodeUnavailable``, and
    ``InvalidState`` after close."""

    @property
    def locality(self) -> Locality: ...

    def put(
        self,
        parts: Sequence[Buffer],
        meta: Meta,
        *,
        name: Name | None = None,
        deadline: float | None = None,
        room: float = math.inf,
    ) -> Stored:
        """Stores the parts one after the other. Raises ``OutOfMemory``, after ``room`` seconds where objects are
        read in place and that is less; ``ObjectExists``."""

    def put_soon(self, parts: Sequence[Buffer], media_type: str) -> Ref | None:
        """As :meth:`put`, where that takes microseconds and nothing else was said; None, with nothing done, where it does not."""

    def put_planned(self, parts: Sequence[Buffer], meta: Meta) -> Ref | None:
        """As :meth:`put_soon`, for a description that is used again and has no ttl."""

    def create(
        self,
        size: int,
        meta: Meta,
        *,
        name: Name | None = None,
        deadline: float | None = None,
        room: float = math.inf,
    ) -> Writing:
        """Memory to write an object of ``size`` bytes in. Otherwise as :meth:`put`."""

    def get(self, target: Target, timeout: float | None = 0) -> Found | None:
        """None: not there at the end of the timeout. Raises ``ObjectLost``."""

    def get_value(self, ref: Ref, decoding: Decoding, default: Any) -> Any:
        """The value, where that takes a microsecond; ``default`` where :meth:`get` has to be asked."""

    def get_values(self, refs: builtins.list[Any], decoding: Decoding) -> builtins.list[Any] | None:
        """As :meth:`get_value` for all of a list, some of which may be no refs; None likewise."""

    def get_all(self, targets: Sequence[Target], timeout: float | None = 0) -> list[Found | None]:
        """As many, in order. When one is missing at the end, the others are given nevertheless."""

    def wait(
        self,
        targets: Sequence[Target],
        count: int,
        timeout: float | None,
        interrupt: Interrupt | None = None,
    ) -> list[bool]:
        """Which are there, once ``count`` are or the time is over. Interrupted, those that are known to be."""

    def contains(self, target: Target) -> bool:
        """After all that was committed anywhere was looked at."""

    def peek(self, target: Target) -> bool:
        """Asks the index alone; may lag behind a put by somebody else."""

    def shows(self, target: Target) -> bool:
        """As :meth:`peek`, and never blocks; False, too, where that cannot be told."""

    def head(self, target: Target) -> Description | None: ...

    def delete(self, targets: Sequence[Target]) -> int:
        """How many there were."""

    def delete_group(self, group: Group) -> int: ...

    def list(
        self,
        *,
        namespace: str | None = None,
        prefix: str | None = None,
        group: Group | None = None,
        media_type: str | None = None,
    ) -> Iterator[Description]: ...

    def watch(self, *, namespace: str | None = None, prefix: str | None = None) -> Watch:
        """The subscription stands on return."""

    def info(self) -> Mapping[str, Any]:
        """The node's ledger, bytes: capacity, in_use, free, leased, condemned, withheld, pinned; and
        objects, sessions."""

    def nodes(self) -> Sequence[Mapping[str, Any]]: ...

    def close(self) -> None:
        """Views that are held stay as they are until they are gone."""
