"""Workers that share one large array: it is in memory once, and each of them reads it in place.

./tokamak up
python clients/python/examples/workers.py
"""

from __future__ import annotations

import argparse
import multiprocessing

import numpy as np
import tokamak


def total(ref: tokamak.Ref, start: int, end: int) -> float:
    """Runs in a worker: gets a view, not a copy, whatever the array's size."""
    client = tokamak.connect()
    part = client.get(ref)["samples"][start:end]
    return float(part.sum())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--millions", type=int, default=8, help="numbers in the array")
    options.add_argument("--workers", type=int, default=4)
    chosen = options.parse_args()
    count = chosen.millions * 1_000_000
    with tokamak.connect() as client:
        ref = client.put({"samples": np.arange(count, dtype="f8")})
        bounds = np.linspace(0, count, chosen.workers + 1, dtype=int)
        parts = [(ref, int(start), int(end)) for start, end in zip(bounds, bounds[1:])]
        # A worker that is started afresh shares nothing but the ref, some dozens of bytes.
        with multiprocessing.get_context("spawn").Pool(chosen.workers) as pool:
            answer = sum(pool.starmap(total, parts))
        info = client.info(ref)
        print(f"{chosen.workers} workers summed {info.size:,} bytes to {answer:,.0f}")
        client.delete(ref)
        if answer != count * (count - 1) / 2:
            raise SystemExit("the sum is wrong")


if __name__ == "__main__":
    main()
