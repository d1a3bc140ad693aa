"""What becomes of memory and views when processes fork, die, or the node does."""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tokamak
from checker import faults
from node import Node, eventually, stopped
from tokamak import errors
from tokamak._backend import Meta, Name
from tokamak._local import LocalBackend
from tokamak._native import Stored as NativeStored
from ways import run_child, within

pytestmark = pytest.mark.faults

numpy = pytest.importorskip("numpy")
pyarrow = pytest.importorskip("pyarrow")

PLAIN = Meta()
PATTERN = bytes(range(256))


def script(text: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that runs some Python."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def pinned(backend: LocalBackend) -> int:
    return int(backend.info()["pinned"])


# ---- views


def test_a_view_in_any_form_is_the_pin_and_the_last_one_ends_it(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    backend = connect(own_node("64MB"))
    stored = backend.put([PATTERN * 4096], PLAIN)

    def pins() -> int:
        return backend._session.native.pins

    found = backend.get(stored.id)
    assert found is not None
    view = memoryview(found.data)
    array = numpy.frombuffer(found.data, "u1")
    piece = array[1000:2000:7]
    cast = view.cast("I")[10:]
    del found
    view.release()
    assert pins() == 1
    del array
    assert pins() == 1
    cast.release()
    assert pins() == 1 and piece[1] == 1007 % 256
    with pytest.raises(ValueError):
        piece[0] = 1
    with pytest.raises(ValueError):
        piece.setflags(write=True)
    del piece, view, cast
    assert pins() == 0 and pinned(backend) == 0


def test_views_end_in_other_threads_and_in_cycles(node: Node, backend: LocalBackend) -> None:
    stored = backend.put([PATTERN], PLAIN)
    views = [memoryview(backend.get(stored.id).data) for _ in range(1000)]  # type: ignore[union-attr]
    assert backend._session.native.pins == 1000

    def drop(some: list[memoryview]) -> None:
        some.clear()

    threads = [threading.Thread(target=drop, args=(views[at::4],)) for at in range(4)]
    views.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del threads, thread
    assert backend._session.native.pins == 0
    cycle: list[object] = [backend.get(stored.id)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert backend._session.native.pins == 0


def test_threads_put_and_get_at_the_same_time(node: Node, backend: LocalBackend) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(300):
                size = (i * 37 + number) % 2000 if i % 20 else 200_000
                payload = bytes([number]) * size
                found = backend.get(backend.put([payload], PLAIN).id)
                assert found is not None and bytes(found.data) == payload
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert backend._session.native.pins == 0


def test_a_long_copy_lets_other_threads_run(node: Node, backend: LocalBackend) -> None:
    """With a switch interval that never ends, another thread runs only where the lock was let go of."""
    payload = bytes(2 << 20)
    ticks, stop = [0], threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0)

    def put() -> object:
        return backend._session.native.put([payload], b"", None, 0.0)

    thread = threading.Thread(target=tick)
    interval = sys.getswitchinterval()
    try:
        thread.start()
        sys.setswitchinterval(1000)
        for _ in range(20):
            backend.put([payload], PLAIN)
            before = ticks[0]
            stored, after = put(), ticks[0]
            if isinstance(stored, NativeStored) and after > before:
                break
        else:
            pytest.fail("no other thread ran during a copy of 2 MiB")
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def test_a_view_that_lives_at_the_interpreters_exit_does_no_harm(node: Node) -> None:
    child = script(
        "import sys, threading\n"
        "import numpy\n"
        "from tokamak._local import LocalBackend\n"
        "from tokamak._backend import Meta\n"
        "backend = LocalBackend(sys.argv[1])\n"
        "found = backend.get(backend.put([bytes(1000)], Meta()).id)\n"
        "kept = numpy.frombuffer(found.data, 'u1')\n"
        "sys.kept = memoryview(found.data)[3:]\n"
        "writing = backend.create(1 << 20, Meta())\n"
        "view = writing.buffer[5:]\n"
        "print(len(kept))\n",
        str(node.folder),
    )
    said, _ = child.communicate(timeout=60)
    assert (said, child.returncode) == ("1000\n", 0)


def test_a_full_pin_table_is_said_and_no_pin_stays(node: Node, backend: LocalBackend) -> None:
    stored = backend.put([b"x"], PLAIN)
    backend.get(stored.id)
    held = backend.get_all([stored.id] * 65_536)
    assert all(held)
    with pytest.raises(errors.QuotaExceeded):
        backend.get(stored.id)
    with pytest.raises(errors.QuotaExceeded):
        backend.get_all([stored.id] * 3)
    assert backend._session.native.pins == 65_536
    assert backend.read(stored.id) == (b"x", "application/octet-stream")
    held.pop()
    assert backend.get(stored.id) is not None
    held.clear()
    with pytest.raises(errors.QuotaExceeded):
        backend.get_all([stored.id] * 65_537)
    assert backend._session.native.pins == 0
    assert pinned(backend) == 0


def test_a_million_rounds_grow_nothing(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    meta = Meta("text/plain", {"a": "1"})
    payload = bytes(100)

    def rounds(count: int) -> None:
        # A batch is deleted when it was read: the node's memory is used over and over.
        for _ in range(count // 1000):
            ids = [backend.put([payload], meta).id for _ in range(1000)]
            held = backend.get_all(ids)
            assert sum(each is not None and each.size == 100 for each in held) == 1000
            held.clear()
            for each in ids[::10]:
                assert backend.read(each) is not None
            backend.delete(ids)

    def resident() -> int:
        private = 0
        for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Dirty:", "Anonymous:")):
                private = max(private, int(line.split()[1]))
        return private

    rounds(100_000)
    gc.collect()
    before, objects = resident(), len(gc.get_objects())
    rounds(1_000_000)
    gc.collect()
    assert resident() - before < 4096, "KiB of private memory more"
    assert len(gc.get_objects()) - objects < 1000
    assert backend._session.native.pins == 0
    info = backend.info()
    assert (info["objects"], info["pinned"]) == (0, 0)
    assert faults(node) == ""


# ---- forks


def test_i13_a_forked_child_uses_the_client_by_itself(node: Node, backend: LocalBackend) -> None:
    name = Name("forks", f"child-{os.getpid()}-{time.monotonic_ns()}")
    stored = backend.put([PATTERN * 1000], PLAIN)
    found = backend.get(stored.id)
    writing = backend.create(100, PLAIN)
    view = writing.buffer
    session = backend._session.number

    def child() -> None:
        assert found is not None and bytes(found.data) == PATTERN * 1000
        again = backend.get(stored.id)
        assert again is not None and bytes(again.data) == PATTERN * 1000
        assert backend._session.number != session
        backend.put([b"by the child"], PLAIN, name=name)
        assert backend.put([bytes(10 << 20)], PLAIN).size == 10 << 20
        assert backend.info()["objects"] > 0
        assert backend.wait([stored.id], 1, 1) == [True]
        with pytest.raises(errors.InvalidState):
            writing.seal()
        backend.delete([name])
        backend.put([b"by the child"], PLAIN, name=name)

    assert run_child(child) == 0
    assert bytes(backend.get(name).data) == b"by the child"  # type: ignore[union-attr]
    view[:] = b"p" * 100
    del view
    assert backend._session.number == session
    assert bytes(backend.get(writing.seal().id).data) == b"p" * 100  # type: ignore[union-attr]


def overwrite(backend: LocalBackend, capacity: int) -> None:
    """Fills the store with other bytes until it is full, so that what is free is used again."""
    filler, ids = b"\xff" * (1 << 20), []
    try:
        for _ in range(2 * capacity >> 20):
            ids.append(backend.put([filler], PLAIN, deadline=0.1).id)
    except errors.OutOfMemory:
        pass
    assert ids
    backend.delete(ids)


@pytest.mark.parametrize("attaches", [False, True], ids=["keeps quiet", "attaches"])
def test_i13_what_a_child_inherited_stays_when_the_parent_lets_go(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend], attaches: bool
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    payload = PATTERN * 16384
    stored = backend.put([payload], PLAIN)
    held = [backend.get(stored.id)]
    to_child, to_parent = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            view = memoryview(held[0].data)  # type: ignore[union-attr]
            held.clear()
            if attaches:
                assert backend.info()["objects"] == 1
            os.write(to_parent[1], b"r")
            assert os.read(to_child[0], 1) == b"g"  # the parent has let go, and filled the store
            assert view == payload
            code = 0
        finally:
            os._exit(code)
    assert os.read(to_parent[0], 1) == b"r"
    held.clear()
    backend.delete([stored.id])
    if attaches:
        eventually(lambda: backend._session.native.pins == 0, "the parent's pin has gone")
    overwrite(backend, 64 << 20)
    assert pinned(backend) >= len(payload)
    os.write(to_child[1], b"g")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    eventually(lambda: pinned(backend) == 0, "the child's end frees the bytes", 5)
    assert faults(node) == ""


FORKS = """
import os, resource, sys
folder, wanted, how = sys.argv[1:]
held = []
if how == "lets go in a hook":
    os.register_at_fork(after_in_parent=held.clear)
import tokamak
client = tokamak.connect(folder)
held.append(client.get_buffer(wanted))
if how == "without the client":
    del client
elif how == "without descriptors":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
pid = os.fork()
if pid == 0:
    sys.stdin.readline()
    print("the same" if held[0] == bytes(range(256)) * 16384 else "overwritten", flush=True)
    os._exit(0)
held.clear()
print("let go", flush=True)
os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize("how", ["lets go in a hook", "without the client", "without descriptors"])
def test_i13_what_a_child_inherited_stays_whatever_a_fork_meets(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend], how: str
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    stored = backend.put([PATTERN * 16384], PLAIN)
    program = script(FORKS, str(node.folder), stored.id.hex(), how)
    assert program.stdout is not None
    assert program.stdout.readline() == "let go\n"
    backend.delete([stored.id])
    overwrite(backend, 64 << 20)
    assert program.communicate("go\n", timeout=60)[0] == "the same\n"
    eventually(lambda: pinned(backend) == 0, "the end of both frees the bytes", 5)
    assert faults(node) == ""


def test_a_child_pins_nothing_that_was_kept_for_another_one(
    node: Node, backend: LocalBackend
) -> None:
    held = [backend.get(backend.put([PATTERN], PLAIN).id)]
    ends = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(ends[1])
        os.read(ends[0], 1)  # until its end
        os._exit(0)
    held.clear()

    def second() -> None:
        backend.info()
        assert backend._session.native.pins == 0

    try:
        assert run_child(second) == 0
        assert backend._session.native.pins == 1
    finally:
        os.close(ends[1])
        os.close(ends[0])
        os.waitpid(first, 0)
    eventually(lambda: backend._session.native.pins == 0, "nothing is kept for children that ended")


def test_a_child_may_close_what_the_parent_uses(node: Node, backend: LocalBackend) -> None:
    space = f"forks{time.monotonic_ns()}"
    events = backend.watch(namespace=space)

    def child() -> None:
        assert next(events).kind == "gap"  # it watches by itself from here on
        backend.put([b"x"], PLAIN, name=Name(space, "one"))
        assert next(events).kind == "sealed"
        events.close()
        backend.close()

    assert run_child(child) == 0
    assert run_child(events.close) == 0
    seen = next(events)
    assert seen.kind == "sealed" and seen.name == Name(space, "one")
    backend.put([b"x"], PLAIN, name=Name(space, "two"))
    assert next(events).name == Name(space, "two")
    events.close()


def test_a_child_closes_the_client_whatever_another_thread_did_at_the_fork(
    node: Node, backend: LocalBackend
) -> None:
    is_locked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with backend._session._changed:
            is_locked.set()
            may_end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert is_locked.wait(20)
        assert run_child(backend.close, 10) == 0
    finally:
        may_end.set()
        thread.join()


def test_a_child_that_inherits_more_than_it_may_pin_says_so(
    node: Node, backend: LocalBackend
) -> None:
    wanted = backend.put([PATTERN], PLAIN).id
    one = backend.get(wanted)
    backend._session.end_calls()  # as when the node has forgotten it
    backend.peek(wanted)
    many = backend.get_all([wanted] * 65_536)
    assert len(backend._keeper.sessions) == 2

    def child() -> None:
        nonlocal one
        with pytest.raises(errors.QuotaExceeded):
            backend.info()
        assert [each.native.pins for each in backend._keeper.sessions] == [1]
        backend.info()
        assert [each.native.pins for each in backend._keeper.sessions] == [1, 65_536]
        del one
        many.clear()
        eventually(lambda: len(backend._keeper.sessions) == 1, "no session is left behind")

    assert run_child(child) == 0
    del one, many


def test_i13_a_child_outlives_its_parent(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    stored = backend.put([PATTERN * 16384], PLAIN)
    parent = script(
        "import os, sys\n"
        "from tokamak._local import LocalBackend\n"
        "backend = LocalBackend(sys.argv[1])\n"
        "held = backend.get(bytes.fromhex(sys.argv[2]))\n"
        "if os.fork():\n"
        "    os._exit(0)\n"
        "print('child', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(bytes(held.data) == bytes(range(256)) * 16384, flush=True)\n"
        "os._exit(0)\n",
        str(node.folder),
        stored.id.hex(),
    )
    assert parent.stdout is not None and parent.stdin is not None
    assert parent.stdout.readline() == "child\n"
    assert parent.wait(20) == 0
    backend.delete([stored.id])
    overwrite(backend, 64 << 20)
    print("go", file=parent.stdin, flush=True)
    assert parent.stdout.readline() == "True\n"
    eventually(lambda: pinned(backend) == 0, "the child's end frees the bytes", 5)
    assert faults(node) == ""


def test_a_child_of_a_child_reads_on(node: Node, backend: LocalBackend) -> None:
    stored = backend.put([PATTERN], PLAIN)
    held = backend.get(stored.id)

    def grandchild() -> None:
        assert held is not None and bytes(held.data) == PATTERN
        again = backend.get(stored.id)
        assert again is not None and bytes(again.data) == PATTERN

    def child() -> None:
        mine = backend.get(stored.id)
        assert run_child(grandchild) == 0
        assert mine is not None and bytes(mine.data) == PATTERN

    assert run_child(child) == 0
    assert run_child(lambda: sys.exit(run_child(grandchild))) == 1  # SystemExit is no success
    del held
    eventually(lambda: backend._session.native.pins == 0, "nothing is kept for children that ended")


def _length_of(arguments: tuple[str, bytes]) -> int:
    folder, wanted = arguments
    backend = LocalBackend(folder)
    try:
        found = backend.get(wanted)
        return 0 if found is None else found.size
    finally:
        backend.close()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_pools(node: Node, backend: LocalBackend, method: str) -> None:
    ids = [backend.put([bytes(size)], PLAIN).id for size in (10, 100_000, 9 << 20)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        lengths = pool.map(_length_of, [(str(node.folder), each) for each in ids])
    assert lengths == [10, 100_000, 9 << 20]


def test_a_program_that_is_started_keeps_nothing(node: Node, backend: LocalBackend) -> None:
    held = backend.get(backend.put([PATTERN], PLAIN).id)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        del held
        assert backend._session.native.pins == 0
        other.communicate(b"\n", timeout=20)


# ---- deaths


KILLED = """
import os, signal, sys
from tokamak._local import LocalBackend
from tokamak._backend import Meta, Name
backend = LocalBackend(sys.argv[1])
what = sys.argv[2]
held = [backend.get(backend.put([bytes(1 << 20)], Meta()).id) for _ in range(3)]
if what == "writing":
    writing = backend.create(8 << 20, Meta(), name=Name("killed", "name"))
    writing.buffer[:100] = bytes(100)
elif what == "put":
    def parts():
        while True:
            backend.put([bytes(4000)], Meta())
    import threading
    threading.Thread(target=parts, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("what", ["pinned", "writing", "put"])
def test_i12_i19_after_kill_9_everything_is_free_within_a_second(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend], what: str
) -> None:
    node = own_node("128MB")
    backend = connect(node)
    victim = script(KILLED, str(node.folder), what)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"
    assert pinned(backend) >= 3 << 20
    victim.kill()
    victim.wait()
    eventually(lambda: pinned(backend) == 0, "its pins are gone", 1.0)
    eventually(lambda: backend.info()["leased"] < 1 << 20, "its lanes are back", 1.0)
    described = list(backend.list())
    for each in described:
        found = backend.get(each.id)
        assert found is not None and bytes(found.data) == bytes(each.size)
        del found
    if what == "writing":
        assert backend.create(1, PLAIN, name=Name("killed", "name")).seal().created
    backend.delete([each.id for each in described])
    eventually(lambda: backend.info()["condemned"] == 0, "what was deleted is free")
    assert faults(node) == ""


def test_i12_a_stopped_process_reads_the_same_bytes(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    stored = backend.put([PATTERN * 16384], PLAIN)
    reader = script(
        "import sys\n"
        "from tokamak._local import LocalBackend\n"
        "held = LocalBackend(sys.argv[1]).get(bytes.fromhex(sys.argv[2]))\n"
        "print('held', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(bytes(held.data) == bytes(range(256)) * 16384, flush=True)\n",
        str(node.folder),
        stored.id.hex(),
    )
    assert reader.stdout is not None and reader.stdin is not None
    assert reader.stdout.readline() == "held\n"
    reader.send_signal(signal.SIGSTOP)
    backend.delete([stored.id])
    overwrite(backend, 64 << 20)
    reader.send_signal(signal.SIGCONT)
    print("go", file=reader.stdin, flush=True)
    assert reader.stdout.readline() == "True\n"
    assert reader.wait(20) == 0


def test_no_call_hangs_when_the_node_is_silent(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node, timeout=1)
    backend.put([b"x"], PLAIN, name=Name("silent", "before"))
    stored = backend.put([b"y"], PLAIN)
    assert backend.contains(stored.id)
    big, missing = [bytes(9 << 20)], Name("silent", "missing")
    with stopped(node.process):
        found = backend.get(stored.id)
        assert found is not None and bytes(found.data) == b"y"
        backend.put([b"z"], PLAIN)
        for call in (
            lambda: backend.put([b"x"], PLAIN, name=Name("silent", "small"), deadline=0.3),
            lambda: backend.put(big, PLAIN, name=Name("silent", "large"), deadline=0.3),
            lambda: backend.get(missing),
            lambda: backend.get(missing, 0.2),
            lambda: backend.wait([missing], 1, 0.2),
            lambda: backend.get_all([missing, stored.id], 0.2),
            lambda: backend.contains(missing),
            lambda: backend.head(missing),
            lambda: backend.delete([stored.id]),
            lambda: backend.watch(),
            lambda: backend.info(),
        ):
            failure = within(5, call)
            assert isinstance(failure, errors.DeadlineExceeded)
            assert isinstance(failure, TimeoutError)
    assert backend.put(big, PLAIN).size == 9 << 20


def test_readers_and_writers_go_on_over_the_nodes_restart(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("128MB")
    backend = connect(node, timeout=60)
    ids = [backend.put([PATTERN * 4], PLAIN).id for _ in range(100)]
    assert all(backend.get_all(ids, 10))
    held = backend.get(ids[0])
    number = backend._session.number
    failures: list[BaseException] = []
    counts = [0, 0]
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                for found in backend.get_all(ids):
                    assert found is not None and bytes(found.data) == PATTERN * 4
                counts[0] += 1
        except BaseException as failure:
            failures.append(failure)

    def write() -> None:
        try:
            while not stop.is_set():
                stored = backend.put([PATTERN], PLAIN, deadline=60)
                found = backend.get(stored.id)
                assert found is not None and bytes(found.data) == PATTERN
                backend.delete([stored.id])
                counts[1] += 1
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=read), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for end in (node.kill, node.stop):
        end()
        reads = counts[0]
        eventually(lambda: counts[0] > reads or failures, "reads need no node")
        node.start()
        writes = counts[1]
        eventually(lambda: counts[1] > writes or failures, "writes go on", 60)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert backend._session.number == number, "the session was resumed"
    assert held is not None and bytes(held.data) == PATTERN * 4
    assert backend.put([b"x"], PLAIN, name=Name("restart", "name")).created
    assert faults(node) == ""


@pytest.mark.parametrize("ends", ["stop", "kill"])
def test_i1_i33_what_is_kept_stays_right_whatever_becomes_of_client_and_node(
    own_node: Callable[..., Node], ends: str
) -> None:
    """Over the client's close, the node's end, its start, its start with other files, and the end of those."""
    node = own_node("64MB")
    client = tokamak.connect(node.folder, timeout=20)
    value = {"array": numpy.arange(50_000), "view": memoryview(PATTERN * 100)}
    ref = client.put(value)
    kept = client.get(ref)
    table = client.get(client.put(pyarrow.table({"x": range(10_000)})))
    parts = [kept["array"][100:200], kept["view"][256:512], memoryview(kept["array"])]

    def check() -> None:
        assert (kept["array"] == value["array"]).all() and kept["view"] == value["view"]
        assert table.column("x").to_pylist() == list(range(10_000))
        assert parts[0].sum() == value["array"][100:200].sum()
        assert parts[1] == PATTERN and parts[2][49_999] == 49_999
        with pytest.raises(ValueError):
            parts[0][0] = 1

    check()
    client.close()
    check()
    with pytest.raises(errors.InvalidState):
        client.get(ref)
    again = tokamak.connect(node.folder, timeout=1)
    late = again.get(ref)["array"]
    getattr(node, ends)()
    check()
    # What is in memory is read without a node; what only a node knows is said to be away.
    assert again.get(ref)["view"] == value["view"]
    for call in (again.info, lambda: again.get("1" * 32), lambda: again.put(bytes(9 << 20))):
        with pytest.raises(errors.NodeUnavailable, match=str(node.folder)):
            call()
    node.start()
    check()
    with tokamak.connect(node.folder) as other:
        overwrite(other._backend, 64 << 20)
    check()
    assert (late == value["array"]).all()
    node.stop()
    node.options = ("--tokamak.discard=true",)
    node.start()
    with pytest.raises(errors.ObjectNotFound):
        again.get(ref)
    with tokamak.connect(node.folder) as other:
        overwrite(other._backend, 64 << 20)
    check()
    node.stop()
    shutil.rmtree(node.folder)
    check()
    assert (late == value["array"]).all()
    again.close()


def test_a_wait_ends_after_a_restart_too(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    waiter, writer = connect(node, timeout=60), connect(node, timeout=60)
    name = Name("restart", "awaited")
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(waiter.get(name, 60)))
    thread.start()
    eventually(lambda: waiter._interests[waiter._session]._interests, "it waits")
    node.kill()
    node.start()
    writer.put([b"late"], PLAIN, name=name)
    thread.join(30)
    assert found and bytes(found[0].data) == b"late"  # type: ignore[attr-defined]


def test_i33_a_retired_store_is_left_without_an_error(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node, timeout=60)
    old = backend.put([PATTERN * 100], PLAIN)
    held = backend.get(old.id)
    node.stop()
    node.options = ("--tokamak.discard=true",)
    node.start()
    assert backend.get(old.id) is None
    number = backend._session.native.store_number
    assert held is not None and bytes(held.data) == PATTERN * 100
    fresh = backend.put([b"fresh"], PLAIN)
    assert bytes(backend.get(fresh.id).data) == b"fresh"  # type: ignore[union-attr]
    assert backend.locality.reason.startswith(f"store {number}")
    assert bytes(held.data) == PATTERN * 100
    del held
    eventually(lambda: len(backend._keeper.sessions) == 1, "the old session has ended")
    assert faults(node) == ""


def test_watching_goes_on_after_a_restart_with_a_gap(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node, timeout=60)
    events = backend.watch(namespace="watched")
    backend.put([b"x"], PLAIN, name=Name("watched", "first"))
    assert next(events).kind == "sealed"
    node.kill()
    node.start()
    assert next(events).kind == "gap"
    backend.put([b"x"], PLAIN, name=Name("watched", "second"))
    assert next(events).name == Name("watched", "second")
    events.close()


def test_a_file_limit_of_the_process_is_said(node: Node) -> None:
    child = script(
        "import resource, sys\n"
        "from tokamak import errors\n"
        "from tokamak._local import LocalBackend\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))\n"
        "try:\n"
        "    LocalBackend(sys.argv[1], timeout=0.1)\n"
        "except (OSError, errors.TokamakError) as failure:\n"
        "    print('Too many open files' in str(failure))\n",
        str(node.folder),
    )
    said, _ = child.communicate(timeout=60)
    assert said == "True\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_may_not_read_or_write_is_told_so(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    backend = connect(node)
    stored = backend.put([PATTERN], PLAIN)
    assert backend.get(stored.id) is not None
    os.chmod(node.parent, 0o755)
    os.chown(node.folder / "pool", -1, 65_533)

    def stranger() -> None:
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)
        with pytest.raises(errors.PermissionDenied):
            LocalBackend(str(node.folder), timeout=1.0)

    def reader() -> None:
        os.setgroups([])
        os.setuid(65_534)  # and still of the folder's group
        mine = LocalBackend(str(node.folder), timeout=10.0)
        assert bytes(mine.get(stored.id).data) == PATTERN  # type: ignore[union-attr]
        for call in (
            lambda: mine.put([b"x"], PLAIN),
            lambda: mine.put([bytes(9 << 20)], PLAIN),
            lambda: mine.create(1, PLAIN),
        ):
            with pytest.raises(errors.PermissionDenied):
                call()

    assert run_child(stranger) == 0
    assert run_child(reader) == 0
    eventually(lambda: backend.info()["leased"] < 1 << 20, "no lane is left behind")


MANY_FILES = """
import os, resource, sys, threading
import tokamak
resource.setrlimit(resource.RLIMIT_NOFILE, (2048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
files = [open(os.devnull) for _ in range(1100)]
client = tokamak.connect(sys.argv[1])
client.info(), client.info()
ref = client.put(bytes(100_000))
assert client.contains(ref)
with client.watch() as events:
    client.put(1)
    assert next(events).kind == "sealed"
view = client.get_buffer(ref)
pid = os.fork()
if pid == 0:
    os._exit(view != bytes(100_000) or client.get(ref) != bytes(100_000))
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
del view
while client.info()["pinned"]:
    pass  # until what was kept for the child is let go of
assert any(each.name == "tokamak-keeper" for each in threading.enumerate())
client.close()
assert all(each.name != "tokamak-keeper" for each in threading.enumerate())
print("done")
"""


def test_a_process_with_many_open_files_can_use_the_client(own_node: Callable[..., Node]) -> None:
    program = script(MANY_FILES, str(own_node("64MB").folder))
    try:
        assert program.communicate(timeout=60)[0] == "done\n"
    finally:
        program.kill()
