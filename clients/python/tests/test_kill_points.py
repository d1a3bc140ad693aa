"""A process killed at each step of a put, or of a get: what was committed is there, whole; what was not is not; and
the memory is back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tokamak
from checker import faults
from node import Node, eventually
from tokamak._native import KILL_POINTS

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        not KILL_POINTS,
        reason="built without kill points: run-tests --kill-points makes a build with",
    ),
]

VICTIM = """
import sys
import numpy as np
import tokamak

folder, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = tokamak.connect(folder, name="victim")
for n in range(count):
    if kind == "get":
        client.get(f"killed/{n}")
    elif kind == "create":
        with client.create(100_000, name=f"killed/{n}", media_type="application/x-own") as writer:
            writer.buffer[:] = bytes([n]) * 100_000
    else:
        value = {"n": n, "a": np.full(1_200_000 if "large" in kind else 500, float(n))}
        client.put(value, name=f"killed/{n}" if "named" in kind else None)
    print(n, flush=True)
"""

BEFORE = ["lane-taken", "payload-half", "payload-written", "metadata-written", "header-written"]
AFTER = ["tail-stored", "rung", "answered"]
LARGE = ["lane-begun", "extent-entered", *BEFORE[1:]]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """Killed at by all tests here, one after the other."""
    own = Node("256MB")
    try:
        yield own.start()
    finally:
        own.close()


@pytest.fixture
def client(node: Node) -> Iterator[tokamak.Client]:
    """Looks on, and puts nothing: who puts has lanes."""
    with tokamak.connect(node.folder, name="survivor") as connected:
        yield connected


def kill(node: Node, kind: str, step: str, puts: int = 5) -> int:
    """Runs a process that is killed at a step; answers how many calls had returned there."""
    done = subprocess.run(
        [sys.executable, "-c", VICTIM, str(node.folder), kind, str(puts)],
        env=os.environ | {"TOKAMAK_KILL_AT": step},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, f"{step} was not reached: {done.stderr}"
    return len(done.stdout.splitlines())


def number_in(value: Any) -> int:
    """Which one it is; fails unless it is whole."""
    if isinstance(value, memoryview):
        assert value.nbytes == 100_000
        assert bytes(value) == bytes([value[0]]) * 100_000
        return int(value[0])
    assert (value["a"] == value["n"]).all()
    return int(value["n"])


def check_is_clean(client: tokamak.Client, node: Node, before: Any) -> None:
    """Whatever the victim had is free, and the checker finds nothing wrong."""

    def is_back() -> bool:
        now = client.info()
        return now["sessions"] == 1 and all(
            now[part] <= before[part] for part in ("in_use", "leased", "pinned", "withheld")
        )

    eventually(is_back, f"the memory is back: {before}", 10)
    assert faults(node) == ""


@pytest.mark.parametrize("step", [*BEFORE, *AFTER])
@pytest.mark.parametrize("kind", ["small", "small named"])
def test_i19_in_the_third_put_into_a_shared_lane(
    client: tokamak.Client, node: Node, kind: str, step: str
) -> None:
    killed_in_put(client, node, kind, step, 3)


@pytest.mark.parametrize("step", [*LARGE, *AFTER])
@pytest.mark.parametrize("kind", ["large", "large named", "create"])
def test_i19_in_the_third_put_into_a_lane_of_its_own(
    client: tokamak.Client, node: Node, kind: str, step: str
) -> None:
    if kind == "create" and step.startswith("payload"):
        pytest.skip("the program itself writes the bytes")
    killed_in_put(client, node, kind, step, 3)


@pytest.mark.parametrize("step", ["lane-begun", "extent-entered"])
def test_i19_in_the_first_lane(client: tokamak.Client, node: Node, step: str) -> None:
    killed_in_put(client, node, "small", step, 1)


def test_i19_on_the_way_into_the_next_extent(client: tokamak.Client, node: Node) -> None:
    before = client.info()
    returned = kill(node, "small", "extent-entered:2", 1000)
    assert 5 < returned < 1000
    eventually(lambda: len(list(client.list())) == returned, "what was committed is there", 5)
    found = list(client.list())
    assert sorted(number_in(client.get(each.ref)) for each in found) == list(range(returned))
    client.delete([each.ref for each in found])
    check_is_clean(client, node, before)


def killed_in_put(
    client: tokamak.Client, node: Node, kind: str, step: str, occurrence: int
) -> None:
    before = client.info()
    returned = kill(node, kind, f"{step}:{occurrence}")
    assert returned == occurrence - 1
    there = occurrence if step in AFTER else occurrence - 1
    eventually(lambda: len(list(client.list())) == there, f"{there} objects are there", 5)
    found = list(client.list())
    assert sorted(number_in(client.get(each.ref)) for each in found) == list(range(there))
    if "named" in kind or kind == "create":
        name = f"killed/{returned}"
        with tokamak.connect(node.folder) as other:
            if step in AFTER:
                with pytest.raises(tokamak.ObjectExists):
                    other.put("another", name=name)
            else:
                found.append(other.info(other.put("another", name=name)))
                assert client.get(name) == "another"
    client.delete([each.ref for each in found])
    check_is_clean(client, node, before)


@pytest.mark.parametrize("step", ["pin-stored", "pinned"])
def test_i12_in_the_third_get(client: tokamak.Client, node: Node, step: str) -> None:
    before = client.info()
    with tokamak.connect(node.folder) as other:
        refs = [other.put({"n": n, "a": np.full(500, n)}, name=f"killed/{n}") for n in range(5)]
    assert kill(node, "get", f"{step}:3") == 2
    eventually(lambda: client.info()["pinned"] == 0, "its pins are gone", 5)
    assert [number_in(client.get(each)) for each in refs] == list(range(5))
    assert client.delete(refs) == 5
    check_is_clean(client, node, before)
