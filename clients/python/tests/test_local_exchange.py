"""Java and Python writers and readers on one small node, so that its memory is used again and again."""

from __future__ import annotations

import random
import subprocess
import threading
import zlib
from collections import deque
from collections.abc import Callable

import pytest
from checker import faults, program
from node import Node
from tokamak._backend import Found, Meta
from tokamak._local import LocalBackend

pytestmark = pytest.mark.faults

PUTS = 6_000
HELD = 16
AHEAD = 200


def is_good(found: Found) -> bool:
    with memoryview(found.data) as view:
        return int.from_bytes(view[:4], "little") == zlib.crc32(view[4:])


def size(chance: random.Random) -> int:
    kind = chance.randrange(20)
    return chance.randint(1, 1 << 20 if kind == 0 else 64 << 10 if kind < 4 else 512)


class PythonSide:
    def __init__(self, backend: LocalBackend, java: subprocess.Popen[str], seed: int) -> None:
        self.backend = backend
        self.java = java
        self.chance = random.Random(seed)
        self.failures: list[BaseException] = []
        self.good = 0
        self.unread = threading.Semaphore(AHEAD)
        self.lock = threading.Lock()

    def say(self, line: str) -> None:
        assert self.java.stdin is not None
        with self.lock:
            print(line, file=self.java.stdin, flush=True)

    def write(self) -> None:
        meta = Meta()
        for _ in range(PUTS):
            assert self.unread.acquire(timeout=30)
            payload = self.chance.randbytes(size(self.chance))
            parts = [zlib.crc32(payload).to_bytes(4, "little"), payload]
            self.say(self.backend.put(parts, meta).id.hex())

    def read(self) -> None:
        assert self.java.stdout is not None
        held: deque[Found] = deque()
        acknowledged = 0
        while self.good < PUTS or acknowledged < PUTS:
            line = self.java.stdout.readline()
            if line == "+\n":
                acknowledged += 1
                self.unread.release()
                continue
            assert len(line) == 33, line
            wanted = bytes.fromhex(line)
            found = self.backend.get(wanted, 20)
            assert found is not None and is_good(found), line
            self.backend.delete([wanted])
            held.append(found)
            if len(held) > HELD:
                assert is_good(held.popleft())
            self.say("+")
            self.good += 1
        assert all(is_good(each) for each in held)

    def guarded(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                action()
            except BaseException as failure:
                self.failures.append(failure)
                self.java.kill()

        return run


def test_i1_i20_all_checksums_are_right_between_java_and_python(
    own_node: Callable[..., Node], connect: Callable[..., LocalBackend]
) -> None:
    node = own_node("64MB")
    seed = random.randrange(1 << 30)
    print("seed", seed)
    with subprocess.Popen(
        program("Exchange", str(node.folder), str(seed), str(PUTS)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as java:
        side = PythonSide(connect(node), java, seed)
        threads = [
            threading.Thread(target=side.guarded(action)) for action in (side.write, side.read)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            if thread.is_alive():
                java.kill()
        assert not side.failures
        assert java.stdin is not None
        java.stdin.close()
        assert java.stdout is not None and java.stdout.read() == f"done {PUTS}\n"
    assert (java.returncode, side.good) == (0, PUTS)
    assert faults(node) == ""
    info = side.backend.info()
    assert (info["objects"], info["pinned"]) == (0, 0)
