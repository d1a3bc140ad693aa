"""Programs of the former pyarrow.plasma."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pytest
import tokamak
from node import Gateway, Node
from tokamak import plasma
from tokamak._remote import RemoteBackend
from ways import later


@pytest.fixture
def client(node: Node, monkeypatch: pytest.MonkeyPatch) -> Iterator[plasma.PlasmaClient]:
    monkeypatch.setenv("TOKAMAK_FOLDER", str(node.folder))
    connected = plasma.connect("/tmp/plasma", "", 0)
    yield connected
    connected.delete(list(connected.list()))
    connected.disconnect()


def test_a_program_as_they_were_written(client: plasma.PlasmaClient) -> None:
    object_id = plasma.ObjectID(20 * b"a")
    buffer = client.create(object_id, 1000, b"meta")
    view = np.frombuffer(buffer, dtype="uint8")
    for i in range(1000):
        view[i] = i % 128
    assert not client.contains(object_id)
    client.seal(object_id)
    assert client.contains(object_id)
    view[0] = 99  # too late
    [found] = client.get_buffers([object_id])
    assert bytes(np.frombuffer(found, dtype="uint8")[:3]) == b"\x00\x01\x02"
    assert found.to_pybytes()[999] == 999 % 128
    assert client.get_buffers([object_id], with_meta=True)[0][0] == b"meta"
    assert client.get_metadata([object_id])[0].to_pybytes() == b"meta"


def test_put_and_get(client: plasma.PlasmaClient) -> None:
    array_id = client.put(np.arange(100))
    assert (client.get(array_id) == np.arange(100)).all()
    own = plasma.ObjectID.from_random()
    assert client.put({"a": 1}, own) == own
    assert client.get([own, array_id])[0] == {"a": 1}
    raw = client.put_raw_buffer(b"raw")
    assert client.get_buffers([raw])[0].to_pybytes() == b"raw"
    with pytest.raises(plasma.PlasmaObjectExists):
        client.put({"a": 1}, own)
    with pytest.raises(plasma.PlasmaObjectExists):
        client.create(own, 5)


def test_ids_that_a_put_makes_up(client: plasma.PlasmaClient, node: Node) -> None:
    values = [b"x" * 100, np.arange(128), {"a": 1}, np.zeros(1 << 20)]
    for value in values:  # each is seen, and deleted, right after its put
        for _ in range(50):
            made = client.put(value)
            assert client.contains(made)
            np.testing.assert_equal(client.get(made, timeout_ms=0), value)
            client.delete([made])
            assert not client.contains(made)
            assert client.get(made, timeout_ms=0) is plasma.ObjectNotAvailable
    ids = [client.put(value) for value in values]
    raw = client.put_raw_buffer(b"raw", metadata=b"meta")
    assert client.get_metadata([raw])[0].to_pybytes() == b"meta"
    listed = client.list()
    assert set(listed) == {*ids, raw}
    assert listed[raw]["metadata_size"] == 4
    other = plasma.connect(str(node.folder))
    try:
        for made, value in zip(ids, values, strict=True):
            np.testing.assert_equal(other.get(plasma.ObjectID(made.binary())), value)
    finally:
        other.disconnect()
    for taken in (lambda: client.put(b"x", raw), lambda: client.create(raw, 5)):
        with pytest.raises(plasma.PlasmaObjectExists):
            taken()


def test_what_is_not_there(client: plasma.PlasmaClient) -> None:
    missing = plasma.ObjectID.from_random()
    there = client.put(5)
    assert client.get([missing, there], timeout_ms=0) == [plasma.ObjectNotAvailable, 5]
    assert client.get(missing, 10) is plasma.ObjectNotAvailable
    assert client.get_buffers([missing], timeout_ms=0) == [None]
    with pytest.raises(plasma.PlasmaObjectNotFound):
        client.seal(missing)
    for wrong in (b"short", "text", 5):
        with pytest.raises(ValueError):
            plasma.ObjectID(wrong)  # type: ignore[arg-type]


def test_abort_list_and_delete(client: plasma.PlasmaClient) -> None:
    object_id = plasma.ObjectID.from_random()
    client.create(object_id, 100)
    assert client.list()[object_id]["state"] == "created"
    with pytest.raises(plasma.PlasmaObjectExists):
        client.create(object_id, 100)
    client.abort(object_id)
    client.create(object_id, 7)
    client.seal(object_id)
    with pytest.raises(plasma.PlasmaObjectNotFound):
        client.abort(object_id)
    assert client.list()[object_id]["data_size"] == 7
    client.delete([object_id])
    assert not client.contains(object_id) and object_id not in client.list()


def test_evict_drops_what_nobody_looks_at_and_nothing_else(
    client: plasma.PlasmaClient, node: Node
) -> None:
    with tokamak.connect(node.folder) as other:
        safe = other.put(b"x" * 100_000, name="other/safe")
        ids = [client.put_raw_buffer(bytes(100_000)) for _ in range(5)]
        held = client.get_buffers(ids[:1])
        assert 150_000 <= client.evict(150_000) <= 250_000
        assert client.evict(1 << 40) >= 150_000
        assert [client.contains(each) for each in ids] == [True, False, False, False, False]
        assert held[0].size == 100_000 and other.contains(safe)
        other.delete(safe)


def test_a_full_store_drops_what_is_oldest(
    own_node: Callable[..., Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    node = own_node("64MB")
    monkeypatch.setenv("TOKAMAK_FOLDER", str(node.folder))
    client = plasma.connect("/tmp/plasma")
    size = 9 << 20
    with tokamak.connect(node.folder) as other:
        safe = other.put(bytes(1000))
        named = plasma.ObjectID(20 * b"n")
        client.put_raw_buffer(bytes(1000), named)
        ids = [client.put_raw_buffer(bytes([i]) * size) for i in range(30)]
        assert not client.contains(ids[0]) and not client.contains(named)
        there = [i for i, each in enumerate(ids) if client.contains(each)]
        assert there == list(range(there[0], 30)) and len(there) > 1
        assert client.get_buffers(ids[-1:])[0].to_pybytes() == bytes([29]) * size
        for i in range(10):  # reserved before, and one after the other
            object_id = plasma.ObjectID(bytes([i]) * 20)
            client.create(object_id, size)
            client.seal(object_id)
            assert client.contains(object_id)
        held = client.get_buffers([client.put_raw_buffer(bytes(50 << 20))])
        with pytest.raises(plasma.PlasmaStoreFull):
            client.create(plasma.ObjectID.from_random(), 100 << 20)
        assert held[0].size == 50 << 20 and other.contains(safe)
        small = client.put(b"x")
        assert client.contains(small)
        del held
    client.disconnect()


def test_what_goes_meanwhile_is_not_there(client: plasma.PlasmaClient, node: Node) -> None:
    object_id = plasma.ObjectID(20 * b"m")
    ended = threading.Event()

    def come_and_go() -> None:
        other = plasma.connect(str(node.folder))
        while not ended.is_set():
            other.put_raw_buffer(b"bytes", object_id, b"meta")
            other.delete([object_id])
        other.disconnect()

    with later(come_and_go):
        try:
            for _ in range(300):
                assert client.list().get(object_id, {"data_size": 5})["data_size"] == 5
                (pair,) = client.get_buffers([object_id], timeout_ms=0, with_meta=True)
                assert pair == (None, None) or (pair[0], pair[1].to_pybytes()) == (
                    b"meta",
                    b"bytes",
                )
                (said,) = client.get_metadata([object_id], timeout_ms=0)
                assert said is None or said.to_pybytes() == b"meta"
        finally:
            ended.set()


def test_the_rest_of_the_interface(client: plasma.PlasmaClient) -> None:
    object_id = plasma.ObjectID.from_random()
    client.create_and_seal(object_id, b"bytes", b"meta")
    [found] = client.get_buffers([object_id])
    assert isinstance(found, plasma.PlasmaBuffer) and found.to_pybytes() == b"bytes"
    same = client.put_raw_buffer(b"bytes", metadata=b"meta")
    assert client.hash(object_id) == client.hash(same) != client.hash(client.put_raw_buffer(b"b"))
    assert len(client.hash(same)) == 8 and client.hash(plasma.ObjectID.from_random()) == b""
    assert "capacity" in client.debug_string()
    for call, instead in (
        (client.get_notification_socket, "subscribe"),
        (lambda: client.decode_notifications(b""), "get_next_notification"),
        (lambda: client.set_client_options("name", 1 << 20), "pool"),
        (client.to_capsule, "Python"),
        (lambda: plasma.start_plasma_store(1 << 20), "tokamak up"),
        (lambda: plasma.build_plasma_tensorflow_op(), "numpy"),
    ):
        with pytest.raises(NotImplementedError, match=instead) as failure:
            call()
        assert isinstance(failure.value, tokamak.TokamakError)


def test_what_is_put_lives_until_it_is_dropped_by_streams_too(gateway: Gateway) -> None:
    backend = RemoteBackend(gateway.url)
    client = plasma.PlasmaClient(tokamak.Client(backend), "")
    made = client.put(b"x")
    described = backend.head(made._ref._target)
    assert described is not None and described.lifetime.until_deleted
    client.delete([made])
    client.disconnect()


def test_its_names_are_read_by_others(client: plasma.PlasmaClient, node: Node) -> None:
    object_id = client.put([1, 2], plasma.ObjectID(20 * b"o"))
    with tokamak.connect(node.folder) as other:
        assert other.get(("plasma", object_id.binary().hex())) == [1, 2]


def test_notifications(client: plasma.PlasmaClient) -> None:
    with pytest.raises(tokamak.InvalidState):
        client.get_next_notification()
    client.subscribe()
    object_id = client.put_raw_buffer(b"123")
    assert client.get_next_notification() == (object_id, 3, 0)
    client.delete([object_id])
    assert client.get_next_notification() == (object_id, -1, -1)
    described = client.put_raw_buffer(b"123", metadata=b"12345")
    assert client.get_next_notification() == (described, 3, 5)


def test_arrow_as_its_documentation_showed_it(client: plasma.PlasmaClient) -> None:
    tensor = pa.Tensor.from_numpy(np.random.default_rng(1).standard_normal((10, 4)))
    object_id = plasma.ObjectID.from_random()
    buffer = client.create(object_id, pa.ipc.get_tensor_size(tensor))
    pa.ipc.write_tensor(tensor, pa.FixedSizeBufferWriter(buffer))
    client.seal(object_id)
    [found] = client.get_buffers([object_id])
    assert pa.ipc.read_tensor(pa.BufferReader(found)).equals(tensor)


def test_what_there_is_room_for(client: plasma.PlasmaClient) -> None:
    assert client.store_capacity() > 0
    with pytest.raises(tokamak.TokamakError):
        client.create(plasma.ObjectID.from_random(), 1 << 45)
