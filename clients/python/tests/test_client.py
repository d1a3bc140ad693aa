"""The calls that programs make. Each test runs twice: by the memory of a real node, and by streams through a
gateway in front of it."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import random
import struct
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokamak
from node import eventually
from test_values import HOSTILE_ARROW, HOSTILE_NPY, HOSTILE_SAFETENSORS
from tokamak import media_types, values
from tokamak.errors import (
    DeadlineExceeded,
    DecodeError,
    InvalidRequest,
    InvalidState,
    NodeUnavailable,
    NotSerializable,
    ObjectExists,
    ObjectLost,
    ObjectNotFound,
    OutOfMemory,
    PartialReplication,
    PermissionDenied,
    PickleRefused,
    TokamakError,
)
from ways import Way, later, pins

# ---- values


def test_arrays_are_read_only(client: tokamak.Client) -> None:
    read = client.get(client.put({"w": np.arange(1000), "t": pa.table({"x": [1, 2]})}))
    np.testing.assert_array_equal(read["w"], np.arange(1000))
    assert read["t"].column(0).to_pylist() == [1, 2]
    with pytest.raises(ValueError):
        read["w"][0] = 1
    with pytest.raises(ValueError):
        read["w"].setflags(write=True)
    writable = read["w"].copy()
    writable[0] = 7


@pytest.mark.parametrize(
    "value",
    [b"", b"x" * 3_000_000, "ä", bytearray(b"y"), None, {"a": [1, 2], "n": 10**30}, 5, lambda: 3],
    ids=lambda value: str(type(value)),
)
def test_values_come_back(client: tokamak.Client, value: Any) -> None:
    read = client.get(client.put(value))
    assert type(read) is type(value)
    assert read == value or read() == value()


def test_what_was_got_outlives_the_client_and_the_object(way: Way) -> None:
    client = way.connect()
    ref = client.put(np.arange(1000))
    array = client.get(ref)
    client.delete(ref)
    client.close()
    assert array.sum() == 499_500
    for call in (lambda: client.put(1), lambda: client.get("0" * 32), client.info):
        with pytest.raises(InvalidState):
            call()


def test_borrow(client: tokamak.Client) -> None:
    with client.borrow(client.put(np.arange(1000))) as array:
        assert array.sum() == 499_500
    assert array.size == 0
    with client.borrow(client.put("text")) as text:
        assert text == "text"
    with pytest.raises(KeyError), client.borrow(client.put([1])):
        raise KeyError("the block's own")


def test_forms_that_are_asked_for(client: tokamak.Client) -> None:
    ref = client.put({"a": [1, None]}, media_type=media_types.JSON)
    assert client.info(ref).media_type == media_types.JSON and client.get(ref) == {"a": [1, None]}
    assert bytes(client.get_buffer(ref)) == b'{"a":[1,null]}'
    ref = client.put({"w": np.arange(9.0)}, media_type=media_types.SAFETENSORS)
    assert client.info(ref).media_type == media_types.SAFETENSORS
    assert client.get(ref)["w"].tolist() == list(range(9))
    for media_type in (media_types.JSON, media_types.SAFETENSORS):
        with pytest.raises((NotSerializable, InvalidRequest)):
            client.put({"a": {1, 2}}, media_type=media_type)


def test_what_another_thread_changes_meanwhile_is_a_mixture(client: tokamak.Client) -> None:
    array, marked = np.zeros(1 << 20, "u1"), bytearray(8 << 20)
    ended, refused = threading.Event(), threading.Event()

    def change() -> None:
        while not ended.is_set():
            array.fill(1)
            array.fill(0)
            try:
                marked.append(0)
                marked.pop()
            except BufferError:  # it is being put
                refused.set()

    with later(change):
        try:
            for _ in range(20):
                ref = client.put(array)
                one, two = client.get(ref), client.get(ref)
                assert (one == two).all() and set(np.unique(one)) <= {0, 1}
                client.delete(ref)
            for _ in range(200):
                ref = client.put(marked)
                assert client.info(ref).size in (8 << 20, (8 << 20) + 1)
                client.delete(ref)
                if refused.is_set():
                    break
            assert refused.is_set()
        finally:
            ended.set()


# ---- names


def test_names(client: tokamak.Client, space: str) -> None:
    ref = client.put(1, name=f"{space}/a/b")
    assert ref.name == f"{space}/a/b"
    for said in (ref, ref.id, f"{space}/a/b", (space, "a/b")):
        assert client.get(said) == 1
    plain = client.put(2, name=space)
    assert plain.name == f"default/{space}" and client.get(("default", space)) == 2
    for wrong in ("0" * 32, "A" * 32, "", "UPPER/x", f"{space}/", ("a", "b", "c"), (space, "")):
        with pytest.raises(InvalidRequest):
            client.put(1, name=wrong)  # type: ignore[arg-type]
    assert client.put(3, name=f"default/{'0' * 32}").name == f"default/{'0' * 32}"
    client.delete(f"default/{'0' * 32}")


def test_the_same_again_is_the_same_ref_and_other_bytes_exist(
    client: tokamak.Client, space: str
) -> None:
    name = f"{space}/x"
    ref = client.put(b"same", name=name)
    assert client.put(b"same", name=name) == ref
    with pytest.raises(ObjectExists):
        client.put(b"other", name=name)
    with pytest.raises(ObjectExists):
        client.put("same", name=name)  # the same bytes of another media type
    assert client.get(name) == b"same"


def test_refs(client: tokamak.Client, space: str) -> None:
    ref = client.put(b"12345", name=f"{space}/x")
    assert (len(ref.id), ref.id, ref.size) == (32, ref.id.lower(), 5)
    assert pickle.loads(pickle.dumps(ref)) == ref == copy.deepcopy(ref) == tokamak.Ref(ref.id)
    assert {ref: 1}[tokamak.Ref(ref.id)] == 1 and ref != "x"
    other = client.put(1)
    assert sorted([ref, other], key=lambda each: each.id) == sorted([ref, other])
    nested = client.get(client.put({"inner": [ref]}))
    assert client.get(nested["inner"][0]) == b"12345"
    assert nested["inner"][0].name == ref.name


# ---- several


def test_lists(client: tokamak.Client) -> None:
    refs = [client.put(i) for i in range(300)]
    assert client.get(refs) == list(range(300))
    assert client.get([refs[0], refs[0].id, refs[0]]) == [0, 0, 0]
    assert client.get([]) == []


def test_holes_of_a_list_are_all_named(client: tokamak.Client) -> None:
    ref = client.put(np.zeros(1000))
    with pytest.raises(ObjectNotFound) as caught:
        client.get([ref, "1" * 32, ref, "default/nobody"])
    assert "1" * 32 in str(caught.value) and "default/nobody" in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_wait(client: tokamak.Client, space: str) -> None:
    refs = [client.put(i) for i in range(3)]
    missing = f"{space}/late"
    ready, pending = client.wait([refs[2], missing, refs[0]], num_returns=2)
    assert (ready, pending) == ([refs[2], refs[0]], [missing])
    begun = time.monotonic()
    ready, pending = client.wait([missing], timeout=0.3)
    assert (ready, pending) == ([], [missing]) and time.monotonic() - begun >= 0.3
    with later(lambda: client.put(9, name=missing)):
        assert client.wait([missing], timeout=20) == ([missing], [])
    assert client.wait([]) == ([], [])
    for wrong in (0, 4, -1):
        with pytest.raises(ValueError):
            client.wait(refs, num_returns=wrong)
    with pytest.raises(ValueError):
        client.wait([refs[0], refs[0]])


def test_get_waits_as_long_as_it_is_told(client: tokamak.Client, space: str) -> None:
    name = f"{space}/x"
    for timeout in (0, 0.2, timedelta(milliseconds=200)):
        begun = time.monotonic()
        with pytest.raises(ObjectNotFound):
            client.get(name, timeout=timeout)
        least = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        assert least <= time.monotonic() - begun < least + 10
    with later(lambda: client.put(5, name=name)):
        assert client.get(name, timeout=None) == 5
    for wrong in (-1, float("nan"), timedelta(seconds=-1)):
        with pytest.raises(ValueError):
            client.get(name, timeout=wrong)
        with pytest.raises(ValueError):
            client.wait([name], timeout=wrong)


# ---- asking, deleting


def test_info(client: tokamak.Client, space: str) -> None:
    ref = client.put(
        np.zeros(4), name=f"{space}/x", attributes={"a": "1"}, idle=timedelta(hours=1), group="g"
    )
    info = client.info(ref)
    assert (info.ref, info.name, info.id) == (ref, f"{space}/x", ref.id)
    assert info.size == 160 and info.media_type == media_types.NPY
    assert dict(info.attributes) == {"a": "1"} and info.group == "g"
    assert info.lifetime.idle == 3600 and info.expires is not None
    (location,) = info.locations
    node = client.info()
    assert location == (
        f"store-{node['store_number']}" if client.locality.zero_copy else node["id"]
    )
    with pytest.raises(ObjectNotFound):
        client.info("1" * 32)
    ledger = client.info()
    assert ledger["capacity"] >= ledger["used"] > 0 and ledger["free"] > 0
    assert client.nodes()[0]["id"] == ledger["id"]
    assert ledger["address"].startswith("127.0.0.1:")


def test_delete(client: tokamak.Client, space: str) -> None:
    refs = [client.put(i) for i in range(3)]
    assert client.delete(refs[0]) == 1
    assert client.delete(refs[0]) == 0
    assert client.delete([refs[0], refs[1], f"{space}/no"]) == 1
    for i in range(3):
        client.put(i, name=f"{space}/{i}", group="all")
    assert client.delete(group=f"{space}/all") == 3
    assert not client.contains(f"{space}/1") and client.contains(refs[2])
    for wrong in ({}, {"refs": refs[2], "group": "x"}):
        with pytest.raises(TypeError):
            client.delete(**wrong)  # type: ignore[arg-type]


def test_list(client: tokamak.Client, space: str) -> None:
    refs = {client.put(i, name=f"{space}/k{i}") for i in range(5)}
    assert {info.ref for info in client.list(namespace=space)} == refs
    assert [info.name for info in client.list(namespace=space, prefix="k3")] == [f"{space}/k3"]
    assert list(client.list(namespace=space, media_type=media_types.NPY)) == []


def test_contains_and_peek(client: tokamak.Client) -> None:
    ref = client.put(1)
    assert client.contains(ref)
    assert client.peek(ref)
    assert not client.contains("1" * 32) and not client.peek("1" * 32)


def test_watch(client: tokamak.Client, space: str) -> None:
    with client.watch(namespace=space) as events:
        ref = client.put(b"123", name=f"{space}/x")
        client.delete(ref)
        sealed, deleted = next(events), next(events)
    assert (sealed.kind, sealed.id, sealed.name, sealed.size) == ("sealed", ref.id, ref.name, 3)
    assert (deleted.kind, deleted.id) == ("deleted", ref.id)
    assert list(events) == []


@pytest.mark.parametrize("duration", [0, -1, timedelta(0), float("nan"), float("inf")])
def test_lifetimes_are_above_nothing(client: tokamak.Client, duration: Any) -> None:
    for wrong in ({"ttl": duration}, {"idle": duration}):
        with pytest.raises(ValueError):
            client.put(1, **wrong)
    with pytest.raises(ValueError):
        client.put(1, lifetime="forever")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        client.put(1, replicas=0)


def test_lifetimes(client: tokamak.Client) -> None:
    ref = client.put(1, ttl=0.3)
    eventually(lambda: not client.contains(ref), "its time is over")


def test_fewer_copies_than_asked_for_are_said_and_the_object_stays(
    client: tokamak.Client, space: str
) -> None:
    """There is one node, so one copy."""
    puts = (
        lambda: client.put(b"bytes", replicas=2),
        lambda: client.put(b"bytes", replicas=2, name=f"{space}/x"),
        lambda: client.put(b"bytes", replicas=2, name=f"{space}/x"),
        lambda: client.put_buffer(b"bytes", replicas=2),
        lambda: client.create(5, replicas=2, name=f"{space}/y").seal(),
    )
    for put in puts:
        with pytest.raises(PartialReplication) as partial:
            put()
        assert (partial.value.asked, partial.value.reached) == (2, 1)
        assert len(client.get(partial.value.ref)) == 5
        said = pickle.loads(pickle.dumps(partial.value))
        assert (said.ref, str(said)) == (partial.value.ref, str(partial.value))
    with pytest.raises(PartialReplication), client.create(3, replicas=16) as writer:
        pass
    assert len(client.get(writer.ref)) == 3


# ---- writing in place


def test_create(client: tokamak.Client, space: str) -> None:
    with client.create(8 * 100, name=f"{space}/x", media_type="application/x-own") as writer:
        array = np.frombuffer(writer.buffer, "f8")
        array[:] = np.arange(100)
        assert not client.contains(writer.ref)
        del array
    read = client.get(writer.ref)
    assert type(read) is memoryview and np.frombuffer(read, "f8")[99] == 99
    with pytest.raises(InvalidState):
        writer.seal()
    with pytest.raises(InvalidState):
        assert writer.buffer


def test_a_block_that_fails_aborts(client: tokamak.Client, space: str) -> None:
    with pytest.raises(KeyError), client.create(1 << 20, name=f"{space}/x") as writer:
        raise KeyError
    assert not client.contains(writer.ref)
    client.put(1, name=f"{space}/x")
    with pytest.raises(ObjectExists):
        client.create(5, name=f"{space}/x")


def test_a_writer_that_was_ended(client: tokamak.Client, space: str) -> None:
    writer = client.create(5, name=f"{space}/x")
    writer.abort()
    writer.abort()
    for call in (writer.seal, lambda: writer.buffer):
        with pytest.raises(InvalidState):
            call()
    assert not client.contains(f"{space}/x")
    with client.create(5, name=f"{space}/x") as writer:
        ref = writer.seal()
    assert len(client.get(ref)) == 5
    with client.create(5, name=f"{space}/y") as writer:
        writer.abort()
    assert not client.contains(f"{space}/y")
    with pytest.raises(KeyError), client.create(5) as writer:
        ref = writer.seal()
        raise KeyError
    assert len(client.get(ref)) == 5


def test_a_view_of_the_buffer_keeps_it_from_being_sealed(client: tokamak.Client) -> None:
    writer = client.create(100)
    view = np.frombuffer(writer.buffer, "u1")
    with pytest.raises(BufferError):
        writer.seal()
    del view
    assert client.contains(writer.seal())
    for wrong in (-1,):
        with pytest.raises(ValueError):
            client.create(wrong)


def test_raw_buffers(client: tokamak.Client) -> None:
    ref = client.put_buffer(np.arange(3, dtype="u1"), media_type="image/png")
    view = client.get_buffer(ref)
    assert view.readonly and bytes(view) == b"\x00\x01\x02"
    assert client.info(ref).media_type == "image/png"
    assert bytes(client.get_buffer(client.put({"a": 1})))[:8] == b"TKPICKLE"


# ---- errors


def test_what_is_wrong_is_said(client: tokamak.Client) -> None:
    for wrong in (5, None, 1.5, ["x", "y"]):
        with pytest.raises((TypeError, TokamakError)):
            client.info(wrong) if wrong is not None else client.get(wrong)  # type: ignore[call-overload]
    with pytest.raises(InvalidRequest):
        client.get(b"short")
    with pytest.raises(OutOfMemory) as full:
        client.create(1 << 40)
    assert isinstance(full.value, MemoryError) or full.value.code == "too-large"


def test_pickles_are_refused_on_request(client: tokamak.Client, way: Way) -> None:
    ref, array = client.put({"a": 1}), client.put(np.arange(3))
    with way.connect(allow_pickle=False) as careful:
        with pytest.raises(PickleRefused):
            careful.get(ref)
        with pytest.raises(PickleRefused):
            careful.get([array, ref])
        with pytest.raises(PickleRefused), careful.borrow(ref):
            pass
        assert careful.get(array).sum() == 3
        assert careful.get(careful.put("text")) == "text"


def _hostile_bodies() -> Iterator[tuple[str, bytes]]:
    for body in HOSTILE_NPY:
        yield media_types.NPY, bytes(body)
    for body in HOSTILE_SAFETENSORS:
        yield media_types.SAFETENSORS, bytes(body)
    for kind, body in HOSTILE_ARROW:
        yield f"{media_types.ARROW_STREAM};python={kind}", body
    table, pickled, raising = (
        b"".join(map(bytes, values.encode(value)[1]))
        for value in (pa.table({"t": ["a", "b"]}), {"a": [1, "b"]}, Raising())
    )
    yield from ((media_types.ARROW_STREAM, table[:length]) for length in range(0, 200, 9))
    yield from ((media_types.PICKLE, pickled[:length]) for length in range(len(pickled)))
    yield media_types.PICKLE, raising
    dice = random.Random(7)
    for length in (0, 1, 24, 200, 100_000):
        noise = dice.randbytes(length)
        yield media_types.PICKLE, noise
        yield media_types.PICKLE, pickled[:16] + struct.pack("<Q", length) + b"\xff" + noise[1:]
        yield media_types.NPY, noise
        yield media_types.SAFETENSORS, noise
        yield media_types.ARROW_STREAM, b"\xff" + noise
    yield media_types.JSON, b"{"
    yield media_types.TEXT, b"\xff"
    yield "text/plain; charset=undefined", b"x"
    yield media_types.FORY, b"x"


class Raising:
    """Cannot be made again."""

    def __reduce__(self) -> Any:
        return divmod, (1, 0)


def test_hostile_bodies_from_another_writer_are_refused(client: tokamak.Client) -> None:
    """By the decoders that only an object in the store meets, too, and alone as in a list."""
    good = client.put(1)
    refs = []
    for media_type, body in _hostile_bodies():
        refs.append(client.put_buffer(body, media_type=media_type))
        for wanted in (refs[-1], [good, refs[-1]]):
            try:
                said = client.get(wanted)
            except DecodeError:
                continue
            raise AssertionError(f"{media_type} {body[:50]!r}: {said!r}")
        assert pins(client, refs[-1]) == 0
    client.delete(refs)


def test_a_body_that_lies_is_refused(client: tokamak.Client) -> None:
    ref = client.put_buffer(b"no npy", media_type=media_types.NPY)
    with pytest.raises(DecodeError):
        client.get(ref)
    assert bytes(client.get_buffer(ref)) == b"no npy"


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ObjectNotFound, KeyError), (ObjectLost, Exception), (ObjectExists, Exception), (OutOfMemory, MemoryError),
        (DeadlineExceeded, TimeoutError), (DecodeError, ValueError), (PickleRefused, Exception),
        (NotSerializable, TypeError), (PartialReplication, Exception), (InvalidState, Exception), (NodeUnavailable, ConnectionError),
        (PermissionDenied, PermissionError),
    ],
)  # fmt: skip
def test_errors_are_the_projects_and_pythons(error: type[Exception], builtin: type) -> None:
    assert issubclass(error, TokamakError) and issubclass(error, builtin)
    assert getattr(tokamak, error.__name__) is error


# ---- processes and threads


def _in_child(way: Way, ref: tokamak.Ref, answers: Any) -> None:
    with way.connect() as client:
        array = client.get(ref)
        answers.put(client.put(array[:3] * 2))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(client: tokamak.Client, way: Way, method: str) -> None:
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    ref = client.put(np.arange(1000))
    child = context.Process(target=_in_child, args=(way, ref, answers))
    child.start()
    assert list(client.get(answers.get(timeout=60), timeout=20)) == [0, 2, 4]
    child.join(60)
    assert child.exitcode == 0
    eventually(lambda: client.info(ref).pins == (), "the child's pin has ended")


def test_a_forked_child_goes_on_with_the_parents_client(client: tokamak.Client) -> None:
    ref = client.put(np.arange(1000))
    array = client.get(ref)
    pid = os.fork()
    if pid == 0:
        try:
            is_right = client.get(ref).sum() == array.sum() == 499_500
            made = client.put({"from": "child"})
            os._exit(0 if is_right and client.contains(made) else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
    assert array.sum() == 499_500


def test_threads(client: tokamak.Client) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(200):
                value = {"n": number, "a": np.full(100, i)}
                read = client.get(client.put(value))
                assert read["n"] == number and (read["a"] == i).all()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
