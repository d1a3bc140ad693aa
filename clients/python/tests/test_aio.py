"""The calls to be awaited."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
import tokamak
from node import Gateway, Node, eventually, stopped
from tokamak._http2 import Connections
from tokamak._remote import RemoteBackend
from tokamak.errors import DeadlineExceeded, InvalidState, NodeUnavailable, ObjectNotFound
from ways import Way, pins, run_child

TRIES = 5
"""Of what takes no time at all: on a machine with much else to do one may wait for a processor."""


def name() -> str:
    return f"aio/{uuid.uuid4().hex}x"


async def cancelled(waiting: asyncio.Future[Any]) -> float:
    """Cancels it, and returns the seconds until it has ended."""
    begun = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    return time.monotonic() - begun


def test_the_calls(client: tokamak.Client) -> None:
    async def program() -> None:
        aio = client.aio
        ref = await aio.put(np.arange(5), name=name())
        assert (await aio.get(ref)).sum() == 10
        assert [each.sum() for each in await aio.get([ref, ref])] == [10, 10]
        assert await aio.contains(ref) and await aio.peek(ref)
        assert (await aio.info(ref)).size == ref.size
        assert [info.ref for info in await aio.list(namespace="aio")].count(ref) == 1
        writer = await aio.create(3)
        writer.buffer[:] = b"abc"
        assert bytes(await aio.get_buffer(await aio.seal(writer))) == b"abc"
        given_up = await aio.create(3, name=name())
        await aio.abort(given_up)
        with pytest.raises(InvalidState):
            await aio.seal(given_up)
        assert await aio.delete(ref) == 1
        with pytest.raises(ObjectNotFound):
            await aio.get(ref)
        assert await aio.wait([]) == ([], [])
        for wrong in (0, 2):
            with pytest.raises(ValueError):
                await aio.wait([ref], num_returns=wrong)

    asyncio.run(program())


def test_many_waits_at_once(client: tokamak.Client) -> None:
    names = [name() for _ in range(200)]

    async def program() -> None:
        waits = [asyncio.ensure_future(client.aio.get(each, timeout=30)) for each in names]
        both = asyncio.ensure_future(client.aio.wait(names[:2], num_returns=2))
        await asyncio.sleep(0)
        for i, each in enumerate(names):
            await client.aio.put(i, name=each)
        assert await asyncio.gather(*waits) == list(range(200))
        assert await both == (names[:2], [])

    asyncio.run(program())
    eventually(
        lambda: all(each.name != "tokamak-aio" for each in threading.enumerate()), "no thread stays"
    )


def test_a_wait_ends_with_its_timeout(client: tokamak.Client) -> None:
    async def program() -> None:
        begun = time.monotonic()
        with pytest.raises(ObjectNotFound):
            await client.aio.get(name(), timeout=0.2)
        assert 0.2 <= time.monotonic() - begun < 10
        missing = name()
        assert await client.aio.wait([missing], timeout=0.1) == ([], [missing])

    asyncio.run(program())


def test_who_is_cancelled_is_forgotten_at_once(client: tokamak.Client) -> None:
    async def program() -> None:
        other = name()
        kept = asyncio.ensure_future(client.aio.get(other, timeout=None))
        took = []
        while not took or took[-1] >= 0.05 and len(took) < TRIES:
            waiting = asyncio.ensure_future(client.aio.get(name(), timeout=None))
            await asyncio.wait([waiting], timeout=0.1)
            took.append(await cancelled(waiting))
            assert len(client.aio._waiter._waiting) == 1
        assert took[-1] < 0.05, took
        client.put(7, name=other)
        assert await kept == 7

    asyncio.run(program())


def test_another_calls_error_is_everybodys_and_ends_nothing(
    client: tokamak.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[bool]:
        raise RuntimeError("a fault")

    async def program() -> None:
        late = name()
        with monkeypatch.context() as patch:
            patch.setattr(client._backend, "wait", fail)
            with pytest.raises(RuntimeError):
                await asyncio.wait_for(client.aio.get(late, timeout=None), 10)
        waiting = asyncio.ensure_future(client.aio.get(late, timeout=None))
        await client.aio.put(7, name=late)
        assert await asyncio.wait_for(waiting, 20) == 7

    asyncio.run(program())


def test_a_forked_child_waits_by_itself(node: Node) -> None:
    with tokamak.connect(str(node.folder)) as client:
        late = name()
        parent = threading.Thread(
            target=lambda: asyncio.run(client.aio.get(late, timeout=None)), daemon=True
        )
        parent.start()
        eventually(lambda: client.aio._waiter._waiting, "the parent waits")

        def child() -> None:
            with pytest.raises(ObjectNotFound):
                asyncio.run(client.aio.get(name(), timeout=0.2))

        assert run_child(child) == 0
        client.put(1, name=late)
        parent.join(20)
        assert not parent.is_alive()


def test_who_waits_asks_the_node_once(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    call = Connections.call

    def count(self: Connections, path: str, request: bytes, timeout: float) -> bytes:
        asked.append(path)
        return call(self, path, request, timeout)

    async def program() -> None:
        late = name()
        waiting = asyncio.ensure_future(client.aio.get(late, timeout=None))
        await asyncio.wait([waiting], timeout=1)
        assert sum("Resolve" in path or "Interest" in path for path in asked) <= 2
        await client.aio.put(1, name=late)
        assert await waiting == 1

    with tokamak.connect(str(node.folder)) as client:
        monkeypatch.setattr(Connections, "call", count)
        asyncio.run(program())


def test_the_loop_goes_on_while_a_gateway_is_silent(gateway: Gateway) -> None:
    backend = RemoteBackend(gateway.url, timeout=2)

    async def gap(call: Coroutine[Any, Any, object]) -> float:
        """The longest time that the loop did nothing during the call, which fails."""
        asked = asyncio.ensure_future(call)
        last, longest = time.monotonic(), 0.0
        while not asked.done():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            last, longest = now, max(longest, now - last)
        with pytest.raises((DeadlineExceeded, NodeUnavailable)):
            asked.result()
        return longest

    async def borrow(ref: tokamak.Ref) -> None:
        async with client.aio.borrow(ref):
            pass

    async def program() -> None:
        ref = await client.aio.put(1)
        with stopped(gateway.process):
            for call in (
                lambda: client.aio.get(ref),
                lambda: client.aio.get(name(), timeout=0.2),
                lambda: client.aio.get_buffer(ref),
                lambda: borrow(ref),
                lambda: client.aio.peek(ref),
            ):
                assert await gap(call()) < 1

    with tokamak.Client(backend) as client:
        asyncio.run(program())


def test_borrow_lets_go_at_the_end_of_the_block(client: tokamak.Client) -> None:
    async def program() -> None:
        late = name()

        async def put() -> None:
            await client.aio.put(np.arange(1000), name=late)

        putting = asyncio.ensure_future(put())
        async with client.aio.borrow(late, timeout=20) as array:
            assert array.sum() == 499_500
        assert array.size == 0 and pins(client, late) == 0
        await putting
        with pytest.raises(KeyError):
            async with client.aio.borrow(late):
                raise KeyError("the block's own")
        with pytest.raises(ObjectNotFound):
            async with client.aio.borrow(name()):
                pass
        with pytest.raises(ValueError):
            async with client.aio.borrow(late, timeout=-1):
                pass

    asyncio.run(program())


def test_events_are_iterated(client: tokamak.Client) -> None:
    async def program() -> None:
        space = f"aio{uuid.uuid4().hex}"
        async with await client.aio.watch(namespace=space, prefix="w") as events:
            took = []
            while not took or took[-1] >= 0.05 and len(took) < TRIES:
                asked = asyncio.ensure_future(anext(events))
                await asyncio.wait([asked], timeout=0.05)
                took.append(await cancelled(asked))
            assert took[-1] < 0.05, took
            await client.aio.put(0, name=f"{space}/other")
            refs = [await client.aio.put(i, name=f"{space}/w{i}") for i in range(3)]
            await client.aio.delete(refs[0])
            seen = [await asyncio.wait_for(anext(events), 20) for _ in range(4)]
        assert [(each.kind, each.id) for each in seen] == [
            *(("sealed", ref.id) for ref in refs),
            ("deleted", refs[0].id),
        ]
        assert [each async for each in events] == []

    asyncio.run(program())
    eventually(
        lambda: all(each.name != "tokamak-events" for each in threading.enumerate()),
        "no thread stays",
    )


def test_a_forked_child_is_told_that_events_are_its_parents(client: tokamak.Client) -> None:
    space = f"aio{uuid.uuid4().hex}"

    async def program() -> None:
        async with await client.aio.watch(namespace=space) as events:
            await client.aio.put(0, name=f"{space}/before")

            async def child() -> None:
                for _ in range(2):
                    with pytest.raises(InvalidState, match="forked off"):
                        await anext(events)
                    await events.close()
                async with await client.aio.watch(namespace=space) as own:
                    await client.aio.put(1, name=f"{space}/child")
                    assert (await anext(own)).name == f"{space}/child"

            assert await asyncio.to_thread(run_child, lambda: asyncio.run(child())) == 0
            await client.aio.put(2, name=f"{space}/after")
            seen = [(await asyncio.wait_for(anext(events), 20)).name for _ in range(3)]
        assert seen == [f"{space}/{each}" for each in ("before", "child", "after")]

    asyncio.run(program())


def test_nobody_waits_in_the_loop_for_the_node_or_the_end(way: Way) -> None:
    async def program() -> None:
        client = way.connect()
        events = await client.aio.watch()
        assert (await client.aio.nodes())[0]["id"] == (await client.aio.info())["id"]
        await events.close()
        await client.aio.close()
        with pytest.raises(InvalidState):
            await client.aio.put(1)

    asyncio.run(program())
