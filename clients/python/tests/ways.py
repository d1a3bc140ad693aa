"""How a client gets at a node: by its memory, or by streams through a gateway."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tokamak
from node import eventually
from tokamak._client import Client
from tokamak._remote import RemoteBackend


@dataclass(frozen=True)
class Way:
    """Goes to other processes as well. A gateway's client would find out that it is on the node's host, and
    read in place: it is made without that look."""

    where: str
    streams: bool = False

    def connect(self, *, allow_pickle: bool = True, **options: Any) -> tokamak.Client:
        if self.streams:
            backend = RemoteBackend(self.where, reason="a test")
            return Client(backend, allow_pickle=allow_pickle)
        return tokamak.connect(self.where, allow_pickle=allow_pickle, **options)


def pins(client: tokamak.Client, ref: Any) -> int:
    """Views that all processes hold of an object."""
    return sum(pin.count for pin in client.info(ref).pins)


def run_child(action: Callable[[], None], seconds: float = 30.0) -> int:
    """Runs it in a forked child and answers the child's exit code; a child that hangs is killed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    ended: list[int] = []

    def has_ended() -> bool:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            ended.append(os.waitstatus_to_exitcode(status))
        return bool(done)

    try:
        eventually(has_ended, "the child ends", seconds)
    except AssertionError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return ended[0]


def within(seconds: float, action: Callable[[], object]) -> BaseException | None:
    """What the action raises, or None. Fails when it has not ended by then."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            action()
            raised.append(None)
        except BaseException as failure:
            raised.append(failure)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert raised, f"it goes on after {seconds} s"
    return raised[0]


@contextmanager
def later(action: Callable[[], object]) -> Iterator[None]:
    """Does it in another thread while the block runs, which waits for it."""
    thread = threading.Thread(target=action)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
