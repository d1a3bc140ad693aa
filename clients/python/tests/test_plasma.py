"""Programs of the former pyarrow.plasma."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
import tokamak
from node import Node
from tokamak import plasma


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
