"""What a fork means to a client.

The child never uses the parent's session: its first call attaches one of its own. What the parent held
at the fork it keeps until the child has pinned that itself and the node was asked once more, so that no
scan can have read the child's pins before and the parent's after; or until the child has executed
another program, or died. Both are the end of a pipe, of which the child has one side.

Hooks of others run between ours and the fork, and other threads do: nothing is let go of meanwhile, and
no session begins.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import Protocol

_LOG = logging.getLogger(__name__)


class Forkable(Protocol):
    def before_fork(self) -> None:
        """Lets go of nothing that a child may read, until one of the others is called."""

    def after_fork_in_parent(self, end: int | None) -> bool:
        """``end`` is the parent's side of the pipe; without one all is kept for good. Whether something is
        kept until it ends."""

    def after_fork_in_child(self, end: int | None) -> None:
        """``end`` is the child's side."""


lock = threading.RLock()
"""Held during a fork, by who forks."""

_all: weakref.WeakSet[Forkable] = weakref.WeakSet()
_under_way: list[list[tuple[Forkable, tuple[int, int] | None]]] = []


def register(forkable: Forkable) -> None:
    """From now on it is told of forks made by ``os.fork``."""
    with lock:
        _all.add(forkable)


def _before() -> None:
    lock.acquire()
    told: list[tuple[Forkable, tuple[int, int] | None]] = []
    _under_way.append(told)
    for each in list(_all):
        each.before_fork()
        told.append((each, _pipe()))


def _pipe() -> tuple[int, int] | None:
    try:
        return os.pipe()
    except OSError:
        _LOG.warning("no pipe for a fork: what is pinned now stays so", exc_info=True)
        return None


def _after_in_parent() -> None:
    try:
        for each, pipe in _under_way.pop():
            if pipe is None:
                each.after_fork_in_parent(None)
                continue
            os.close(pipe[1])
            if not each.after_fork_in_parent(pipe[0]):
                os.close(pipe[0])
    finally:
        lock.release()


def _after_in_child() -> None:
    try:
        told = _under_way.pop()
        _all.clear()  # who goes on registers again
        for each, pipe in told:
            if pipe is None:
                each.after_fork_in_child(None)
            else:
                os.close(pipe[0])
                each.after_fork_in_child(pipe[1])
    finally:
        lock.release()


os.register_at_fork(
    before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
)
