from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Presence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_UNSPECIFIED: _ClassVar[Presence]
    PRESENCE_ABSENT: _ClassVar[Presence]
    PRESENCE_PRESENT: _ClassVar[Presence]
PRESENCE_UNSPECIFIED: Presence
PRESENCE_ABSENT: Presence
PRESENCE_PRESENT: Presence

class AttachRequest(_message.Message):
    __slots__ = ("hello", "ready", "resume", "detach")
    class Hello(_message.Message):
        __slots__ = ("layout", "pid", "language", "name")
        LAYOUT_FIELD_NUMBER: _ClassVar[int]
        PID_FIELD_NUMBER: _ClassVar[int]
        LANGUAGE_FIELD_NUMBER: _ClassVar[int]
        NAME_FIELD_NUMBER: _ClassVar[int]
        layout: int
        pid: int
        language: int
        name: str
        def __init__(self, layout: _Optional[int] = ..., pid: _Optional[int] = ..., language: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...
    class Ready(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Resume(_message.Message):
        __slots__ = ("session",)
        SESSION_FIELD_NUMBER: _ClassVar[int]
        session: str
        def __init__(self, session: _Optional[str] = ...) -> None: ...
    class Detach(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    HELLO_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    DETACH_FIELD_NUMBER: _ClassVar[int]
    hello: AttachRequest.Hello
    ready: AttachRequest.Ready
    resume: AttachRequest.Resume
    detach: AttachRequest.Detach
    def __init__(self, hello: _Optional[_Union[AttachRequest.Hello, _Mapping]] = ..., ready: _Optional[_Union[AttachRequest.Ready, _Mapping]] = ..., resume: _Optional[_Union[AttachRequest.Resume, _Mapping]] = ..., detach: _Optional[_Union[AttachRequest.Detach, _Mapping]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("offer", "go")
    class Offer(_message.Message):
        __slots__ = ("session", "session_number")
        SESSION_FIELD_NUMBER: _ClassVar[int]
        SESSION_NUMBER_FIELD_NUMBER: _ClassVar[int]
        session: str
        session_number: int
        def __init__(self, session: _Optional[str] = ..., session_number: _Optional[int] = ...) -> None: ...
    class Go(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    OFFER_FIELD_NUMBER: _ClassVar[int]
    GO_FIELD_NUMBER: _ClassVar[int]
    offer: AttachResponse.Offer
    go: AttachResponse.Go
    def __init__(self, offer: _Optional[_Union[AttachResponse.Offer, _Mapping]] = ..., go: _Optional[_Union[AttachResponse.Go, _Mapping]] = ...) -> None: ...

class LeaseRequest(_message.Message):
    __slots__ = ("session", "kind", "size_bytes", "timeout_millis", "reserve", "lane", "welcome_bytes", "returns")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[LeaseRequest.Kind]
        KIND_SHARED: _ClassVar[LeaseRequest.Kind]
        KIND_SINGLE: _ClassVar[LeaseRequest.Kind]
    KIND_UNSPECIFIED: LeaseRequest.Kind
    KIND_SHARED: LeaseRequest.Kind
    KIND_SINGLE: LeaseRequest.Kind
    SESSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MILLIS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    WELCOME_BYTES_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    session: str
    kind: LeaseRequest.Kind
    size_bytes: int
    timeout_millis: int
    reserve: bytes
    lane: int
    welcome_bytes: int
    returns: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, session: _Optional[str] = ..., kind: _Optional[_Union[LeaseRequest.Kind, str]] = ..., size_bytes: _Optional[int] = ..., timeout_millis: _Optional[int] = ..., reserve: _Optional[bytes] = ..., lane: _Optional[int] = ..., welcome_bytes: _Optional[int] = ..., returns: _Optional[_Iterable[int]] = ...) -> None: ...

class LeaseResponse(_message.Message):
    __slots__ = ("lane", "extent_number", "start", "length")
    LANE_FIELD_NUMBER: _ClassVar[int]
    EXTENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    lane: int
    extent_number: int
    start: int
    length: int
    def __init__(self, lane: _Optional[int] = ..., extent_number: _Optional[int] = ..., start: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class ExtendRequest(_message.Message):
    __slots__ = ("session", "lane", "length")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    session: str
    lane: int
    length: int
    def __init__(self, session: _Optional[str] = ..., lane: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class ExtendResponse(_message.Message):
    __slots__ = ("length",)
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    length: int
    def __init__(self, length: _Optional[int] = ...) -> None: ...

class ReturnRequest(_message.Message):
    __slots__ = ("session", "lanes")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    session: str
    lanes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, session: _Optional[str] = ..., lanes: _Optional[_Iterable[int]] = ...) -> None: ...

class ReturnResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResolveRequest(_message.Message):
    __slots__ = ("ids", "count", "timeout_millis")
    IDS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MILLIS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[bytes]
    count: int
    timeout_millis: int
    def __init__(self, ids: _Optional[_Iterable[bytes]] = ..., count: _Optional[int] = ..., timeout_millis: _Optional[int] = ...) -> None: ...

class ResolveResponse(_message.Message):
    __slots__ = ("presences",)
    PRESENCES_FIELD_NUMBER: _ClassVar[int]
    presences: _containers.RepeatedScalarFieldContainer[Presence]
    def __init__(self, presences: _Optional[_Iterable[_Union[Presence, str]]] = ...) -> None: ...

class InterestRequest(_message.Message):
    __slots__ = ("session", "ids", "remove")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    session: str
    ids: _containers.RepeatedScalarFieldContainer[bytes]
    remove: bool
    def __init__(self, session: _Optional[str] = ..., ids: _Optional[_Iterable[bytes]] = ..., remove: _Optional[bool] = ...) -> None: ...

class InterestResponse(_message.Message):
    __slots__ = ("presences",)
    PRESENCES_FIELD_NUMBER: _ClassVar[int]
    presences: _containers.RepeatedScalarFieldContainer[Presence]
    def __init__(self, presences: _Optional[_Iterable[_Union[Presence, str]]] = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("ids", "group", "incarnation")
    IDS_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    ids: bytes
    group: Group
    incarnation: int
    def __init__(self, ids: _Optional[bytes] = ..., group: _Optional[_Union[Group, _Mapping]] = ..., incarnation: _Optional[int] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("deleted", "were_there")
    DELETED_FIELD_NUMBER: _ClassVar[int]
    WERE_THERE_FIELD_NUMBER: _ClassVar[int]
    deleted: int
    were_there: bytes
    def __init__(self, deleted: _Optional[int] = ..., were_there: _Optional[bytes] = ...) -> None: ...

class Group(_message.Message):
    __slots__ = ("namespace", "name")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    name: str
    def __init__(self, namespace: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("namespace", "prefix", "group", "media_type", "limit", "cursor")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    prefix: str
    group: Group
    media_type: str
    limit: int
    cursor: str
    def __init__(self, namespace: _Optional[str] = ..., prefix: _Optional[str] = ..., group: _Optional[_Union[Group, _Mapping]] = ..., media_type: _Optional[str] = ..., limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("objects", "cursor")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectDescription]
    cursor: str
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectDescription, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    def __init__(self, id: _Optional[bytes] = ...) -> None: ...

class ObjectDescription(_message.Message):
    __slots__ = ("id", "incarnation", "size_bytes", "metadata", "expires_millis", "store_number", "pins")
    ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_MILLIS_FIELD_NUMBER: _ClassVar[int]
    STORE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PINS_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    incarnation: int
    size_bytes: int
    metadata: bytes
    expires_millis: int
    store_number: int
    pins: _containers.RepeatedCompositeFieldContainer[Pin]
    def __init__(self, id: _Optional[bytes] = ..., incarnation: _Optional[int] = ..., size_bytes: _Optional[int] = ..., metadata: _Optional[bytes] = ..., expires_millis: _Optional[int] = ..., store_number: _Optional[int] = ..., pins: _Optional[_Iterable[_Union[Pin, _Mapping]]] = ...) -> None: ...

class Pin(_message.Message):
    __slots__ = ("session_number", "pid", "language", "name", "since_millis", "count")
    SESSION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_MILLIS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    session_number: int
    pid: int
    language: int
    name: str
    since_millis: int
    count: int
    def __init__(self, session_number: _Optional[int] = ..., pid: _Optional[int] = ..., language: _Optional[int] = ..., name: _Optional[str] = ..., since_millis: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("namespace", "prefix")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    prefix: str
    def __init__(self, namespace: _Optional[str] = ..., prefix: _Optional[str] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "sequence", "id", "namespace", "key", "size_bytes", "media_type", "time_millis")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Event.Kind]
        KIND_SEALED: _ClassVar[Event.Kind]
        KIND_DELETED: _ClassVar[Event.Kind]
        KIND_EXPIRED: _ClassVar[Event.Kind]
        KIND_GAP: _ClassVar[Event.Kind]
        KIND_SUBSCRIBED: _ClassVar[Event.Kind]
    KIND_UNSPECIFIED: Event.Kind
    KIND_SEALED: Event.Kind
    KIND_DELETED: Event.Kind
    KIND_EXPIRED: Event.Kind
    KIND_GAP: Event.Kind
    KIND_SUBSCRIBED: Event.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_MILLIS_FIELD_NUMBER: _ClassVar[int]
    kind: Event.Kind
    sequence: int
    id: bytes
    namespace: str
    key: str
    size_bytes: int
    media_type: str
    time_millis: int
    def __init__(self, kind: _Optional[_Union[Event.Kind, str]] = ..., sequence: _Optional[int] = ..., id: _Optional[bytes] = ..., namespace: _Optional[str] = ..., key: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., time_millis: _Optional[int] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ("sessions", "pinned_max")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    PINNED_MAX_FIELD_NUMBER: _ClassVar[int]
    sessions: bool
    pinned_max: int
    def __init__(self, sessions: _Optional[bool] = ..., pinned_max: _Optional[int] = ...) -> None: ...

class NodeStatus(_message.Message):
    __slots__ = ("node_id", "store_number", "state", "started_millis", "ledger", "objects", "sessions", "counters", "pinned", "pinned_total", "address")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STARTED_MILLIS_FIELD_NUMBER: _ClassVar[int]
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    PINNED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    store_number: int
    state: str
    started_millis: int
    ledger: Ledger
    objects: int
    sessions: _containers.RepeatedCompositeFieldContainer[Session]
    counters: Counters
    pinned: _containers.RepeatedCompositeFieldContainer[PinnedObject]
    pinned_total: int
    address: str
    def __init__(self, node_id: _Optional[str] = ..., store_number: _Optional[int] = ..., state: _Optional[str] = ..., started_millis: _Optional[int] = ..., ledger: _Optional[_Union[Ledger, _Mapping]] = ..., objects: _Optional[int] = ..., sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ..., counters: _Optional[_Union[Counters, _Mapping]] = ..., pinned: _Optional[_Iterable[_Union[PinnedObject, _Mapping]]] = ..., pinned_total: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class Counters(_message.Message):
    __slots__ = ("published", "sealed_bytes", "misses", "deleted", "deleted_bytes", "allocation_failures", "fenced_sessions", "gets")
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    SEALED_BYTES_FIELD_NUMBER: _ClassVar[int]
    MISSES_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    DELETED_BYTES_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_FAILURES_FIELD_NUMBER: _ClassVar[int]
    FENCED_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    GETS_FIELD_NUMBER: _ClassVar[int]
    published: int
    sealed_bytes: int
    misses: int
    deleted: int
    deleted_bytes: int
    allocation_failures: int
    fenced_sessions: int
    gets: int
    def __init__(self, published: _Optional[int] = ..., sealed_bytes: _Optional[int] = ..., misses: _Optional[int] = ..., deleted: _Optional[int] = ..., deleted_bytes: _Optional[int] = ..., allocation_failures: _Optional[int] = ..., fenced_sessions: _Optional[int] = ..., gets: _Optional[int] = ...) -> None: ...

class PinnedObject(_message.Message):
    __slots__ = ("object", "deleted")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    object: ObjectDescription
    deleted: bool
    def __init__(self, object: _Optional[_Union[ObjectDescription, _Mapping]] = ..., deleted: _Optional[bool] = ...) -> None: ...

class Ledger(_message.Message):
    __slots__ = ("capacity", "in_use", "free", "leased", "condemned", "withheld", "pinned", "largest_free", "index")
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    IN_USE_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    CONDEMNED_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FREE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    capacity: int
    in_use: int
    free: int
    leased: int
    condemned: int
    withheld: int
    pinned: int
    largest_free: int
    index: int
    def __init__(self, capacity: _Optional[int] = ..., in_use: _Optional[int] = ..., free: _Optional[int] = ..., leased: _Optional[int] = ..., condemned: _Optional[int] = ..., withheld: _Optional[int] = ..., pinned: _Optional[int] = ..., largest_free: _Optional[int] = ..., index: _Optional[int] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("number", "pid", "language", "name", "attached_millis", "fenced", "pinned_bytes", "pins", "leased_bytes", "lanes")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_MILLIS_FIELD_NUMBER: _ClassVar[int]
    FENCED_FIELD_NUMBER: _ClassVar[int]
    PINNED_BYTES_FIELD_NUMBER: _ClassVar[int]
    PINS_FIELD_NUMBER: _ClassVar[int]
    LEASED_BYTES_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    number: int
    pid: int
    language: int
    name: str
    attached_millis: int
    fenced: bool
    pinned_bytes: int
    pins: int
    leased_bytes: int
    lanes: int
    def __init__(self, number: _Optional[int] = ..., pid: _Optional[int] = ..., language: _Optional[int] = ..., name: _Optional[str] = ..., attached_millis: _Optional[int] = ..., fenced: _Optional[bool] = ..., pinned_bytes: _Optional[int] = ..., pins: _Optional[int] = ..., leased_bytes: _Optional[int] = ..., lanes: _Optional[int] = ...) -> None: ...
