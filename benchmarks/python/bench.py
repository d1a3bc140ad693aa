"""What the calls of the Python client take, warm, data of the answers touched where it says so."""

from __future__ import annotations

import argparse
import itertools
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import tokamak

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "clients/python/tests"))
import plasma_calls  # noqa: E402
from node import Node  # noqa: E402

ROUNDS = 5
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
PAGE = ROOT / "docs/benchmarks-python.md"
US, RAY, PLASMA = "Tokamak", "Ray", "pyarrow 11's Plasma"
COPYTO = "numpy.copyto into the same mapping"
COPYTO_ON = "numpy.copyto, each further on in the mapping"
FURTHER_ON_BYTES = 128 * MIB
"""What those copies go through: as a put, they come to a place again when no cache has it any more."""

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


@dataclass(frozen=True)
class Goal:
    """Of one of our calls: at most so many microseconds, or at least so many times as fast as another's."""

    what: str
    micros: float = 0
    times: float = 0
    other: str = ""
    who: str = US


GOALS = [
    *(Goal(f"get an array of {size}", micros=3) for size in ("1 KiB", "1 MiB", "100 MiB", "1 GiB")),
    Goal("get bytes of 100 B", micros=1),
    Goal("get a small dict", micros=3),
    Goal("put bytes of 100 B", micros=2),
    Goal("put an array of 1 KiB", micros=5),
    Goal("put an array of 1 MiB", times=0.75, other=COPYTO),
    Goal("put an array of 1 MiB", times=0.9, other=COPYTO_ON),
    Goal("put an array of 100 MiB", times=0.9, other=COPYTO),
    Goal("put an array of 1 GiB", times=1, other=RAY),
    Goal("get of 1,000 arrays in one call", micros=2000),
    *(
        Goal(f"Plasma: {call} {value}", times=20, other=PLASMA, who="tokamak.plasma")
        for value in plasma_calls.VALUES
        for call in ("put", "get")
    ),
]


