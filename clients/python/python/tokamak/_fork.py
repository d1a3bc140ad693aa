"""What a fork means to a client.

The child never uses the parent's session: its first call attaches one of its own. What the parent held
at the fork it keeps until the child has pinned that itself and the node was asked once more, so that no
scan can have read the child's pins before and the parent's after; or until the child has executed
another program, or died. Both are the end of a pipe, of which the child has one side.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol


class Forkable(Protocol):
    def after_fork_in_parent(self, end: int) -> bool:
        """``end`` is the parent's side of the pipe. Whether something is kept until it ends."""

    def after_fork_in_child(self, end: int) -> None:
        """``end`` is the child's side."""


_clients: weakref.WeakSet[Forkable] = weakref.WeakSet()
_under_way = threading.local()


def register(client: Forkable) -> None:
    """From now on the client is told of forks made by ``os.fork``."""
    _clients.add(client)


def _before() -> None:
    _under_way.pipes = [(client, os.pipe()) for client in list(_clients)]


def _after_in_parent() -> None:
    for client, (parent_side, child_side) in _under_way.__dict__.pop("pipes", ()):
        os.close(child_side)
        if not client.after_fork_in_parent(parent_side):
            os.close(parent_side)


def _after_in_child() -> None:
    for client, (parent_side, child_side) in _under_way.__dict__.pop("pipes", ()):
        os.close(parent_side)
        client.after_fork_in_child(child_side)


os.register_at_fork(
    before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
)
