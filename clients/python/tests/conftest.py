from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from node import Node
from tokamak._local import LocalBackend


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The node that tests share. Tests that kill or restart one use :func:`own_node`."""
    shared = Node("512MB")
    try:
        yield shared.start()
    finally:
        shared.close()


@pytest.fixture
def own_node() -> Iterator[Callable[..., Node]]:
    """Starts nodes for this test alone: ``own_node("64MB", "--tokamak.some=option")``."""
    nodes: list[Node] = []

    def start(pool: str = "256MB", *options: str) -> Node:
        nodes.append(Node(pool, *options))
        return nodes[-1].start()

    yield start
    for started in nodes:
        started.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., LocalBackend]]:
    """Co-located backends, closed after the test: ``connect(node)``."""
    backends: list[LocalBackend] = []

    def open_backend(node: Node, **options: float) -> LocalBackend:
        backends.append(LocalBackend(str(node.folder), name="test", **options))
        return backends[-1]

    yield open_backend
    for backend in backends:
        backend.close()


@pytest.fixture
def backend(node: Node, connect: Callable[..., LocalBackend]) -> LocalBackend:
    return connect(node)