class Table:
    """Rows are measured in turn, round by round, so that all see the same machine."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, Callable[[], float], list[float]]] = []

    def add(
        self,
        what: str,
        who: str,
        call: Callable[[], Any],
        times: int,
        undo: Callable[[], Any] | None = None,
        undone_each: bool = False,
    ) -> None:
        self.add_measured(what, who, lambda: median_seconds(call, times, undo, undone_each))

    def add_measured(self, what: str, who: str, measure: Callable[[], float]) -> None:
        """``measure`` answers seconds."""
        self.rows.append((what, who, measure, []))

    def measure(self, rounds: int) -> None:
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for _, _, measure, figures in self.rows:
                seconds = measure()
                if number:  # the first warms
                    figures.append(seconds)

    def figures(self, what: str, who: str) -> list[float]:
        """Seconds, by rounds; none when this was not measured."""
        return next((row[3] for row in self.rows if row[0] == what and row[1].startswith(who)), [])

    def goals(self) -> str:
        """A ratio is of the two figures of one round."""
        lines = ["| call | reached | range | to reach | |", "|---|---|---|---|---|"]
        for goal in GOALS:
            ours, others = self.figures(goal.what, goal.who), self.figures(goal.what, goal.other)
            if not ours or (goal.other and not others):
                continue
            if goal.other:
                found = [other / our for our, other in zip(ours, others, strict=True)]
                unit, wanted = "x", f"at least {goal.times:,}x of {goal.other}"
                is_met = statistics.median(found) >= goal.times
            else:
                found = [1e6 * our for our in ours]
                unit, wanted = " us", f"at most {goal.micros:,} us"
                is_met = statistics.median(found) <= goal.micros
            lines.append(
                f"| {goal.what} | {statistics.median(found):,.2f}{unit} | {min(found):,.2f} to {max(found):,.2f} "
                f"| {wanted} | {'met' if is_met else 'NOT MET'} |"
            )
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = ["| call | of | median, us | range |", "|---|---|---|---|"]
        for what, who, _, figures in self.rows:
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
    table.add("get bytes of 100 B", US, lambda: client.get(small), 5000)
    table.add("get a small dict", US, lambda: client.get(mapping), 5000)
    many = [client.put(np.zeros(16)) for _ in range(1000)]
    table.add("get of 1,000 arrays in one call", US, lambda: client.get(many), 20)
    table.add("put bytes of 100 B", US, lambda: refs.append(client.put(b"x" * 100)), 2000, undo)
    for size in sizes:
        array = np.ones(size // 8)
        ref = client.put(array)
        table.add(f"get an array of {named(size)}", US, lambda ref=ref: client.get(ref), 2000)
        times = 500 if size <= KIB else 20 if size <= MIB else 3
        table.add(
            f"put an array of {named(size)}", US,
            lambda array=array: refs.append(client.put(array)), times, undo, size > UNDONE_EACH_BYTES,
        )  # fmt: skip
        if size >= MIB:
            writer = client.create(array.nbytes)
            target = np.frombuffer(writer.buffer, "f8")
            table.add(
                f"put an array of {named(size)}", COPYTO,
                lambda array=array, target=target: np.copyto(target, array), times,
            )  # fmt: skip
        if size == MIB:
            writer = client.create(FURTHER_ON_BYTES)
            targets = itertools.cycle(np.frombuffer(writer.buffer, "f8").reshape(-1, size // 8))
            table.add(
                f"put an array of {named(size)}", COPYTO_ON,
                lambda array=array, targets=targets: np.copyto(next(targets), array), times,
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
        table.add(f"get an array of {named(size)}", f"{RAY} {ray.__version__}", lambda ref=ref: ray.get(ref), times)
        table.add(f"put an array of {named(size)}", f"{RAY} {ray.__version__}", lambda array=array: ray.put(array), times)
    many = [ray.put(np.zeros(16)) for _ in range(1000)]
    table.add("get of 1,000 arrays in one call", f"{RAY} {ray.__version__}", lambda: ray.get(many), 10)


@contextmanager
def plasma_store(environment: Path, folder: str) -> Iterator[str]:
    """pyarrow's store; answers its socket."""
    socket = f"{folder}/plasma"
    store = subprocess.Popen(
        [environment / "bin/plasma_store", "-m", str(GIB), "-s", socket], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 10
        while not os.path.exists(socket):
            if store.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("plasma_store did not start")
            time.sleep(0.01)
        yield socket
    finally:
        store.terminate()
        store.wait()


@contextmanager
def plasma_client(python: str | Path, side: str, where: str) -> Iterator[Callable[[str], float]]:
    """A process with a client; answers what measures a call there, in seconds."""
    with subprocess.Popen(
        [python, "-W", "ignore", plasma_calls.__file__, side, where],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip

        def measure(call: str) -> float:
            print(call, file=child.stdin, flush=True)
            return float(child.stdout.readline())

        yield measure
        child.stdin.close()


def add_plasma(table: Table, ended: ExitStack, environment: Path, node_folder: str, folder: str) -> None:
    socket = ended.enter_context(plasma_store(environment, folder))
    for who, python, side, where in (
        ("tokamak.plasma", sys.executable, "tokamak", node_folder),
        (PLASMA, environment / "bin/python", "pyarrow", socket),
    ):
        measure = ended.enter_context(plasma_client(python, side, where))
        for name in plasma_calls.VALUES:
            for call in ("put", "get"):
                table.add_measured(
                    f"Plasma: {call} {name}", who,
                    lambda measure=measure, call=f"{call} {name}": measure(call),
                )  # fmt: skip


def said_by(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def page(table: Table, arguments: list[str]) -> str:
    changed = said_by("git", "status", "--porcelain", "--untracked-files=no") != ""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    given = " ".join(argument.split("=")[0] for argument in arguments if argument != "--publish")
    return f"""# Benchmarks of the Python client

Made by `benchmarks/python/run --publish`; not to be edited.

- command: `benchmarks/python/run {given}`, commit {said_by("git", "rev-parse", "--short", "HEAD")}\
{" with changes" if changed else ""}, {datetime.now(timezone.utc):%Y-%m-%d}
- machine: {os.cpu_count()} processors, {gibibytes:.0f} GiB, {os.uname().sysname} {os.uname().release}, Python \
{sys.version.split()[0]}, numpy {np.__version__}
- load when the run began (1, 5, 15 minutes): {LOAD}
- medians of the rounds, and their range; rows take turns in a round; warm, data of the puts touched
- why puts of 1 MiB and more go past the caches, and what bounds them: [decision 13](\
decisions/0013-puts-of-python-go-past-the-caches.md)

{table.goals()}

All rows, in microseconds:

{table}
"""


LOAD = " ".join(f"{load:.2f}" for load in os.getloadavg())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ray", action="store_true", help="against Ray as well")
    options.add_argument("--plasma", type=Path, help="against Plasma of pyarrow 11, installed in this environment")
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--sizes", default="1024,1048576,104857600,1073741824", help="bytes of arrays")
    options.add_argument("--pool", default="6GB", help="of the node")
    options.add_argument("--publish", action="store_true", help="make docs/benchmarks-python.md of it")
    chosen = options.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    node = Node(chosen.pool).start()
    try:
        with (
            tempfile.TemporaryDirectory(dir="/dev/shm") as folder,
            tokamak.connect(node.folder, name="bench") as client,
            ExitStack() as ended,
        ):
            table = Table()
            add_tokamak(table, client, sizes)
            add_pickle(table, folder, sizes)
            if chosen.ray:
                add_ray(table, sizes)
            if chosen.plasma:
                add_plasma(table, ended, chosen.plasma, str(node.folder), folder)
            table.measure(chosen.rounds)
            print(f"Python {sys.version.split()[0]}, numpy {np.__version__}, {os.cpu_count()} processors\n")
            table.rows.sort(key=lambda row: row[0])
            print(f"{table.goals()}\n\n{table}")
            if chosen.publish:
                PAGE.write_text(page(table, sys.argv[1:]))
    finally:
        node.close()


if __name__ == "__main__":
    main()
