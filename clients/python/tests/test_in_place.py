"""What holds for who maps the node's memory: where views lie, what pins them, and when it is free again."""

from __future__ import annotations

import gc
import operator
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokamak
from node import Node, eventually
from tokamak import media_types
from tokamak.errors import (
    DecodeError,
    InvalidState,
    NodeUnavailable,
    ObjectNotFound,
    PickleRefused,
)
from ways import Way, later, pins


@pytest.fixture
def way(node: Node) -> Way:
    return Way(str(node.folder))


# ---- where views lie


def test_it_says_that_it_reads_in_place(client: tokamak.Client) -> None:
    assert client.locality.zero_copy and "store" in client.locality.reason


def test_two_gets_give_the_same_memory(client: tokamak.Client) -> None:
    ref = client.put({"w": np.arange(1000)})
    one, two = client.get(ref)["w"], client.get(ref)["w"]
    assert one.__array_interface__["data"] == two.__array_interface__["data"]


def test_another_process_reads_the_very_same_memory(client: tokamak.Client, node: Node) -> None:
    array = np.arange(500_000)
    ref = client.put({"a": array})
    program = f"""
import pickle, sys, tokamak
client = tokamak.connect({str(node.folder)!r})
ref = pickle.loads(bytes.fromhex({pickle.dumps(ref).hex()!r}))
array = client.get(ref)["a"]
address = array.__array_interface__["data"][0]
for line in open("/proc/self/maps"):
    bounds, _, offset, device, inode, *path = line.split()
    begin, end = (int(each, 16) for each in bounds.split("-"))
    if begin <= address < end:
        print(path[0], address - begin + int(offset, 16), array.sum(), array.flags.writeable)
"""
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert said[0] == f"{node.folder}/pool"
    mine = client.get(ref)["a"].__array_interface__["data"][0]
    assert int(said[1]) == _pool_offset(mine)
    assert said[2:] == [str(array.sum()), "False"]


def _pool_offset(address: int) -> int:
    with open("/proc/self/maps") as maps:
        for line in maps:
            bounds, _, offset, *_ = line.split()
            begin, end = (int(each, 16) for each in bounds.split("-"))
            if begin <= address < end:
                return address - begin + int(offset, 16)
    raise AssertionError("not mapped")


# ---- pins


def test_memory_is_released_with_the_last_view_in_any_order(client: tokamak.Client) -> None:
    ref = client.put({"a": np.arange(1000), "b": np.arange(50)})
    value = client.get(ref)
    again = client.get(ref)
    part = value["a"][10:20]
    view = memoryview(part)
    assert pins(client, ref) == 2
    del value, again
    gc.collect()
    assert pins(client, ref) == 1
    del part
    assert pins(client, ref) == 1
    assert view[0] == 10
    view.release()
    assert pins(client, ref) == 0
    for value in (pa.table({"x": [1, 2, 3]}), {"t": pa.table({"x": [1, 2, 3]})}):
        ref = client.put(value)
        read = client.get(ref)
        column = (read if value is read or isinstance(read, pa.Table) else read["t"]).column(0)
        del read
        assert column.to_pylist() == [1, 2, 3] and pins(client, ref) == 1
        del column
        assert pins(client, ref) == 0


def test_the_pins_of_all_processes_are_told(client: tokamak.Client) -> None:
    ref = client.put(np.zeros(4))
    array = client.get(ref)
    (pin,) = client.info(ref).pins
    assert (pin.process, pin.language, pin.count) == (os.getpid(), "python", 1)
    del array
    assert client.info(ref).pins == ()


def test_what_fails_leaves_no_pin(client: tokamak.Client, way: Way) -> None:
    ref, lies = (
        client.put({"a": np.zeros(1000)}),
        client.put_buffer(b"x", media_type=media_types.NPY),
    )
    with pytest.raises(ObjectNotFound):
        client.get([ref, "1" * 32, ref])
    with pytest.raises(DecodeError):
        client.get(lies)
    with pytest.raises(DecodeError):
        client.get([ref, lies])
    with way.connect(allow_pickle=False) as careful:
        with pytest.raises(PickleRefused):
            careful.get([ref, lies])
        with pytest.raises(PickleRefused), careful.borrow(ref):
            pass
        assert pins(careful, ref) == pins(careful, lies) == 0
    assert pins(client, ref) == pins(client, lies) == 0


def test_a_header_that_is_known_does_not_make_another_size_right(client: tokamak.Client) -> None:
    array = np.arange(100, dtype="u2")
    whole = bytes(client.get_buffer(client.put(array)))
    for known in (client.put(array), client.put_buffer(whole, media_type=media_types.NPY)):
        assert client.get(known).tolist() == client.get([known])[0].tolist() == array.tolist()
    for wrong in (whole[:-1], whole + b"x", whole[:128], whole[:127], b""):
        lies = client.put_buffer(wrong, media_type=media_types.NPY)
        for _ in range(2):
            with pytest.raises(DecodeError):
                client.get(lies)
            with pytest.raises(DecodeError):
                client.get([known, lies])
        assert pins(client, lies) == pins(client, known) == 0


