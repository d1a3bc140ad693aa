"""Events of a co-located node."""

from __future__ import annotations

import time

from tokamak import errors
from tokamak._backend import Event, Name
from tokamak._control import Control, is_passing, translate
from tokamak._http2 import Call, CallFailed
from tokamak._proto import local_pb2 as local

_KINDS = {
    local.Event.KIND_SEALED: "sealed",
    local.Event.KIND_DELETED: "deleted",
    local.Event.KIND_EXPIRED: "expired",
    local.Event.KIND_GAP: "gap",
}


class LocalWatch:
    """Events of a node. An iterator for one thread; goes on after the node's restart, and in a forked child,
    with a gap."""

    def __init__(self, control: Control, request: local.WatchRequest, timeout: float) -> None:
        self._control = control
        self._request = request
        self._is_closed = False
        self._call = self._subscribe(timeout)

    def _subscribe(self, timeout: float) -> Call:
        call = self._control.stream("Watch")
        call.send(self._request.SerializeToString(), is_last=True)
        try:
            said = call.receive(timeout)
        except CallFailed as failure:
            raise translate(failure, self._control.folder) from failure
        if said is None or local.Event.FromString(said).kind != local.Event.KIND_SUBSCRIBED:
            raise errors.NodeUnavailable(f"{self._control.folder} does not let watch")
        return call

    def __iter__(self) -> LocalWatch:
        return self

    def __next__(self) -> Event:
        while not self._is_closed:
            try:
                # The parent's is read by the parent.
                said = None if self._call.is_inherited else self._call.receive()
            except CallFailed as failure:
                if self._is_closed:
                    break
                if not is_passing(failure):
                    raise translate(failure, self._control.folder) from failure
                said = None
            if said is None:
                self._subscribe_again()
                return Event("gap", 0, None, None, 0, "", time.time())
            event = local.Event.FromString(said)
            if event.kind in _KINDS:
                return _event(event)
        raise StopIteration

    def _subscribe_again(self) -> None:
        while not self._is_closed:
            try:
                self._call = self._subscribe(5.0)
                return
            except errors.NodeUnavailable:
                time.sleep(0.05)
        raise StopIteration

    def close(self) -> None:
        """From any thread."""
        self._is_closed = True
        self._call.cancel()


def _event(said: local.Event) -> Event:
    return Event(
        _KINDS[said.kind],
        said.sequence,
        said.id or None,
        Name(said.namespace, said.key) if said.key else None,
        said.size_bytes,
        said.media_type,
        said.time_millis / 1000,
    )
