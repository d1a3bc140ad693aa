from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
import tokamak
from node import Gateway, Node
from tokamak._local import LocalBackend
from ways import Way


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The node that tests share. Tests that kill or restart one use :func:`own_node`."""
    shared = Node("512MB")
    try:
        yield shared.start()
    finally:
        shared.close()


@pytest.fixture(scope="session")
def gateway(node: Node) -> Iterator[Gateway]:
    """In front of the node that tests share."""
    with Gateway(node) as started:
        yield started


@pytest.fixture(params=["in place", "by streams"])
def way(request: pytest.FixtureRequest, node: Node) -> Way:
    """What uses this, or :func:`client`, runs once for each."""
    if request.param == "in place":
        return Way(str(node.folder))
    return Way(request.getfixturevalue("gateway").url, streams=True)


@pytest.fixture
def client(way: Way) -> Iterator[tokamak.Client]:
    with way.connect() as connected:
        yield connected


@pytest.fixture
def space() -> str:
    """A namespace of the test's own."""
    return "t" + uuid.uuid4().hex


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