def test_more_headers_than_are_kept_are_read(client: tokamak.Client) -> None:
    shapes = [(1, n) for n in range(1100)]
    refs = [client.put(np.ones(shape, "i1")) for shape in shapes]
    for _ in range(2):
        assert [each.shape for each in client.get(refs)] == shapes
    client.delete(refs)


def test_a_long_copy_lets_other_threads_run(client: tokamak.Client) -> None:
    """With a switch interval that never ends, another thread runs only where the lock was let go of."""
    whole, marked = client.put(bytes(4 << 20)), client.put(bytearray(4 << 20))
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0)

    def lets_run(ref: tokamak.Ref) -> bool:
        client.get(ref)
        before = ticks[0]
        client.get(ref)
        return ticks[0] > before

    interval = sys.getswitchinterval()
    with later(tick):
        try:
            sys.setswitchinterval(1000)
            for ref in (whole, marked):
                assert any(lets_run(ref) for _ in range(20)), client.info(ref).media_type
        finally:
            sys.setswitchinterval(interval)
            stop.set()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor alone")
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_other_threads_run_during_all_of_a_long_copy(client: tokamak.Client, kind: Any) -> None:
    ref = client.put(kind(128 << 20))
    ticks, stop = [0.0], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0)

    def longest_gap() -> float:
        """As a share of the get."""
        start = time.perf_counter()
        read = client.get(ref, timeout=20)
        end = time.perf_counter()
        assert len(read) == 128 << 20
        seen = [start, *(each for each in ticks if start < each < end), end]
        ticks[:] = ticks[-1:]
        return max(map(operator.sub, seen[1:], seen)) / (end - start)

    with later(tick):
        try:
            assert any(longest_gap() < 0.5 for _ in range(20))
        finally:
            stop.set()
    client.delete(ref)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor alone")
def test_several_threads_copy_a_large_object(client: tokamak.Client) -> None:
    large, stop, seen = np.ones(64 << 20, "u1"), threading.Event(), set()

    def look() -> None:
        while not stop.is_set():
            for task in os.listdir("/proc/self/task"):
                try:
                    with open(f"/proc/self/task/{task}/comm") as name:
                        seen.add(name.read().strip())
                except (FileNotFoundError, ProcessLookupError):
                    pass  # it has ended meanwhile

    with later(look):
        try:
            for _ in range(50):
                ref = client.put(large)
                assert client.get(ref, timeout=20).sum() == large.size
                client.delete(ref)
                if "tokamak-copy" in seen:
                    break
        finally:
            stop.set()
    assert "tokamak-copy" in seen


def test_a_deleted_object_stays_readable_for_who_has_it(client: tokamak.Client) -> None:
    eventually(lambda: client.info()["condemned"] == 0, "what tests before this deleted is free")
    used = client.info()["used"]
    ref = client.put(np.full(1 << 20, 7.0))
    array = client.get(ref)
    assert client.info()["used"] >= used + (8 << 20)
    assert client.delete(ref) == 1
    with pytest.raises(ObjectNotFound):
        client.get(ref)
    assert (array == 7).all()
    assert client.info()["used"] >= used + (8 << 20)
    del array
    eventually(lambda: client.info()["used"] < used + (8 << 20), "the bytes are free")


def test_borrow_lets_go_at_the_end_of_the_block(client: tokamak.Client) -> None:
    ref = client.put(np.arange(1000))
    with client.borrow(ref) as array:
        assert array.sum() == 499_500
        assert pins(client, ref) == 1
    assert pins(client, ref) == 0
    assert array.size == 0
    with pytest.raises(BufferError), client.borrow(ref) as array:
        part = array[5:]
    assert part[0] == 5 and pins(client, ref) == 1
    del part, array
    assert pins(client, ref) == 0
    with pytest.raises(KeyError), client.borrow(ref):
        raise KeyError("the block's own")
    assert pins(client, ref) == 0
    with client.borrow(client.put("text")) as text:
        assert text == "text"


@pytest.mark.parametrize(
    "value",
    [
        {"a": np.arange(1000)},
        [np.arange(5.0), {"deep": (np.ones((3, 4), order="F"), np.zeros(9, "M8[ns]"))}],
        {"view": memoryview(b"x" * 1000)},
    ],
    ids=["dict", "nested", "memoryview"],
)
def test_borrow_lets_go_of_the_views_in_a_value(client: tokamak.Client, value: Any) -> None:
    ref = client.put(value)
    with client.borrow(ref) as lent:
        assert pins(client, ref) == 1
        assert str(lent)[:20] == str(value)[:20]
    assert pins(client, ref) == 0


