"""Calls a gateway with stubs that plain protoc has made, and prints a line for each check: `ok` or `FAILED`, and what.

Usage: grpc_calls.py ADDRESS, with the made modules on the path. The node's folder has to be on this host.
"""

import hashlib
import mmap
import os
import sys
import threading
import traceback

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from tokamak.v1 import store_pb2 as pb
from tokamak.v1 import store_pb2_grpc

PART_BYTES = 1 << 20
NAMESPACE = "python"

checks = []


def check(what):
    """Makes a function one of the checks."""
    return lambda function: checks.append((what, function))


def named(key):
    return pb.ObjectRef(name=pb.ObjectName(namespace=NAMESPACE, key=key))


def put(store, data, **spec):
    def requests():
        yield pb.PutRequest(spec=pb.PutSpec(**spec))
        for at in range(0, len(data), PART_BYTES):
            yield pb.PutRequest(data=data[at : at + PART_BYTES])

    return store.Put(requests(), timeout=60)


def put_named(store, key, data, **spec):
    return put(store, data, name=pb.ObjectName(namespace=NAMESPACE, key=key), **spec)


def get(store, ref, **request):
    return b"".join(part.data for part in store.Get(pb.GetRequest(object=ref, **request), timeout=60))


def failure(call):
    """How a call fails: its code, and its reason."""
    try:
        call()
    except grpc.RpcError as error:
        info = error_details_pb2.ErrorInfo()
        assert any(packed.Unpack(info) for packed in rpc_status.from_call(error).details), error
        assert info.domain == "tokamak" and info.metadata["remedy"], info
        return error.code(), info.reason
    raise AssertionError("the call did not fail")


@check("an object of some megabytes comes back as it went")
def round_trip(store, _):
    data = os.urandom(5 * PART_BYTES + 7)
    answer = put_named(store, "large", data, size_bytes=len(data), sha256=hashlib.sha256(data).digest())
    assert answer.created and answer.object.size_bytes == len(data)
    assert get(store, pb.ObjectRef(id=answer.object.id)) == data
    assert get(store, named("large"), offset_bytes=100, length_bytes=2_000_000) == data[100:2_000_100]
    again = put_named(store, "large", data)
    assert not again.created and again.object.incarnation == answer.object.incarnation


@check("what is said of an object comes back with it")
def description(store, _):
    put_named(store, "described", b"x", media_type="text/plain", attributes={"colour": "grün"})
    first = next(iter(store.Get(pb.GetRequest(object=named("described")))))
    assert first.object.media_type == "text/plain" and first.object.attributes["colour"] == "grün"
    head = store.Head(pb.HeadRequest(object=named("described"))).object
    assert head.name.key == "described" and head.home and head.created.seconds > 0


@check("many small objects come in one call")
def batch(store, _):
    expected = {}
    for i in range(200):
        put_named(store, f"batch/{i}", bytes([i]) * i)
        expected[i] = bytes([i]) * i
    refs = [named(f"batch/{i}") for i in range(200)] + [named("batch/none")]
    found = {}
    for part in store.BatchGet(pb.BatchGetRequest(objects=refs)):
        for item in part.items:
            found[item.index] = item
    assert found.pop(200).WhichOneof("outcome") == "missing"
    assert {index: item.data for index, item in found.items()} == expected


@check("pages of a list give every object once")
def pages(store, _):
    for i in range(25):
        put_named(store, f"page/{i}", b"x")
    keys, cursor = [], ""
    while True:
        page = store.List(pb.ListRequest(namespace=NAMESPACE, prefix="page/", limit=10, cursor=cursor))
        keys += [found.name.key for found in page.objects]
        cursor = page.cursor
        if not cursor:
            break
    assert sorted(keys) == sorted(f"page/{i}" for i in range(25)), keys


@check("a wait ends when the object comes")
def wait(store, _):
    request = pb.WaitRequest(objects=[named("late")])
    request.timeout.FromSeconds(60)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(store.Wait(request)))
    waiting.start()
    put_named(store, "late", b"x")
    waiting.join(30)
    assert answers and len(answers[0].ready) == 1


