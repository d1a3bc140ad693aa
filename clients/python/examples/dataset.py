"""A torch Dataset whose samples lie in Tokamak: the workers of a DataLoader read them in place.

./tokamak up
pip install torch
python clients/python/examples/dataset.py
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import tokamak
import torch
from torch.utils.data import DataLoader, Dataset


class Stored(Dataset[tuple[torch.Tensor, int]]):
    """Samples behind refs. What goes to a worker is the refs, some dozens of bytes each; the worker
    connects by itself, at its first sample."""

    def __init__(self, refs: Sequence[tokamak.Ref]) -> None:
        self._refs = refs
        self._client: tokamak.Client | None = None

    def __len__(self) -> int:
        return len(self._refs)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        if self._client is None:
            self._client = tokamak.connect()
        image, label = self._client.get(self._refs[index])
        return image, label

    def __getstate__(self) -> dict[str, object]:
        return {"_refs": self._refs, "_client": None}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--samples", type=int, default=1000)
    options.add_argument("--workers", type=int, default=2)
    chosen = options.parse_args()
    with tokamak.connect() as client:
        refs = [
            client.put((torch.full((3, 96, 96), float(i)), i % 10), idle=600)
            for i in range(chosen.samples)
        ]
        for method in ("fork", "spawn"):
            loader = DataLoader(
                Stored(refs),
                batch_size=50,
                num_workers=chosen.workers,
                multiprocessing_context=method,
            )
            count, total = 0, 0.0
            for images, labels in loader:
                count += len(labels)
                total += float(images[:, 0, 0, 0].sum())
            print(f"{count} samples by {chosen.workers} workers, started by {method}: {total:,.0f}")
            if total != sum(range(chosen.samples)):
                raise SystemExit("the sum is wrong")
        client.delete(refs)


if __name__ == "__main__":
    main()
