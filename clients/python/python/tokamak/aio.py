"""The calls of a client for programs with an event loop: ``client.aio``.

What the index shows is answered at once, in the loop. What has to be waited for is waited for by one
thread for all; who is cancelled is forgotten at once. Everything else that asks the node, or a gateway,
runs in the loop's threads.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tokamak._backend import Backend, Interrupt, Target
from tokamak._names import Duration, target_of, timeout_of
from tokamak.errors import InvalidState

if TYPE_CHECKING:
    from typing_extensions import Self

    from tokamak._client import Client, Events, ObjectEvent, ObjectInfo, Writer
    from tokamak._ref import Ref

_T = TypeVar("_T")


@dataclass(eq=False)
class _Waiting:
    targets: Sequence[Target]
    count: int
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    there: set[Target] = field(default_factory=set)


class Waiter:
    """One thread that waits for many, as long as there are any. Thread-safe, and begins anew in a forked
    child."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._interrupt = Interrupt()
        self._thread: threading.Thread | None = None

    async def wait(
        self, targets: Sequence[Target], count: int, timeout: float | None
    ) -> list[bool]:
        """Which are known to be there once ``count`` are, or the time is over."""
        if self._pid != os.getpid():
            self._begin()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(targets, count, loop, loop.create_future())
        with self._lock:
            self._waiting.append(waiting)
            self._interrupt.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tokamak-aio", daemon=True)
                self._thread.start()
        try:
            await asyncio.wait([waiting.done], timeout=timeout)
            if waiting.done.done():
                waiting.done.result()
            return [target in waiting.there for target in targets]
        finally:
            with self._lock:
                if waiting in self._waiting:
                    self._waiting.remove(waiting)
                    self._interrupt.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                now = list(self._waiting)
                self._interrupt = interrupt = Interrupt()
                if not now:
                    self._thread = None
                    return
            try:
                self._look(now, interrupt)
            except Exception as failure:
                for each in now:
                    self._end(each, failure)

    def _look(self, all_waiting: list[_Waiting], interrupt: Interrupt) -> None:
        wanted = {
            target: None
            for each in all_waiting
            for target in each.targets
            if target not in each.there
        }
        targets = list(wanted)
        answer = self._backend.wait(targets, 1, None, interrupt)
        there = {target for target, is_there in zip(targets, answer, strict=True) if is_there}
        for each in all_waiting:
            each.there.update(target for target in each.targets if target in there)
            if len(each.there) >= each.count:
                self._end(each, None)

    def _end(self, waiting: _Waiting, failure: Exception | None) -> None:
        with self._lock:
            if waiting not in self._waiting:
                return
            self._waiting.remove(waiting)
        try:
            waiting.loop.call_soon_threadsafe(_say, waiting.done, failure)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return


def _say(done: asyncio.Future[None], failure: Exception | None) -> None:
    if done.done():
        return
    if failure is not None:
        done.set_exception(failure)
    else:
        done.set_result(None)


_AHEAD = 1024
"""Events that are kept for who does not ask for them, before no more are taken from the node."""