@check("whoever watches hears of puts and deletions")
def watch(store, _):
    call = store.Watch(pb.WatchRequest(namespace=NAMESPACE, prefix="watched/"), timeout=60)
    assert next(call).kind == pb.WatchResponse.KIND_SUBSCRIBED
    put_named(store, "watched/1", b"four")
    store.Delete(pb.DeleteRequest(objects=[named("watched/1")]))
    sealed, deleted = next(call), next(call)
    assert (sealed.kind, sealed.name.key, sealed.size_bytes) == (pb.WatchResponse.KIND_SEALED, "watched/1", 4)
    assert deleted.kind == pb.WatchResponse.KIND_DELETED and int(deleted.sequence) > int(sealed.sequence)
    call.cancel()


@check("a deleted object is gone, and nobody minds a second deletion")
def delete(store, _):
    put_named(store, "deleted", b"x")
    request = pb.DeleteRequest(objects=[named("deleted"), named("never")])
    assert list(store.Delete(request).were_there) == [True, False]
    assert store.Delete(request).deleted == 0
    assert failure(lambda: get(store, named("deleted"))) == (grpc.StatusCode.NOT_FOUND, "object-not-found")


@check("a mapped object is read in place with nothing but open and mmap")
def mapped(store, nodes):
    data = os.urandom(3 * PART_BYTES)
    put_named(store, "mapped", data)
    folder = nodes.GetNode(pb.GetNodeRequest(id="local")).node.folder
    with open(os.path.join(folder, "nonce")) as file:
        nonce = file.read()
    call = store.Map(pb.MapRequest(object=named("mapped"), nonce=nonce))
    place = next(call)
    with open(os.path.join(place.folder, place.file), "rb") as file:
        start = place.offset_bytes - place.offset_bytes % mmap.ALLOCATIONGRANULARITY
        end = place.offset_bytes + place.length_bytes
        with mmap.mmap(file.fileno(), end - start, offset=start, access=mmap.ACCESS_READ) as memory:
            assert memory[place.offset_bytes - start : end - start] == data
    assert call.is_active()
    call.cancel()
    guess = pb.MapRequest(object=named("mapped"), nonce="0" * 32)
    assert failure(lambda: next(store.Map(guess))) == (grpc.StatusCode.FAILED_PRECONDITION, "not-co-located")


@check("errors say what, why and what to do")
def errors(store, nodes):
    put_named(store, "taken", b"x")
    code = grpc.StatusCode
    expected = [
        (lambda: put_named(store, "taken", b"y"), code.ALREADY_EXISTS, "object-exists"),
        (lambda: put(store, b"x", sha256=b"short"), code.INVALID_ARGUMENT, "bad-digest"),
        (lambda: put(store, b"x", sha256=bytes(32)), code.DATA_LOSS, "digest-mismatch"),
        (lambda: put(store, b"x", size_bytes=2), code.INVALID_ARGUMENT, "size-mismatch"),
        (lambda: put(store, b"", size_bytes=1 << 50), code.OUT_OF_RANGE, "too-large"),
        (lambda: get(store, pb.ObjectRef(id="nonsense")), code.INVALID_ARGUMENT, "bad-id"),
        (lambda: get(store, named("taken"), offset_bytes=2), code.OUT_OF_RANGE, "range-not-satisfiable"),
        (lambda: get(store, named("taken"), incarnation=1), code.ABORTED, "object-changed"),
        (lambda: store.List(pb.ListRequest(limit=1001)), code.INVALID_ARGUMENT, "bad-limit"),
        (lambda: nodes.GetNode(pb.GetNodeRequest(id="x")), code.NOT_FOUND, "node-not-found"),
    ]
    for call, status, reason in expected:
        assert failure(call) == (status, reason), reason


@check("nodes tell of their memory")
def memory(_, nodes):
    pool = nodes.ListNodes(pb.ListNodesRequest()).nodes[0].pool
    assert pool.live + pool.free + pool.leased + pool.condemned + pool.withheld == pool.capacity > 0


def main(address):
    failed = 0
    with grpc.insecure_channel(address) as channel:
        store, nodes = store_pb2_grpc.ObjectStoreStub(channel), store_pb2_grpc.NodesStub(channel)
        for what, function in checks:
            try:
                function(store, nodes)
                print("ok     ", what, flush=True)
            except Exception:  # the next check may tell more
                failed += 1
                print("FAILED ", what, flush=True)
                traceback.print_exc()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
