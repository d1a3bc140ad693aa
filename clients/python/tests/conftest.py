from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from node import Node


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