class AsyncEvents(AsyncIterator["ObjectEvent"]):
    """Events for ``async for``, otherwise as :class:`tokamak.Events`. Of one event loop, and so of one
    process: in a forked child they are ``InvalidState``. Who is cancelled in between misses none."""

    def __init__(self, events: Events, loop: asyncio.AbstractEventLoop) -> None:
        self._pid = os.getpid()
        self._events = events
        self._loop = loop
        self._queue: asyncio.Queue[ObjectEvent | Exception | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._thread = threading.Thread(target=self._run, name="tokamak-events", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for event in self._events:
                self._room.acquire()
                self._say(event)
        except Exception as failure:
            self._say(failure)
        self._say(None)

    def _say(self, what: ObjectEvent | Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, what)
        except RuntimeError:  # the loop is closed: nobody asks any more
            self._events.close()

    @property
    def _is_inherited(self) -> bool:
        """Whether the thread that takes events is the parent's, of which this process was forked off."""
        return self._pid != os.getpid()

    async def __anext__(self) -> ObjectEvent:
        if self._is_inherited:
            raise InvalidState(
                f"process {self._pid} watches here, of which this one was forked off",
                remedy="watch in this process: await client.aio.watch()",
            )
        what = await self._queue.get()
        self._room.release()
        if isinstance(what, Exception):
            raise what
        if what is None:
            self._queue.put_nowait(None)  # for who asks again
            raise StopAsyncIteration
        return what

    async def close(self) -> None:
        """Nothing follows but what was taken from the node before. Idempotent. In a forked child the parent's
        go on."""
        self._events.close()
        if not self._is_inherited:  # where a thread that is not there may hold its lock
            self._room.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncCalls:
    """Each call that may block, to be awaited. Otherwise as those of :class:`tokamak.Client`."""

    def __init__(self, client: Client, backend: Backend) -> None:
        self._client = client
        self._backend = backend
        self._waiter = Waiter(backend)

    async def put(self, value: Any, **options: Any) -> Ref:
        return await asyncio.to_thread(self._client.put, value, **options)

    async def put_buffer(self, data: Any, **options: Any) -> Ref:
        return await asyncio.to_thread(self._client.put_buffer, data, **options)

    async def create(self, size: int, **options: Any) -> Writer:
        return await asyncio.to_thread(self._client.create, size, **options)

    async def seal(self, writer: Writer) -> Ref:
        """:meth:`tokamak.Writer.seal`, which for a name waits for the node."""
        return await asyncio.to_thread(writer.seal)

    async def abort(self, writer: Writer) -> None:
        """:meth:`tokamak.Writer.abort`, which gives the memory back to the node."""
        await asyncio.to_thread(writer.abort)

    async def get(self, ref: Any, *, timeout: Duration | None = 0) -> Any:
        return await self._got(self._client.get, ref, timeout)

    async def get_buffer(self, ref: Any, *, timeout: Duration | None = 0) -> memoryview:
        return await self._got(self._client.get_buffer, ref, timeout)

    async def _got(self, get: Callable[[Any], _T], ref: Any, timeout: Duration | None) -> _T:
        seconds = timeout_of(timeout)
        targets = [target_of(each) for each in (ref if isinstance(ref, list) else [ref])]
        if all(map(self._backend.shows, targets)):
            return get(ref)
        if seconds != 0:
            distinct = list(dict.fromkeys(targets))
            await self._waiter.wait(distinct, len(distinct), seconds)
        return await asyncio.to_thread(get, ref)

    @asynccontextmanager
    async def borrow(self, ref: Any, *, timeout: Duration | None = 0) -> AsyncIterator[Any]:
        seconds = timeout_of(timeout)
        target = target_of(ref)
        with ExitStack() as stack:
            borrowed: list[Any] = []  # and no thread's answer: the block alone has a name for it

            def begin() -> None:
                borrowed.append(stack.enter_context(self._client.borrow(ref)))

            if self._backend.shows(target):
                begin()
            else:
                if seconds != 0:
                    await self._waiter.wait([target], 1, seconds)
                await asyncio.to_thread(begin)
            yield borrowed.pop()

    async def wait(
        self, refs: Sequence[Any], *, num_returns: int = 1, timeout: Duration | None = None
    ) -> tuple[list[Any], list[Any]]:
        look = partial(self._client.wait, refs, num_returns=num_returns, timeout=0)
        answer = await asyncio.to_thread(look)  # with all its checks
        seconds = timeout_of(timeout)
        if not refs or len(answer[0]) >= num_returns or seconds == 0:
            return answer
        there = await self._waiter.wait([target_of(ref) for ref in refs], num_returns, seconds)
        if sum(there) < num_returns:
            return await asyncio.to_thread(look)
        ready = [ref for ref, is_there in zip(refs, there, strict=True) if is_there]
        return ready, [ref for ref, is_there in zip(refs, there, strict=True) if not is_there]

    async def peek(self, ref: Any) -> bool:
        return self._backend.shows(target_of(ref)) or await asyncio.to_thread(
            self._client.peek, ref
        )

    async def contains(self, ref: Any) -> bool:
        return await asyncio.to_thread(self._client.contains, ref)

    async def info(self, *ref: Any) -> ObjectInfo | Mapping[str, Any]:
        return await asyncio.to_thread(self._client.info, *ref)

    async def delete(self, *refs: Any, **options: Any) -> int:
        return await asyncio.to_thread(self._client.delete, *refs, **options)

    async def list(self, **query: Any) -> list[ObjectInfo]:
        """All at once."""
        return await asyncio.to_thread(lambda: list(self._client.list(**query)))

    async def watch(
        self, *, namespace: str | None = None, prefix: str | None = None
    ) -> AsyncEvents:
        """What happens from here on: ``async for event in await client.aio.watch()``."""
        events = await asyncio.to_thread(self._client.watch, namespace=namespace, prefix=prefix)
        return AsyncEvents(events, asyncio.get_running_loop())

    async def nodes(self) -> Sequence[Mapping[str, Any]]:
        return await asyncio.to_thread(self._client.nodes)

    async def close(self) -> None:
        await asyncio.to_thread(self._client.close)
