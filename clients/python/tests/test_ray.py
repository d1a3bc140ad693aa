"""Refs in Ray: between tasks and actors, with the arrays read in place on both sides."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokamak
from node import Node, eventually

ray = pytest.importorskip("ray", reason="Ray is not installed: refs in tasks are not tried")
pytestmark = pytest.mark.libraries

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two workers, real processes of Ray."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@pytest.fixture
def client(node: Node, cluster: None) -> Iterator[tokamak.Client]:
    with tokamak.connect(node.folder, name="test-ray") as connected:
        yield connected


def looker(folder: str) -> Callable[[tokamak.Ref], tuple[int, str, int, bool, float]]:
    """Made by a function, so that Ray carries it by value: its workers cannot import this module."""

    def look(ref: tokamak.Ref) -> tuple[int, str, int, bool, float]:
        """Process, file and offset where the array lies, whether it may be written, and its sum."""
        import os

        import tokamak

        with tokamak.connect(folder) as client:
            array = client.get(ref)["a"]
            address = array.__array_interface__["data"][0]
            with open("/proc/self/maps") as maps:
                for line in maps:
                    bounds, _, offset, _, _, *path = line.split()
                    begin, end = (int(each, 16) for each in bounds.split("-"))
                    if begin <= address < end:
                        at = address - begin + int(offset, 16)
                        return os.getpid(), path[0], at, array.flags.writeable, float(array.sum())
        raise AssertionError("not mapped")

    return look


def test_a_ref_passes_between_tasks_and_is_read_in_place_on_both_sides(
    client: tokamak.Client, node: Node
) -> None:
    look = looker(str(node.folder))
    ref = client.put({"a": np.arange(500_000.0)})
    mine = look(ref)
    assert mine[1] == f"{node.folder}/pool" and mine[3] is False
    task = ray.remote(look)
    nested = ray.remote(lambda refs: look(refs["inner"][0]))
    for theirs in ray.get([task.remote(ref), nested.remote({"inner": [ref]})]):
        assert theirs[0] != os.getpid()
        assert theirs[1:] == mine[1:]
    # By Ray's own store, as well.
    assert ray.get(task.remote(ray.put(ref)))[1:] == mine[1:]


def test_a_ref_comes_back_from_a_task_and_goes_on_to_the_next(
    client: tokamak.Client, node: Node
) -> None:
    folder, look = str(node.folder), looker(str(node.folder))

    def make(count: int) -> tokamak.Ref:
        with tokamak.connect(folder) as client:
            return client.put({"a": np.arange(float(count))}, name=f"ray/made-{count}")

    made = ray.remote(make).remote(100_000)
    theirs = ray.get(ray.remote(look).remote(made))
    ref = ray.get(made)
    assert type(ref) is tokamak.Ref and ref.name == "ray/made-100000"
    assert theirs[1:] == look(ref)[1:]
    client.delete(ref)


def test_an_actor_holds_a_view_and_passes_refs_on(client: tokamak.Client, node: Node) -> None:
    folder = str(node.folder)

    class Holder:
        def __init__(self, ref: tokamak.Ref) -> None:
            self.client = tokamak.connect(folder, name="holder")
            self.array = self.client.get(ref)["a"]

        def process(self) -> int:
            return os.getpid()

        def total(self) -> float:
            return float(self.array.sum())

        def part(self, end: int) -> tokamak.Ref:
            return self.client.put({"a": self.array[:end]})

    ref = client.put({"a": np.arange(100_000.0)})
    holder: Any = ray.remote(Holder).remote(ref)
    process = ray.get(holder.process.remote())
    assert [pin.process for pin in client.info(ref).pins] == [process]
    client.delete(ref)
    assert ray.get(holder.total.remote()) == 4_999_950_000  # deleted, and there for who has it
    part = holder.part.remote(10)
    assert ray.get(ray.remote(looker(folder)).remote(part))[4] == 45
    assert client.get(ray.get(part))["a"].tolist() == list(range(10))
    pinned = client.info()["pinned"]
    assert pinned >= 800_000
    ray.kill(holder)
    eventually(lambda: client.info()["pinned"] < pinned, "the actor's end lets go of the bytes")


def test_the_example(node: Node) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "ray_refs.py"), "--millions", "2"],
        env=os.environ | {"TOKAMAK_FOLDER": str(node.folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "4 tasks summed 16,0" in done.stdout
    assert "the last is 3,999,998" in done.stdout
