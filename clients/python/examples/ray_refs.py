"""Ray tasks and actors that hand refs to each other: what a ref names is read in place by each of them.

./tokamak up
pip install './clients/python[ray]'
python clients/python/examples/ray_refs.py
"""

from __future__ import annotations

import argparse

import numpy as np
import ray
import tokamak

_connected: list[tokamak.Client] = []


def client() -> tokamak.Client:
    """Connected once for many tasks: Ray's workers live longer than a task. Not for the program itself,
    which hands this function and its list, still empty, to them."""
    if not _connected:
        _connected.append(tokamak.connect())
    return _connected[0]


@ray.remote
def produce(count: int) -> tokamak.Ref:
    """The array goes into Tokamak once; Ray carries the ref, some dozens of bytes."""
    return client().put({"samples": np.arange(count, dtype="f8")}, idle=600)


@ray.remote
def total(ref: tokamak.Ref, start: int, end: int) -> float:
    """Gets a view, not a copy, whatever the array's size."""
    return float(client().get(ref)["samples"][start:end].sum())


@ray.remote
class Keeper:
    """Holds a view from call to call; the object's memory stays as it is meanwhile."""

    def __init__(self, ref: tokamak.Ref) -> None:
        self._samples = client().get(ref)["samples"]

    def scaled(self, factor: float) -> tokamak.Ref:
        return client().put(self._samples * factor, idle=600)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--millions", type=int, default=8, help="numbers in the array")
    options.add_argument("--tasks", type=int, default=4)
    chosen = options.parse_args()
    count = chosen.millions * 1_000_000
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        with tokamak.connect() as mine:
            ref = ray.get(produce.remote(count))
            bounds = np.linspace(0, count, chosen.tasks + 1, dtype=int).tolist()
            parts = [total.remote(ref, start, end) for start, end in zip(bounds, bounds[1:])]
            answer = sum(ray.get(parts))
            keeper = Keeper.remote(ref)
            doubled = ray.get(keeper.scaled.remote(2.0))
            last = mine.get(doubled)[-1]
            print(f"{chosen.tasks} tasks summed {mine.info(ref).size:,} bytes to {answer:,.0f}")
            print(f"an actor doubled the numbers: the last is {last:,.0f}")
            mine.delete([ref, doubled])
    finally:
        ray.shutdown()
    if (answer, last) != (count * (count - 1) / 2, 2.0 * (count - 1)):
        raise SystemExit("a sum is wrong")


if __name__ == "__main__":
    main()