def test_borrow_says_what_still_looks(client: tokamak.Client) -> None:
    one = np.arange(1000)
    ref = client.put({"a": one, "again": one, "b": np.ones(50), "v": memoryview(b"x" * 300)})
    with client.borrow(ref) as lent:
        assert lent["a"].sum() == 499_500
        del lent["again"]
    assert lent["a"].size == lent["b"].size == 0 and pins(client, ref) == 0
    with pytest.raises(BufferError), client.borrow(ref) as lent:
        kept = lent["a"]
    assert kept.sum() == 499_500 and pins(client, ref) == 1
    del kept, lent
    for part in (lambda value: value["b"][5:], lambda value: np.frombuffer(value["v"], "u1")):
        with pytest.raises(BufferError), client.borrow(ref) as lent:
            kept = part(lent)
        assert kept[0] in (1, ord("x")) and pins(client, ref) == 1
        del kept, lent
    assert pins(client, ref) == 0


def test_borrow_of_other_forms(client: tokamak.Client) -> None:
    view = client.put(memoryview(b"x" * 1000))
    with client.borrow(view) as lent:
        assert lent[0] == ord("x")
    with pytest.raises(ValueError):
        assert lent[0]
    assert pins(client, view) == 0
    with pytest.raises(BufferError), client.borrow(view) as lent:
        kept = lent[5:]
    assert kept[0] == ord("x") and pins(client, view) == 1
    del kept
    named = client.put({"w": np.ones(1000)}, media_type=media_types.SAFETENSORS)
    with client.borrow(named) as lent:
        assert lent["w"].sum() == 1000
    assert pins(client, view) == pins(client, named) == 0
    table = client.put(pa.table({"x": [1, 2, 3]}))
    with client.borrow(table) as lent:
        assert lent.num_rows == 3
        del lent
    assert pins(client, table) == 0
    with pytest.raises(BufferError), client.borrow(table) as lent:
        assert lent.num_rows == 3
    del lent
    assert pins(client, table) == 0


def test_a_forgotten_writer_gives_its_memory_back(client: tokamak.Client) -> None:
    leased = client.info()["leased"]
    writer = client.create(1 << 20)
    assert len(writer.ref.id) == 32, "an id before the seal"
    assert client.info()["leased"] >= leased + (1 << 20)
    del writer
    gc.collect()
    eventually(lambda: client.info()["leased"] <= leased, "the memory is back")


def test_a_writer_is_the_parents_alone(client: tokamak.Client) -> None:
    writer = client.create(1000)
    pid = os.fork()
    if pid == 0:
        try:
            for call in (lambda: writer.buffer, writer.seal):
                with pytest.raises(InvalidState):
                    call()
            writer.abort()
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    writer.buffer[:] = b"x" * 1000
    assert client.get(writer.seal()) == b"x" * 1000


def test_an_object_may_end_with_its_session(client: tokamak.Client, way: Way) -> None:
    with way.connect() as other:
        ref = other.put(1, lifetime="session")
        assert client.contains(ref)
    eventually(lambda: not client.contains(ref), "its session has ended")


def test_a_folder_without_a_node_is_said() -> None:
    with pytest.raises(NodeUnavailable):
        tokamak.connect("/dev/shm/tokamak-no-such-folder", timeout=0.2)


# ---- programs


def test_a_program_that_ends_with_views_ends_well(client: tokamak.Client, node: Node) -> None:
    program = f"""
import numpy, tokamak
client = tokamak.connect({str(node.folder)!r})
kept = [client.get(client.put({{"a": numpy.arange(1000)}})) for _ in range(100)]
part = kept[3]["a"][5:]
ref = client.put(numpy.arange(9))
last = client.get(ref)
print(client.info(ref).pins[0].count, ref.id)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    count, ref = done.stdout.split()
    assert count == "1"
    eventually(lambda: pins(client, ref) == 0, "the pins have ended with the program")


ROUNDS = int(os.environ.get("TOKAMAK_ROUNDS", "1000000"))


@pytest.mark.faults
def test_memory_does_not_grow(client: tokamak.Client) -> None:
    values: list[Callable[[], Any]] = [
        lambda: b"x" * 100,
        lambda: np.zeros(100),
        lambda: {"a": np.zeros(10), "b": [1, 2]},
        lambda: "text",
        lambda: pa.table({"a": [1, 2, 3]}),
    ]

    def rounds(count: int) -> None:
        refs = []
        for i in range(count):
            refs.append(client.put(values[i % len(values)]()))
            client.get(refs[-1], timeout=20)
            if len(refs) == 1000:
                client.delete(refs)
                refs.clear()
        client.delete(refs)

    rounds(20_000)
    bytes_held = [_own_bytes()]
    for _ in range(10):
        rounds(ROUNDS // 10)
        bytes_held.append(_own_bytes())
    print(f"{ROUNDS} rounds, bytes by tenths: {bytes_held}")
    assert max(bytes_held) - bytes_held[0] < 1 << 20, (
        f"a byte a round would be as much: {bytes_held}"
    )


def _own_bytes() -> int:
    gc.collect()
    with open("/proc/self/smaps_rollup") as said:
        for line in said:
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) << 10
    raise AssertionError("no such line")
