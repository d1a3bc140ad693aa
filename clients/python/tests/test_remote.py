"""The client through a gateway: the same calls, by streams."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokamak
from node import Gateway, Node
from tokamak import media_types
from tokamak._client import Client
from tokamak._remote import RemoteBackend, address_of
from tokamak.errors import (
    InvalidRequest,
    InvalidState,
    NodeUnavailable,
    ObjectExists,
    ObjectNotFound,
    OutOfMemory,
)


@pytest.fixture(scope="module")
def gateway(node: Node) -> Iterator[Gateway]:
    with Gateway(node) as started:
        yield started


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Client]:
    """Without a look at whether this is the node's host."""
    with Client(RemoteBackend(gateway.url, reason="a test")) as connected:
        yield connected


@pytest.fixture
def space() -> str:
    return "r" + uuid.uuid4().hex


@pytest.mark.parametrize(
    "value",
    [b"", b"x" * 3_000_000, "ä", bytearray(b"y"), None, {"a": [1, 2], "n": 10**30}],
    ids=lambda value: str(type(value)),
)
def test_values_come_back(client: Client, value: Any) -> None:
    read = client.get(client.put(value))
    assert type(read) is type(value) and read == value


def test_arrays_and_tables(client: Client) -> None:
    array = np.arange(1_000_000).reshape(1000, 1000)
    read = client.get(client.put({"a": array, "t": pa.table({"x": [1, 2]})}))
    np.testing.assert_array_equal(read["a"], array)
    assert not read["a"].flags.writeable
    assert read["t"].column(0).to_pylist() == [1, 2]


def test_it_says_that_it_streams(client: Client) -> None:
    assert not client.locality.zero_copy
    assert "a test" in client.locality.reason


def test_names(client: Client, space: str) -> None:
    ref = client.put(b"1", name=f"{space}/a/b", attributes={"k": "v"}, group="g", idle=3600)
    assert client.get(f"{space}/a/b") == client.get(ref.id) == b"1"
    assert client.put(b"1", name=f"{space}/a/b", attributes={"k": "v"}, group="g", idle=3600) == ref
    with pytest.raises(ObjectExists):
        client.put(b"2", name=f"{space}/a/b")
    with pytest.raises(InvalidRequest):
        client.put(1, name="UPPER/x")
    info = client.info(ref)
    assert (info.name, info.size, info.group) == (f"{space}/a/b", 1, "g")
    assert dict(info.attributes) == {"k": "v"} and info.lifetime.idle == 3600
    assert info.media_type == media_types.OCTET_STREAM


def test_lists_and_waits(client: Client, space: str) -> None:
    refs = [client.put(i, name=f"{space}/{i}") for i in range(20)]
    assert client.get([*refs, refs[0]]) == [*range(20), 0]
    with pytest.raises(ObjectNotFound, match=f"{space}/none"):
        client.get([refs[0], f"{space}/none"])
    ready, pending = client.wait([refs[1], f"{space}/late", refs[0].id], num_returns=2, timeout=5)
    assert (ready, pending) == ([refs[1], refs[0].id], [f"{space}/late"])
    assert client.wait([f"{space}/late"], timeout=0.2) == ([], [f"{space}/late"])
    threading.Thread(target=lambda: client.put(9, name=f"{space}/late")).start()
    assert client.get(f"{space}/late", timeout=30) == 9
    tens = {info.name for info in client.list(namespace=space, prefix="1")}
    assert tens == {f"{space}/{i}" for i in (1, *range(10, 20))}
    assert len(list(client.list(namespace=space))) == 21


def test_delete_and_contains(client: Client, space: str) -> None:
    refs = [client.put(i, name=f"{space}/{i}", group="all") for i in range(4)]
    assert client.contains(refs[0]) and client.peek(refs[0].id)
    assert client.delete(refs[0]) == 1 and client.delete([refs[0], refs[1]]) == 1
    assert client.delete([]) == 0
    assert client.delete(group=f"{space}/all") == 2
    assert not client.contains(refs[3])
    with pytest.raises(ObjectNotFound):
        client.get(refs[3])
    with pytest.raises(ObjectNotFound):
        client.info(refs[3])


def test_create(client: Client, space: str) -> None:
    with client.create(80, name=f"{space}/x") as writer:
        np.frombuffer(writer.buffer, "f8")[:] = np.arange(10)
        assert not client.contains(writer.ref)
    assert np.frombuffer(client.get(writer.ref), "f8")[9] == 9
    anonymous = client.create(5)
    with pytest.raises(InvalidState):
        assert anonymous.ref
    view = memoryview(anonymous.buffer)
    with pytest.raises(BufferError):
        anonymous.seal()
    view.release()
    assert client.get(anonymous.seal()) == bytes(5)
    with pytest.raises(InvalidState):
        anonymous.seal()
    with pytest.raises(ObjectExists):
        client.create(5, name=f"{space}/x")
    with pytest.raises(OutOfMemory):
        client.create(1 << 40)


def test_watch(client: Client, space: str) -> None:
    with client.watch(namespace=space) as events:
        ref = client.put(b"123", name=f"{space}/x")
        client.delete(ref)
        sealed, deleted = next(events), next(events)
    assert (sealed.kind, sealed.id, sealed.name, sealed.size) == ("sealed", ref.id, ref.name, 3)
    assert (deleted.kind, deleted.id) == ("deleted", ref.id)


def test_info_of_the_node(client: Client) -> None:
    said = client.info()
    assert said["capacity"] >= said["used"] > 0 and said["state"]
    assert client.nodes()[0]["id"] == said["id"]


def test_a_caller_on_the_nodes_host_reads_in_place(gateway: Gateway, node: Node) -> None:
    with tokamak.connect(gateway.url) as client:
        assert client.locality.zero_copy and str(node.folder) in client.locality.reason
        ref = client.put(np.arange(1000))
        array = client.get(ref)
        assert client.info(ref).pins[0].count == 1
        del array


def test_the_environment_names_the_gateway(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKAMAK_URL", gateway.url)
    with tokamak.connect() as client:
        assert client.get(client.put(5)) == 5


def test_the_gateways_end_is_said_and_its_return_is_survived(node: Node) -> None:
    with Gateway(node) as gateway, Client(RemoteBackend(gateway.url, timeout=60)) as client:
        ref = client.put(b"before")
        gateway.restart()
        assert client.get(ref) == b"before"
        assert client.get(client.put(b"after", name=f"again/{uuid.uuid4().hex}x")) == b"after"
        gateway.close()
        hasty = Client(RemoteBackend(gateway.url, timeout=0.2))
        with pytest.raises(NodeUnavailable):
            hasty.info()
        hasty.close()
        with pytest.raises(InvalidState):
            hasty.put(1)


def test_what_is_no_address() -> None:
    assert address_of("tokamak://host") == ("host:9090", False)
    assert address_of("https://[::1]:7") == ("[::1]:7", True)
    for wrong in (
        "ftp://x",
        "tokamak://",
        "tokamak://h/path",
        "tokamak://h:99999",
        "tokamak://u@h",
    ):
        with pytest.raises(InvalidRequest):
            address_of(wrong)


def test_a_program_without_numpy_can_use_it(gateway: Gateway) -> None:
    program = f"""
import sys
sys.modules["numpy"] = None
import tokamak
client = tokamak.connect({gateway.url!r})
assert client.get(client.put({{"a": [1]}})) == {{"a": [1]}}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
