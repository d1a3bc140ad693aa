"""What a session waits for: the waiter's side of R6."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass

from tokamak import errors
from tokamak._control import Deadline
from tokamak._proto import local_pb2 as local
from tokamak._session import Session

_LINGER_SECONDS = 1.0


@dataclass
class _Interest:
    waiters: int = 0
    unused_since: float = 0.0
    told_at: int = -1
    """The session's resumptions when the node was told; -1: it was not."""


class Interests:
    """The node is told once of an object that several threads wait for, and again after its restart. An
    interest stays for a while after its last waiter, so that who waits for the same object over and over
    costs no call. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._interests: dict[bytes, _Interest] = {}

    def add(self, ids: Collection[bytes]) -> None:
        with self._lock:
            for each in ids:
                self._interests.setdefault(each, _Interest()).waiters += 1

    def remove(self, ids: Collection[bytes]) -> None:
        now = time.monotonic()
        with self._lock:
            for each in ids:
                interest = self._interests.get(each)
                if interest is not None:
                    interest.waiters -= 1
                    interest.unused_since = now

    def tell(self, ids: Collection[bytes], deadline: Deadline) -> set[bytes]:
        """Tells the node of those that it does not know of. From the return on ``notified`` moves when one
        is sealed. Answers those that are there."""
        resumptions = self._session.resumptions
        with self._lock:
            unknown = [
                each
                for each in ids
                if each in self._interests and self._interests[each].told_at != resumptions
            ]
        if not unknown:
            return set()
        request = local.InterestRequest(session=self._session.name, ids=unknown)
        answer = self._session.call("Interest", request, local.InterestResponse, deadline)
        with self._lock:
            for each in unknown:
                if each in self._interests:
                    self._interests[each].told_at = resumptions
        return {
            each
            for each, presence in zip(unknown, answer.presences, strict=False)
            if presence == local.PRESENCE_PRESENT
        }

    def clean(self) -> None:
        """For the keeper: takes back what nobody has waited for lately."""
        now = time.monotonic()
        with self._lock:
            unused = [
                each
                for each, interest in self._interests.items()
                if interest.waiters == 0 and now - interest.unused_since >= _LINGER_SECONDS
            ]
            if not unused or not self._session.is_connected:
                return
            request = local.InterestRequest(session=self._session.name, ids=unused, remove=True)
            try:
                # Under the lock: nobody can tell of one of these before the node has forgotten it.
                self._session.control.call_once("Interest", request, local.InterestResponse, 0.5)
            except errors.TokamakError:
                return  # next time
            for each in unused:
                del self._interests[each]
