"""Calls of Plasma's interface, ours or pyarrow's, for bench.py, which an interpreter that has pyarrow 11 could not run.

Arguments: ``tokamak`` or ``pyarrow``, and where the store is. Each line of standard input is a call, ``put`` or ``get``,
and a value; answered by a line, the median of its seconds.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from typing import Any

import numpy as np

VALUES: dict[str, Any] = {
    "bytes of 100 B": b"x" * 100,
    "an array of 1 KiB": np.ones(1 << 7),
    "an array of 1 MiB": np.ones(1 << 17),
}
TIMES = 300


def main() -> None:
    module = {"tokamak": "tokamak.plasma", "pyarrow": "pyarrow.plasma"}[sys.argv[1]]
    client = importlib.import_module(module).connect(sys.argv[2])
    kept = {name: client.put(value) for name, value in VALUES.items()}
    for line in sys.stdin:
        call, name = line.rstrip("\n").split(" ", 1)
        value, object_id, made, taken = VALUES[name], kept[name], [], []
        for _ in range(TIMES):
            begin = time.perf_counter()
            if call == "put":
                made.append(client.put(value))
            else:
                client.get(object_id)
            taken.append(time.perf_counter() - begin)
        if made:
            client.delete(made)
        print(statistics.median(taken), flush=True)


if __name__ == "__main__":
    main()
