import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObjectName(_message.Message):
    __slots__ = ("namespace", "key")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    key: str
    def __init__(self, namespace: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class ObjectRef(_message.Message):
    __slots__ = ("id", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: ObjectName
    def __init__(self, id: _Optional[str] = ..., name: _Optional[_Union[ObjectName, _Mapping]] = ...) -> None: ...

class GroupName(_message.Message):
    __slots__ = ("namespace", "group")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    group: str
    def __init__(self, namespace: _Optional[str] = ..., group: _Optional[str] = ...) -> None: ...

class ObjectInfo(_message.Message):
    __slots__ = ("id", "name", "incarnation", "size_bytes", "media_type", "content_encoding", "attributes", "group", "group_namespace", "created", "expires", "home", "lifetime", "pins")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ENCODING_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    GROUP_NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    PINS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: ObjectName
    incarnation: int
    size_bytes: int
    media_type: str
    content_encoding: str
    attributes: _containers.ScalarMap[str, str]
    group: str
    group_namespace: str
    created: _timestamp_pb2.Timestamp
    expires: _timestamp_pb2.Timestamp
    home: str
    lifetime: Lifetime
    pins: _containers.RepeatedCompositeFieldContainer[Pin]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[_Union[ObjectName, _Mapping]] = ..., incarnation: _Optional[int] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., content_encoding: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., group: _Optional[str] = ..., group_namespace: _Optional[str] = ..., created: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., home: _Optional[str] = ..., lifetime: _Optional[_Union[Lifetime, _Mapping]] = ..., pins: _Optional[_Iterable[_Union[Pin, _Mapping]]] = ...) -> None: ...

class Lifetime(_message.Message):
    __slots__ = ("ttl", "idle", "session", "until")
    TTL_FIELD_NUMBER: _ClassVar[int]
    IDLE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    ttl: _duration_pb2.Duration
    idle: _duration_pb2.Duration
    session: int
    until: _timestamp_pb2.Timestamp
    def __init__(self, ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., idle: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., session: _Optional[int] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Pin(_message.Message):
    __slots__ = ("session", "process", "language", "name", "since", "count")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    session: int
    process: int
    language: str
    name: str
    since: _timestamp_pb2.Timestamp
    count: int
    def __init__(self, session: _Optional[int] = ..., process: _Optional[int] = ..., language: _Optional[str] = ..., name: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., count: _Optional[int] = ...) -> None: ...

class PutRequest(_message.Message):
    __slots__ = ("spec", "data")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    spec: PutSpec
    data: bytes
    def __init__(self, spec: _Optional[_Union[PutSpec, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class PutSpec(_message.Message):
    __slots__ = ("name", "media_type", "content_encoding", "attributes", "lifetime", "group", "group_namespace", "replicas", "size_bytes", "sha256", "room_timeout")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ENCODING_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    GROUP_NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ROOM_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    name: ObjectName
    media_type: str
    content_encoding: str
    attributes: _containers.ScalarMap[str, str]
    lifetime: Lifetime
    group: str
    group_namespace: str
    replicas: int
    size_bytes: int
    sha256: bytes
    room_timeout: _duration_pb2.Duration
    def __init__(self, name: _Optional[_Union[ObjectName, _Mapping]] = ..., media_type: _Optional[str] = ..., content_encoding: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., lifetime: _Optional[_Union[Lifetime, _Mapping]] = ..., group: _Optional[str] = ..., group_namespace: _Optional[str] = ..., replicas: _Optional[int] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ..., room_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PutResponse(_message.Message):
    __slots__ = ("object", "created", "replicas")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    object: ObjectInfo
    created: bool
    replicas: int
    def __init__(self, object: _Optional[_Union[ObjectInfo, _Mapping]] = ..., created: _Optional[bool] = ..., replicas: _Optional[int] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("object", "offset_bytes", "length_bytes", "incarnation", "wait")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_BYTES_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    object: ObjectRef
    offset_bytes: int
    length_bytes: int
    incarnation: int
    wait: _duration_pb2.Duration
    def __init__(self, object: _Optional[_Union[ObjectRef, _Mapping]] = ..., offset_bytes: _Optional[int] = ..., length_bytes: _Optional[int] = ..., incarnation: _Optional[int] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ("object", "data")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    object: ObjectInfo
    data: bytes
    def __init__(self, object: _Optional[_Union[ObjectInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class BatchGetRequest(_message.Message):
    __slots__ = ("objects", "wait", "with_info")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    WITH_INFO_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectRef]
    wait: _duration_pb2.Duration
    with_info: bool
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectRef, _Mapping]]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., with_info: _Optional[bool] = ...) -> None: ...

class BatchGetResponse(_message.Message):
    __slots__ = ("items",)
    class Item(_message.Message):
        __slots__ = ("index", "data", "missing", "too_large_bytes", "object")
        INDEX_FIELD_NUMBER: _ClassVar[int]
        DATA_FIELD_NUMBER: _ClassVar[int]
        MISSING_FIELD_NUMBER: _ClassVar[int]
        TOO_LARGE_BYTES_FIELD_NUMBER: _ClassVar[int]
        OBJECT_FIELD_NUMBER: _ClassVar[int]
        index: int
        data: bytes
        missing: bool
        too_large_bytes: int
        object: ObjectInfo
        def __init__(self, index: _Optional[int] = ..., data: _Optional[bytes] = ..., missing: _Optional[bool] = ..., too_large_bytes: _Optional[int] = ..., object: _Optional[_Union[ObjectInfo, _Mapping]] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[BatchGetResponse.Item]
    def __init__(self, items: _Optional[_Iterable[_Union[BatchGetResponse.Item, _Mapping]]] = ...) -> None: ...

class HeadRequest(_message.Message):
    __slots__ = ("object", "wait")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    object: ObjectRef
    wait: _duration_pb2.Duration
    def __init__(self, object: _Optional[_Union[ObjectRef, _Mapping]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class HeadResponse(_message.Message):
    __slots__ = ("object",)
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    object: ObjectInfo
    def __init__(self, object: _Optional[_Union[ObjectInfo, _Mapping]] = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ("objects", "group", "incarnation")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectRef]
    group: GroupName
    incarnation: int
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectRef, _Mapping]]] = ..., group: _Optional[_Union[GroupName, _Mapping]] = ..., incarnation: _Optional[int] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = ("deleted", "were_there")
    DELETED_FIELD_NUMBER: _ClassVar[int]
    WERE_THERE_FIELD_NUMBER: _ClassVar[int]
    deleted: int
    were_there: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, deleted: _Optional[int] = ..., were_there: _Optional[_Iterable[bool]] = ...) -> None: ...

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
    group: str
    media_type: str
    limit: int
    cursor: str
    def __init__(self, namespace: _Optional[str] = ..., prefix: _Optional[str] = ..., group: _Optional[str] = ..., media_type: _Optional[str] = ..., limit: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ("objects", "cursor")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectInfo]
    cursor: str
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectInfo, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class WaitRequest(_message.Message):
    __slots__ = ("objects", "count", "timeout")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectRef]
    count: int
    timeout: _duration_pb2.Duration
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectRef, _Mapping]]] = ..., count: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WaitResponse(_message.Message):
    __slots__ = ("ready", "pending")
    READY_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    ready: _containers.RepeatedCompositeFieldContainer[ObjectRef]
    pending: _containers.RepeatedCompositeFieldContainer[ObjectRef]
    def __init__(self, ready: _Optional[_Iterable[_Union[ObjectRef, _Mapping]]] = ..., pending: _Optional[_Iterable[_Union[ObjectRef, _Mapping]]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("namespace", "prefix", "after")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    prefix: str
    after: str
    def __init__(self, namespace: _Optional[str] = ..., prefix: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("kind", "sequence", "id", "name", "size_bytes", "media_type", "time", "node")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[WatchResponse.Kind]
        KIND_SUBSCRIBED: _ClassVar[WatchResponse.Kind]
        KIND_GAP: _ClassVar[WatchResponse.Kind]
        KIND_SEALED: _ClassVar[WatchResponse.Kind]
        KIND_DELETED: _ClassVar[WatchResponse.Kind]
        KIND_EXPIRED: _ClassVar[WatchResponse.Kind]
        KIND_EVICTED: _ClassVar[WatchResponse.Kind]
        KIND_SPILLED: _ClassVar[WatchResponse.Kind]
        KIND_LOST: _ClassVar[WatchResponse.Kind]
        KIND_NODE_UP: _ClassVar[WatchResponse.Kind]
        KIND_NODE_DOWN: _ClassVar[WatchResponse.Kind]
    KIND_UNSPECIFIED: WatchResponse.Kind
    KIND_SUBSCRIBED: WatchResponse.Kind
    KIND_GAP: WatchResponse.Kind
    KIND_SEALED: WatchResponse.Kind
    KIND_DELETED: WatchResponse.Kind
    KIND_EXPIRED: WatchResponse.Kind
    KIND_EVICTED: WatchResponse.Kind
    KIND_SPILLED: WatchResponse.Kind
    KIND_LOST: WatchResponse.Kind
    KIND_NODE_UP: WatchResponse.Kind
    KIND_NODE_DOWN: WatchResponse.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    kind: WatchResponse.Kind
    sequence: str
    id: str
    name: ObjectName
    size_bytes: int
    media_type: str
    time: _timestamp_pb2.Timestamp
    node: str
    def __init__(self, kind: _Optional[_Union[WatchResponse.Kind, str]] = ..., sequence: _Optional[str] = ..., id: _Optional[str] = ..., name: _Optional[_Union[ObjectName, _Mapping]] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., node: _Optional[str] = ...) -> None: ...

class MapRequest(_message.Message):
    __slots__ = ("object", "nonce", "wait")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    object: ObjectRef
    nonce: str
    wait: _duration_pb2.Duration
    def __init__(self, object: _Optional[_Union[ObjectRef, _Mapping]] = ..., nonce: _Optional[str] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class MapResponse(_message.Message):
    __slots__ = ("object", "folder", "file", "offset_bytes", "length_bytes")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_BYTES_FIELD_NUMBER: _ClassVar[int]
    object: ObjectInfo
    folder: str
    file: str
    offset_bytes: int
    length_bytes: int
    def __init__(self, object: _Optional[_Union[ObjectInfo, _Mapping]] = ..., folder: _Optional[str] = ..., file: _Optional[str] = ..., offset_bytes: _Optional[int] = ..., length_bytes: _Optional[int] = ...) -> None: ...

class ListNodesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListNodesResponse(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    def __init__(self, nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ...) -> None: ...

class GetNodeRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetNodeResponse(_message.Message):
    __slots__ = ("node",)
    NODE_FIELD_NUMBER: _ClassVar[int]
    node: Node
    def __init__(self, node: _Optional[_Union[Node, _Mapping]] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("id", "store_number", "state", "address", "started", "pool", "objects", "sessions", "folder")
    ID_FIELD_NUMBER: _ClassVar[int]
    STORE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    id: str
    store_number: int
    state: str
    address: str
    started: _timestamp_pb2.Timestamp
    pool: Pool
    objects: int
    sessions: int
    folder: str
    def __init__(self, id: _Optional[str] = ..., store_number: _Optional[int] = ..., state: _Optional[str] = ..., address: _Optional[str] = ..., started: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pool: _Optional[_Union[Pool, _Mapping]] = ..., objects: _Optional[int] = ..., sessions: _Optional[int] = ..., folder: _Optional[str] = ...) -> None: ...

class Pool(_message.Message):
    __slots__ = ("capacity", "live", "free", "leased", "condemned", "withheld", "pinned", "spilled")
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    CONDEMNED_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    SPILLED_FIELD_NUMBER: _ClassVar[int]
    capacity: int
    live: int
    free: int
    leased: int
    condemned: int
    withheld: int
    pinned: int
    spilled: int
    def __init__(self, capacity: _Optional[int] = ..., live: _Optional[int] = ..., free: _Optional[int] = ..., leased: _Optional[int] = ..., condemned: _Optional[int] = ..., withheld: _Optional[int] = ..., pinned: _Optional[int] = ..., spilled: _Optional[int] = ...) -> None: ...
