"""The co-located backend against a real node: what each call answers."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable

import pytest
from google.rpc import error_details_pb2, status_pb2
from node import Node, eventually
from tokamak import errors
from tokamak._backend import Group, Lifetime, Meta, Name
from tokamak._control import translate
from tokamak._http2 import CallFailed
from tokamak._local import LocalBackend
from tokamak._metadata import decode
from tokamak._native import Stale
from tokamak._proto import local_pb2 as local
from ways import later

PLAIN = Meta()
ABSENT = bytes([1]) + bytes(15)


def unique(node: Node, key: str = "key") -> Name:
    unique.count += 1  # type: ignore[attr-defined]
    return Name("tests", f"{key}-{unique.count}")  # type: ignore[attr-defined]


unique.count = 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [0, 1, 15, 16, 255, 256, 4096, 65_537, 1 << 20, (8 << 20) + 1])
def test_what_was_put_is_read(backend: LocalBackend, size: int) -> None:
    payload = bytes(range(256)) * (size // 256 + 1)
    stored = backend.put([payload[:size]], PLAIN)
    found = backend.get(stored.id)
    assert found is not None
    view = memoryview(found.data)
    assert view == payload[:size] and view.readonly and view.nbytes == size
    assert (found.id, found.size, found.media_type) == (stored.id, size, "application/octet-stream")
    copy = backend.read(stored.id)
    assert copy == ((payload[:size], "application/octet-stream") if size <= 65_536 else None)


def test_parts_follow_each_other(backend: LocalBackend) -> None:
    parts = [b"ab", bytearray(b""), memoryview(b"cdef")[1:3], b"g"]
    for given in (parts, tuple(parts), iter(parts)):
        found = backend.get(backend.put(given, PLAIN).id)  # type: ignore[arg-type]
        assert found is not None and bytes(found.data) == b"abdeg"
    with pytest.raises((BufferError, ValueError)):
        backend.put([memoryview(b"abcd")[::2]], PLAIN)
    with pytest.raises(TypeError):
        backend.put(["text"], PLAIN)  # type: ignore[list-item]


def test_parts_around_the_length_that_goes_past_the_caches(backend: LocalBackend) -> None:
    """Wherever they begin, at the source and in the pool."""
    streamed = 1 << 20
    source = memoryview(os.urandom(3 << 20))
    for skip, first, second in (
        (0, streamed, 1),
        (1, streamed - 1, streamed + 1),
        (17, 33, streamed),
    ):
        parts = [source[skip : skip + first], source[skip + first : skip + first + second]]
        found = backend.get(backend.put(parts, PLAIN).id)
        assert found is not None and memoryview(found.data) == b"".join(parts)


def test_a_long_payload_begins_at_a_cache_line(backend: LocalBackend) -> None:
    import ctypes

    for _ in range(3):
        found = backend.get(backend.put([bytes(300)], PLAIN).id)
        assert found is not None
        view = memoryview(found.data)
        base = ctypes.addressof(ctypes.py_object(view))
        assert base  # the object itself; the address of the bytes follows
        numpy = pytest.importorskip("numpy")
        assert numpy.frombuffer(view, "u1").ctypes.data % 64 == 0


def test_metadata_comes_back(backend: LocalBackend) -> None:
    meta = Meta("text/plain; charset=utf-8", {"Owner": "Jürgen", "a": ""}, content_encoding="gzip")
    stored = backend.put([b"x"], meta)
    found = backend.get(stored.id)
    assert found is not None
    assert found.media_type == "text/plain; charset=utf-8"
    assert decode(found.metadata).attributes == {"a": "", "owner": "Jürgen"}
    described = backend.head(stored.id)
    assert described is not None
    assert described.attributes == {"a": "", "owner": "Jürgen"}
    assert described.content_encoding == "gzip"
    assert described.incarnation == found.incarnation > 0


@pytest.mark.parametrize(
    ("meta", "name", "code"),
    [
        (Meta("nothing"), None, "bad-media-type"),
        (Meta("a/b;c"), None, "bad-media-type"),
        (Meta("a/" + "b" * 254), None, "bad-media-type"),
        (Meta(attributes={"a b": "c"}), None, "bad-attribute"),
        (Meta(attributes={"a": "c\n"}), None, "bad-attribute"),
        (Meta(attributes={"a": " c"}), None, "bad-attribute"),
        (Meta(attributes={"a": "1", "A": "2"}), None, "bad-attribute"),
        (Meta(attributes={"a": "c" * 8192}), None, "bad-attribute"),
        (Meta(lifetime=Lifetime(ttl=0)), None, "bad-duration"),
        (Meta(lifetime=Lifetime(idle=float("nan"))), None, "bad-duration"),
        (Meta(lifetime=Lifetime(ttl=1, session=True)), None, "bad-parameter"),
        (PLAIN, Name("Upper", "k"), "bad-name"),
        (PLAIN, Name("", "k"), "bad-name"),
        (PLAIN, Name("n" * 64, "k"), "bad-name"),
        (PLAIN, Name("n", ""), "bad-name"),
        (PLAIN, Name("n", "k\0"), "bad-name"),
        (PLAIN, Name("n", "ü" * 513), "bad-name"),
        (PLAIN, Name("n", "\ud800"), "bad-name"),
        (Meta(group=Group("n", "g" * 256)), None, "bad-name"),
        (Meta(content_encoding="a b"), None, "bad-parameter"),
    ],
)
def test_what_breaks_a_rule_is_refused_here_and_not_by_the_node(
    backend: LocalBackend, meta: Meta, name: Name | None, code: str
) -> None:
    with pytest.raises(ValueError) as refused:
        backend.put([b"x"], meta, name=name)
    assert isinstance(refused.value, errors.InvalidRequest) and refused.value.code == code
    assert backend.put([b"x"], PLAIN).created


def test_a_name_is_given_once(node: Node, backend: LocalBackend) -> None:
    name, meta = unique(node), Meta("text/plain", {"a": "1"})
    first = backend.put([b"ab", b"c"], meta, name=name)
    assert first.created and first.incarnation > 0
    again = backend.put([b"abc"], Meta("text/plain", {"A": "1"}), name=name)
    assert (again.created, again.id, again.incarnation) == (False, first.id, first.incarnation)
    for other in ([b"abd"], [b"abcd"]):
        with pytest.raises(errors.ObjectExists):
            backend.put(other, meta, name=name)
    with pytest.raises(errors.ObjectExists):
        backend.put([b"abc"], PLAIN, name=name)
    found = backend.get(name)
    assert found is not None and bytes(found.data) == b"abc" and found.id == first.id


def test_large_named_objects_are_compared_too(node: Node, backend: LocalBackend) -> None:
    name, payload = unique(node), bytes(9 << 20)
    assert backend.put([payload], PLAIN, name=name).created
    assert not backend.put([payload], PLAIN, name=name).created
    with pytest.raises(errors.ObjectExists):
        backend.put([payload[:-1], b"x"], PLAIN, name=name)
    eventually(lambda: backend.info()["leased"] < (8 << 20), "what the losers wrote is free")
    backend.delete([name])


def test_i24_of_many_creators_one_wins(node: Node, connect: Callable[..., LocalBackend]) -> None:
    name = unique(node)
    backends = [connect(node) for _ in range(4)]
    barrier = threading.Barrier(len(backends))
    outcomes: list[str] = []

    def create(backend: LocalBackend, payload: bytes) -> None:
        barrier.wait()
        try:
            outcomes.append(
                "created" if backend.put([payload], PLAIN, name=name).created else "same"
            )
        except errors.ObjectExists:
            outcomes.append("exists")

    threads = [
        threading.Thread(target=create, args=(backend, b"%d" % at))
        for at, backend in enumerate(backends)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created", "exists", "exists", "exists"]


def test_create_seal_abort(node: Node, backend: LocalBackend) -> None:
    writing = backend.create(1000, PLAIN)
    assert writing.buffer.nbytes == 1000 and not writing.buffer.readonly
    writing.buffer[:] = b"z" * 1000
    part = writing.buffer[10:20]
    with pytest.raises(BufferError):
        writing.seal()
    part.release()
    stored = writing.seal()
    found = backend.get(stored.id)
    assert found is not None and bytes(found.data) == b"z" * 1000
    for call in (writing.seal, lambda: writing.buffer):
        with pytest.raises(errors.InvalidState):
            call()
    writing.abort()
    assert backend.peek(stored.id)
    with pytest.raises(ValueError):
        backend.create(-1, PLAIN)
    empty = backend.create(0, PLAIN)
    assert backend.get(empty.seal().id) is not None


def test_a_closed_client_touches_no_file_that_was_opened_later(node: Node) -> None:
    closed = LocalBackend(str(node.folder))
    closed.put([b"x"], PLAIN)
    keeper = closed._keeper
    closed.close()
    assert keeper._thread is not None
    keeper._thread.join(10)
    assert not keeper._thread.is_alive()
    pipes = [os.pipe() for _ in range(16)]  # of whatever numbers are free now
    keeper.wake()
    pid = os.fork()
    if pid == 0:
        try:
            for side in itertools.chain.from_iterable(pipes):
                os.fstat(side)
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    for reading, writing in pipes:
        os.set_blocking(reading, False)
        with pytest.raises(BlockingIOError):
            os.read(reading, 1)
        os.close(reading)
        os.close(writing)


def test_a_created_name_is_reserved_until_its_end(node: Node, backend: LocalBackend) -> None:
    name = unique(node)
    writing = backend.create(10, PLAIN, name=name)
    with pytest.raises(errors.ObjectExists):
        backend.create(10, PLAIN, name=name)
    assert not backend.contains(name)
    writing.abort()
    writing = backend.create(10, PLAIN, name=name)
    writing.buffer[:] = b"0123456789"
    assert writing.seal().created
    with pytest.raises(errors.ObjectExists):
        backend.create(10, PLAIN, name=name)


def test_a_forgotten_buffer_aborts_with_its_last_view(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    backend = connect(own_node("64MB"))
    writing = backend.create(16 << 20, PLAIN)
    view = writing.buffer[5:10]
    del writing
    view[:] = b"still"
    assert backend.info()["leased"] >= 16 << 20
    view.release()
    eventually(lambda: backend.info()["leased"] < 1 << 20, "the extent is given back")


def test_get_waits_for_a_put(node: Node, connect: Callable[..., LocalBackend]) -> None:
    reader, writer = connect(node), connect(node)
    name = unique(node)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(reader.get(name, 20.0)))
    thread.start()
    eventually(lambda: reader._interests[reader._session]._interests, "the reader waits")
    writer.put([b"there"], PLAIN, name=name)
    thread.join(20)
    assert bytes(found[0].data) == b"there"  # type: ignore[attr-defined]


def test_a_wait_ends_with_as_many_as_were_wanted(node: Node, backend: LocalBackend) -> None:
    there = [backend.put([b"x"], PLAIN).id for _ in range(3)]
    assert backend.wait([*there, ABSENT], 3, 10) == [True, True, True, False]
    begun = time.monotonic()
    assert backend.wait([there[0], ABSENT], 2, 0.2) == [True, False]
    assert 0.15 < time.monotonic() - begun < 5
    assert backend.wait([ABSENT], 1, 0) == [False]
    assert backend.wait([], 0, None) == []


def test_get_all_tells_what_is_missing(node: Node, backend: LocalBackend) -> None:
    name = unique(node)
    ids = [backend.put([b"%d" % i], PLAIN).id for i in range(300)]
    backend.put([b"named"], PLAIN, name=name)
    found = backend.get_all([*ids, ABSENT, name, ids[0], Name("tests", "none")])
    assert [bytes(each.data) if each else None for each in found] == [
        *(b"%d" % i for i in range(300)),
        None,
        b"named",
        b"0",
        None,
    ]
    assert backend._session.native.pins == 302
    del found
    assert backend._session.native.pins == 0


def test_delete_is_final_and_bytes_stay_for_who_holds_them(
    node: Node, backend: LocalBackend
) -> None:
    name = unique(node)
    payload = bytes(range(256)) * 4096
    backend.put([payload], PLAIN, name=name)
    found = backend.get(name)
    other = backend.put([b"x"], PLAIN)
    assert backend.delete([name, other.id, ABSENT]) == 2
    assert backend.get(name) is None and backend.get(other.id) is None
    assert not backend.contains(name) and not backend.peek(name) and backend.head(name) is None
    for _ in range(50):
        backend.put([b"y" * len(payload)], Meta(lifetime=Lifetime(session=True)))
    assert found is not None and bytes(found.data) == payload


def test_groups_lists_and_lifetimes(node: Node, backend: LocalBackend) -> None:
    group = Group("lists", "g")
    names = [Name("lists", f"a/{i:02}") for i in range(5)]
    for name in names:
        backend.put([b"x"], Meta("text/plain", group=group), name=name)
    backend.put([b"x"], Meta(lifetime=Lifetime(ttl=1000)), name=Name("lists", "b"))
    listed = list(backend.list(namespace="lists", prefix="a/"))
    assert sorted(each.name for each in listed if each.name) == names
    assert {each.group for each in listed} == {group}
    assert len(list(backend.list(namespace="lists"))) == 6
    assert len(list(backend.list(namespace="lists", media_type="text/plain"))) == 5
    ttl = backend.head(Name("lists", "b"))
    assert ttl is not None and ttl.lifetime.ttl is not None and 900 < ttl.lifetime.ttl <= 1000
    assert backend.delete_group(group) == 5
    assert len(list(backend.list(namespace="lists"))) == 1


def test_an_object_ends_with_its_session_and_not_before(
    node: Node, connect: Callable[..., LocalBackend]
) -> None:
    reader, writer = connect(node), connect(node)
    stored = writer.put([b"x"], Meta(lifetime=Lifetime(session=True)))
    assert reader.contains(stored.id)
    writer.close()
    eventually(lambda: not reader.contains(stored.id), "it ends with the session")


def test_an_idle_time_is_prolonged_by_reads(node: Node, backend: LocalBackend) -> None:
    kept = backend.put([b"x"], Meta(lifetime=Lifetime(idle=1.0)))
    left = backend.put([b"x"], Meta(lifetime=Lifetime(idle=1.0)))
    end = time.monotonic() + 3.0

    def has_ended() -> bool:
        assert backend.get(kept.id) is not None
        return not backend.peek(left.id) and time.monotonic() > end

    eventually(has_ended, "who is left alone ends")


def test_events_from_the_subscription_on(node: Node, backend: LocalBackend) -> None:
    with_events = backend.watch(namespace="watched", prefix="a")
    backend.put([b"x"], PLAIN, name=Name("watched", "b"))
    stored = backend.put([b"xyz"], PLAIN, name=Name("watched", "a"))
    backend.delete([Name("watched", "a")])
    sealed, deleted = next(with_events), next(with_events)
    assert (sealed.kind, sealed.id, sealed.size) == ("sealed", stored.id, 3)
    assert (deleted.kind, deleted.name) == ("deleted", Name("watched", "a"))
    ended: list[list[object]] = []
    thread = threading.Thread(target=lambda: ended.append(list(with_events)))
    thread.start()
    with_events.close()
    thread.join(10)
    assert ended == [[]]


def test_the_ledger_counts_the_unsealed_and_pins_are_right_at_once(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend, other = connect(node), connect(node)
    before = backend.info()
    writing = backend.create(8 << 20, PLAIN)
    assert backend.info()["used"] - before["used"] >= 8 << 20
    stored = writing.seal()
    views = [backend.get(stored.id), other.get(stored.id), other.get(stored.id)]
    described = backend.head(stored.id)
    assert described is not None
    assert sorted(pin.count for pin in described.pins) == [1, 2]
    assert {pin.language for pin in described.pins} == {"python"}
    views.clear()
    described = backend.head(stored.id)
    assert described is not None and described.pins == ()
    ledger = backend.info()
    parts = ("in_use", "free", "leased", "condemned", "withheld")
    assert sum(ledger[part] for part in parts) == ledger["capacity"]


def test_out_of_memory_at_the_deadline(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    backend = connect(own_node("64MB"))
    with pytest.raises(MemoryError) as refused:
        backend.put([bytes(128 << 20)], PLAIN, deadline=0.1)
    assert isinstance(refused.value, errors.OutOfMemory)
    held = [backend.get(backend.put([bytes(15 << 20)], PLAIN).id) for _ in range(4)]
    begun = time.monotonic()
    with pytest.raises(errors.OutOfMemory) as refused:
        backend.put([bytes(15 << 20)], PLAIN, deadline=0.3)
    assert time.monotonic() - begun < 5
    assert refused.value.numbers["capacity"]
    backend.delete([each.id for each in held if each])
    held.clear()
    assert backend.put([bytes(15 << 20)], PLAIN).created


def test_a_closed_client_says_so_and_its_views_stay(
    node: Node, connect: Callable[..., LocalBackend]
) -> None:
    backend, other = connect(node), connect(node)
    stored = backend.put([b"x" * 1000], PLAIN)
    found = backend.get(stored.id)
    backend.close()
    backend.close()
    calls: list[Callable[[], object]] = [
        lambda: backend.get(stored.id),
        lambda: backend.put([b"x"], PLAIN),
        lambda: backend.get_all([stored.id]),
        lambda: backend.read(stored.id),
        lambda: backend.wait([ABSENT], 1, 1),
        lambda: backend.delete([stored.id]),
        lambda: backend.create(1, PLAIN),
        backend.info,
    ]
    for call in calls:
        with pytest.raises(errors.InvalidState):
            call()
    other.delete([stored.id])
    assert found is not None and bytes(found.data) == b"x" * 1000


def test_no_node_is_said_in_time(tmp_path: object) -> None:
    begun = time.monotonic()
    with pytest.raises(errors.NodeUnavailable):
        LocalBackend(f"{tmp_path}/none", timeout=0.2)
    assert time.monotonic() - begun < 5


def test_gets_are_counted_once_and_looking_is_none(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node)

    def gets() -> int:
        status = backend._call("Status", local.StatusRequest(), local.NodeStatus)
        return status.counters.gets  # type: ignore[no-any-return]

    ids = [backend.put([b"x" * size], PLAIN).id for size in (10, 100_000)]
    assert backend.contains(ids[0]) and backend.head(ids[0]) is not None
    assert gets() == 0
    views = [backend.get(each) for each in ids]
    assert all(view is not None for view in views)
    assert gets() == 2
    assert backend.read(ids[0]) is not None
    assert gets() == 3
    views.clear()
    backend.close()
    backend = connect(node)
    assert gets() == 3


def test_what_is_being_looked_at_is_not_sealed_meanwhile(
    node: Node, connect: Callable[..., LocalBackend]
) -> None:
    """Taking a view touches the memory first, while other threads run."""
    was_refused = False
    for _ in range(50):
        backend = connect(node)  # has touched nothing yet
        writing = backend.create(32 << 20, PLAIN)
        views: list[memoryview] = []
        begun = threading.Event()

        def look(writing: Any = writing, views: Any = views, begun: Any = begun) -> None:
            begun.set()
            try:
                views.append(writing.buffer)
            except (errors.InvalidState, Stale):
                pass  # sealed before

        with later(look):
            begun.wait(20)
            try:
                writing._native.commit(10.0)
                is_sealed = True
            except BufferError:
                is_sealed = False
        assert not (is_sealed and views), "a writable view of sealed bytes"
        if is_sealed:
            backend.delete([writing.id])
        was_refused |= not is_sealed
        if was_refused:
            break
        backend.close()
    assert was_refused


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (15, "object-lost", errors.ObjectLost),
        (15, "", errors.DecodeError),
        (5, "object-not-found", errors.ObjectNotFound),
        (6, "object-exists", errors.ObjectExists),
        (8, "out-of-memory", errors.OutOfMemory),
        (8, "too-large", errors.OutOfMemory),
        (4, "", errors.DeadlineExceeded),
        (7, "", errors.PermissionDenied),
        (14, "", errors.NodeUnavailable),
        (3, "bad-name", errors.InvalidRequest),
    ],
)
def test_what_an_answer_of_the_node_means(
    status: int, reason: str, error: type[errors.TokamakError]
) -> None:
    info = error_details_pb2.ErrorInfo(reason=reason, metadata={"remedy": "make it anew"})
    said = status_pb2.Status(code=status, message="why")
    said.details.add().Pack(info)
    meant = translate(CallFailed(status, "", said.SerializeToString()), "node")
    assert type(meant) is error and "why" in str(meant) and meant.remedy == "make it anew"
    assert not reason or meant.code == reason
