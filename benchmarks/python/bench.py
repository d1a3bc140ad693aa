"""What the calls of the Python client take, warm, data of the answers touched where it says so."""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tokamak

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python/tests"))
from node import Node  # noqa: E402

ROUNDS = 5
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


UNDONE_EACH_BYTES = 32 * MIB
"""Larger objects are deleted after each put, others when all have been put: a call to the node in between
lets the caches and both processes go cold, which is what a small put would then be."""


def median_seconds(call: Callable[[], Any], times: int, undo: Callable[[], Any] | None, undone_each: bool) -> float:
    """Of each call alone; what it made is undone outside of the time that counts."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
        if undo is not None and undone_each:
            undo()
    if undo is not None and not undone_each:
        undo()
    return statistics.median(taken)


class Table:
    """Rows are measured in turn, round by round, so that all see the same machine."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, Callable[[], Any], int, Any, bool, list[float]]] = []

    def add(
        self,
        what: str,
        who: str,
        call: Callable[[], Any],
        times: int,
        undo: Any = None,
        undone_each: bool = False,
    ) -> None:
        self.rows.append((what, who, call, times, undo, undone_each, []))

    def measure(self, rounds: int) -> None:
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for _, _, call, times, undo, undone_each, figures in self.rows:
                seconds = median_seconds(call, times, undo, undone_each)
                if number:  # the first warms
                    figures.append(seconds)

    def __str__(self) -> str:
        lines = ["| call | of | median, us | range |", "|---|---|---|---|"]
        for what, who, _, _, _, _, figures in self.rows:
            low, middle, high = (1e6 * each for each in (min(figures), statistics.median(figures), max(figures)))
            lines.append(f"| {what} | {who} | {middle:,.2f} | {low:,.2f} to {high:,.2f} |")
        return "\n".join(lines)


def named(size: int) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def add_tokamak(table: Table, client: tokamak.Client, sizes: list[int]) -> None:
    refs: list[tokamak.Ref] = []

    def undo() -> None:
        client.delete(refs)
        refs.clear()

    small = client.put(b"x" * 100)
    mapping = client.put({"a": 1, "b": [1, 2, 3]})
    table.add("get bytes of 100 B", "Tokamak", lambda: client.get(small), 5000)
    table.add("get a small dict", "Tokamak", lambda: client.get(mapping), 5000)
    many = [client.put(np.zeros(16)) for _ in range(1000)]
    table.add("get of 1,000 arrays in one call", "Tokamak", lambda: client.get(many), 20)
    table.add("put bytes of 100 B", "Tokamak", lambda: refs.append(client.put(b"x" * 100)), 2000, undo)
    for size in sizes:
        array = np.ones(size // 8)
        ref = client.put(array)
        table.add(f"get an array of {named(size)}", "Tokamak", lambda ref=ref: client.get(ref), 2000)
        times = 500 if size <= KIB else 20 if size <= MIB else 3
        table.add(
            f"put an array of {named(size)}", "Tokamak",
            lambda array=array: refs.append(client.put(array)), times, undo, size > UNDONE_EACH_BYTES,
        )  # fmt: skip
        if size >= MIB:
            writer = client.create(array.nbytes)
            target = np.frombuffer(writer.buffer, "f8")
            table.add(
                f"put an array of {named(size)}", "numpy.copyto into the same mapping",
                lambda array=array, target=target: np.copyto(target, array), times,
            )  # fmt: skip


def add_pickle(table: Table, folder: str, sizes: list[int]) -> None:
    def dump(value: Any, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(value, file, protocol=5)

    def load(path: str) -> Any:
        with open(path, "rb") as file:
            return pickle.load(file)

    for size in sizes:
        array, path = np.ones(size // 8), f"{folder}/{size}"
        dump(array, path)
        times = 500 if size <= MIB else 3
        table.add(f"get an array of {named(size)}", "pickle, a file on tmpfs", lambda path=path: load(path), times)
        table.add(
            f"put an array of {named(size)}", "pickle, a file on tmpfs",
            lambda array=array, path=path: dump(array, path), times,
        )  # fmt: skip


def add_ray(table: Table, sizes: list[int]) -> None:
    import ray

    ray.init(
        num_cpus=2, object_store_memory=3 * GIB, include_dashboard=False, log_to_driver=False,
        configure_logging=False,
    )  # fmt: skip
    for size in sizes:
        array = np.ones(size // 8)
        ref = ray.put(array)
        times = 300 if size <= MIB else 3
        table.add(f"get an array of {named(size)}", f"Ray {ray.__version__}", lambda ref=ref: ray.get(ref), times)
        table.add(f"put an array of {named(size)}", f"Ray {ray.__version__}", lambda array=array: ray.put(array), times)
    many = [ray.put(np.zeros(16)) for _ in range(1000)]
    table.add("get of 1,000 arrays in one call", f"Ray {ray.__version__}", lambda: ray.get(many), 10)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ray", action="store_true", help="against Ray as well")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--sizes", default="1024,1048576,104857600,1073741824", help="bytes of arrays")
    options.add_argument("--pool", default="6GB", help="of the node")
    chosen = options.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    node = Node(chosen.pool).start()
    try:
        with (
            tempfile.TemporaryDirectory(dir="/dev/shm") as folder,
            tokamak.connect(node.folder, name="bench") as client,
        ):
            table = Table()
            add_tokamak(table, client, sizes)
            add_pickle(table, folder, sizes)
            if chosen.ray:
                add_ray(table, sizes)
            table.measure(chosen.rounds)
            print(f"Python {sys.version.split()[0]}, numpy {np.__version__}, {os.cpu_count()} processors\n")
            table.rows.sort(key=lambda row: row[0])
            print(table)
    finally:
        node.close()


if __name__ == "__main__":
    main()
