"""The one thread in the background of a client: gives lanes back, resumes sessions, ends them after
their last view, and lets go of what a fork was to keep."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tokamak import _fork
from tokamak._http2 import is_readable
from tokamak._session import Session

_LOG = logging.getLogger(__name__)
_ENDING_SECONDS = 0.02
_IDLE_SECONDS = 0.2

Heir = Callable[[], Callable[[list[Session], int | None], None] | None]
"""A weak reference to what a forked child is to call."""


@dataclass(eq=False, frozen=True)
class _Inheritance:
    """What a forked child may still read, kept until the child has pins of its own, or has ended."""

    pins: list[tuple[Session, list[int]]]
    end: int | None
    """A pipe's: it ends when the child lets go of its other side. Without one nobody knows when."""


class Bell:
    """Wakes a thread that polls it. Its pipe is open as long as somebody has it: were it closed before,
    who rings late would write into whatever has its number then."""

    def __init__(self) -> None:
        self._pipe: tuple[int, int] | None = os.pipe()
        for side in self._pipe:
            os.set_blocking(side, False)

    def fileno(self) -> int:
        return -1 if self._pipe is None else self._pipe[0]

    def ring(self) -> None:
        """From any thread, and within a finalizer."""
        if self._pipe is not None:
            try:
                os.write(self._pipe[1], b"!")
            except BlockingIOError:
                pass  # it rings already

    def silence(self) -> None:
        if self._pipe is not None:
            try:
                os.read(self._pipe[0], 4096)
            except BlockingIOError:
                pass  # nobody has rung

    def close(self) -> None:
        """When nobody else has it, as in a forked child. Idempotent."""
        pipe, self._pipe = self._pipe, None
        for side in pipe or ():
            os.close(side)

    def __del__(self) -> None:
        self.close()


class Keeper:
    """Lives as long as a session does. Thread-safe; to be made anew after a fork, by ``heir``, which gets
    the sessions and the child's side of a pipe, if there is one."""

    def __init__(self, extra: Callable[[Session], None], heir: Heir) -> None:
        self._extra = extra
        self._heir = heir
        self._sessions: list[Session] = []
        self._inheritances: list[_Inheritance] = []
        self._is_closing = False
        self._settled = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._bell = Bell()
        _fork.register(self)

    def keep(self, session: Session) -> None:
        with _fork.lock, self._lock:
            self._sessions.append(session)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="tokamak-keeper", daemon=True
                )
                self._thread.start()
        self.wake()

    @property
    def sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions)

    def wake(self) -> None:
        """Lets it look around at once."""
        self._bell.ring()

    def close_soon(self) -> None:
        """Ends what is kept as soon as nobody needs it."""
        self._is_closing = True
        self.wake()

    def close(self, timeout: float) -> None:
        """Waits until all is given back but what open views need; the rest follows with them."""
        self.close_soon()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._settled.wait(timeout)

    def before_fork(self) -> None:
        for session in self.sessions:
            session.native.begin_fork()

    def after_fork_in_parent(self, end: int | None) -> bool:
        pins = [(session, session.native.hold_pins()) for session in self.sessions]
        if not any(held for _, held in pins):
            return False
        with self._lock:
            self._inheritances.append(_Inheritance(pins, end))
        self.wake()
        return True

    def after_fork_in_child(self, end: int | None) -> None:
        """Takes no lock: the thread that may have held it is not there."""
        self._bell.close()
        for each in self._inheritances:
            if each.end is not None:
                os.close(each.end)
        for session in self._sessions:
            session.stream.cancel()
        go_on = self._heir()
        if go_on is not None:
            go_on(self._sessions, end)
        # Without a client views may be left. The pipe stays open, and their bytes, as long as this process.

    def _run(self) -> None:
        while True:
            try:
                if self._look_around():
                    return
            except Exception:
                _LOG.warning("keeping the client failed; it goes on", exc_info=True)
                time.sleep(_ENDING_SECONDS)

    def _look_around(self) -> bool:
        """Once, and sleeps until the next time. Whether there will be none."""
        is_last = self._is_closing
        pause = _IDLE_SECONDS
        for session in self.sessions:
            pause = min(pause, self._look(session, is_last))
        self._release_inheritances()
        if is_last:
            self._settled.set()
            with self._lock:
                if not self._sessions:
                    return True
        self._sleep(pause)
        return False

    def _sleep(self, seconds: float) -> None:
        watched: list[int] = [self._bell.fileno()]
        watched += [each.end for each in self._inheritances if each.end is not None]
        watched += [s.stream.fileno() for s in self.sessions if s.is_connected]
        poll = select.poll()
        for fd in watched:
            if fd >= 0:
                poll.register(fd, select.POLLIN)
        poll.poll(seconds * 1000)
        self._bell.silence()

    def _look(self, session: Session, is_last: bool) -> float:
        try:
            pause = session.keep()
            self._extra(session)
            if not is_last and session.is_current():
                return pause
            if session.try_end():
                with self._lock:
                    self._sessions.remove(session)
            return _ENDING_SECONDS
        except Exception:
            _LOG.warning("keeping the session failed; it goes on", exc_info=True)
            time.sleep(_ENDING_SECONDS)
            return _IDLE_SECONDS

    def _release_inheritances(self) -> None:
        for each in list(self._inheritances):
            if each.end is not None and is_readable(each.end):
                for session, held in each.pins:
                    session.native.release_pins(held)
                with self._lock:
                    self._inheritances.remove(each)
                os.close(each.end)
