"""Values that are lent for a block: at its end their views let go of the memory, whoever still names them."""

from __future__ import annotations

import sys
from typing import Any

from tokamak.values import tensors


class Loan:
    """What is lent: a value that is a view itself, or those views that decoding it has made.

    A view that has come to be named more often than when it was lent is still looked at, or something made
    of it is, which refers to it.
    """

    def __init__(self, views: list[Any], is_alone: bool) -> None:
        """``is_alone``: the value itself is the one view, and the block will have a name for it."""
        self._views = views
        self._is_alone = is_alone
        self._counts: list[int] = []

    def begin(self) -> None:
        """When nobody has a reference any more who has none at the end."""
        self._counts = [count + self._is_alone for count in _counts(self._views)]

    def end(self) -> None:
        """Empties those views that nobody but their container, or the block, looks at."""
        for view, now, then in zip(self._views, _counts(self._views), self._counts, strict=True):
            if now <= then:
                _empty(view)


def is_view(value: Any) -> bool:
    """Whether it can be emptied; imports nothing."""
    return type(value) is memoryview or _is_array(value) or tensors.is_tensor(value)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def _counts(views: list[Any]) -> list[int]:
    return [sys.getrefcount(view) for view in views]


def _empty(view: Any) -> None:
    if type(view) is memoryview:
        view.release()
    elif _is_array(view):
        view.__setstate__((1, (0,), view.dtype, False, b""))
    else:
        import torch

        with torch.no_grad():  # one that wants a gradient does not change otherwise
            view.set_()
