"""What is so only through a gateway; the calls themselves are in test_client.py."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import tokamak
from node import Gateway, Node, eventually, stopped
from tokamak._client import Client
from tokamak._remote import RemoteBackend, address_of
from tokamak.errors import (
    DeadlineExceeded,
    InvalidRequest,
    InvalidState,
    NodeUnavailable,
)
from ways import Way, run_child, within


@pytest.fixture
def way(gateway: Gateway) -> Way:
    return Way(gateway.url, streams=True)


def test_it_says_that_it_streams(client: Client) -> None:
    assert not client.locality.zero_copy
    assert "a test" in client.locality.reason


def test_there_is_no_session_to_end_with(client: Client) -> None:
    with pytest.raises(InvalidRequest, match="give ttl or idle"):
        client.put(1, lifetime="session")


def test_an_object_without_a_name_has_no_id_before_its_seal(client: Client) -> None:
    writer = client.create(5)
    with pytest.raises(InvalidState):
        assert writer.ref
    assert client.get(writer.seal()) == bytes(5)


def test_a_caller_on_the_nodes_host_reads_in_place(gateway: Gateway, node: Node) -> None:
    with tokamak.connect(gateway.url) as client:
        assert client.locality.zero_copy and str(node.folder) in client.locality.reason
        ref = client.put(np.arange(1000))
        array = client.get(ref)
        assert client.info(ref).pins[0].count == 1
        del array


def _as_nobody(url: str, value: int, answers: Any) -> None:
    import tokamak._remote  # nobody may read where it lies

    os.setgroups([])
    os.setgid(65_534)
    os.setuid(65_534)
    with tokamak.connect(url) as client:
        read = client.get(client.put(value))
        answers.put((read, client.locality.zero_copy, client.locality.reason))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_streams_is_told_why(own_node: Callable[..., Node]) -> None:
    node = own_node("64MB")
    context = multiprocessing.get_context("spawn")
    with Gateway(node) as gateway:
        for mode, why in ((0o700, "folder not visible"), (0o755, "permission")):
            os.chmod(node.parent, mode)
            answers = context.Queue()
            child = context.Process(target=_as_nobody, args=(gateway.url, mode, answers))
            child.start()
            read, in_place, reason = answers.get(timeout=60)
            child.join(60)
            assert (read, in_place, child.exitcode) == (mode, False, 0)
            assert reason.startswith("streamed by the gateway") and reason.endswith(f": {why}")


class _Elsewhere(RemoteBackend):
    """A gateway of another host, where the node's folder has the name of one that is here."""

    folder = ""

    def info(self) -> Mapping[str, Any]:
        return {**super().info(), "folder": self.folder}


def test_another_nodes_folder_is_not_read(
    gateway: Gateway, own_node: Callable[..., Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokamak._remote.RemoteBackend", _Elsewhere)
    monkeypatch.setattr(_Elsewhere, "folder", str(own_node("64MB").folder))
    with tokamak.connect(gateway.url) as client:
        assert not client.locality.zero_copy
        assert client.locality.reason.endswith("another node has that folder here")
        assert client.get(client.put(5)) == 5
    monkeypatch.setattr(_Elsewhere, "folder", "")
    with tokamak.connect(gateway.url) as client:
        assert client.locality.reason.endswith("the gateway names no folder")


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


@pytest.mark.parametrize(
    "call",
    [
        lambda client, ref: client.get("silent/missing", timeout=0.2),
        lambda client, ref: client.get(ref),
        lambda client, ref: client.wait(["silent/missing"], timeout=0.2),
        lambda client, ref: client.put(1),
        lambda client, ref: client.put(bytes(4 << 20)),
        lambda client, ref: client.put(1, name="silent/name"),
        lambda client, ref: client.watch(),
    ],
    ids=["get missing", "get", "wait", "put", "put much", "put named", "watch"],
)
def test_nobody_waits_for_ever_for_a_gateway_that_is_silent(
    gateway: Gateway, call: Callable[[Client, tokamak.Ref], object]
) -> None:
    with Client(RemoteBackend(gateway.url, timeout=1)) as client:
        ref = client.put(1)
        with stopped(gateway.process):
            failure = within(10, lambda: call(client, ref))
        assert isinstance(failure, (DeadlineExceeded, NodeUnavailable))
        assert client.get(ref) == 1


def test_a_forked_child_connects_anew_whatever_its_parent_does(gateway: Gateway) -> None:
    space = f"forks{uuid.uuid4().hex}"
    with Client(RemoteBackend(gateway.url)) as client:
        ref = client.put(b"the parent's")
        events = client.watch(namespace=space)
        seen: list[tokamak.ObjectEvent] = []
        watching = threading.Thread(target=lambda: seen.extend(events))
        watching.start()

        def child() -> None:
            assert client.get(ref) == b"the parent's"
            assert next(events).kind == "gap"
            client.put(b"the child's", name=f"{space}/child")
            assert next(events).name == f"{space}/child"
            events.close()
            client.close()

        assert run_child(child) == 0
        assert run_child(client.close) == 0
        client.put(1, name=f"{space}/parent")
        eventually(lambda: len(seen) == 2, "the parent watches on")
        assert [each.name for each in seen] == [f"{space}/child", f"{space}/parent"]
        events.close()
        watching.join(20)


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
