"""A real node, in a process and a folder of its own."""

from __future__ import annotations

import glob
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 180.0
"""Seconds for a JVM to start in, beside builds on two cores."""


def eventually(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """Waits until the condition holds, and returns what it answered."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


def java() -> str:
    """The JDK 25 that the project is built with: of ``JAVA_HOME``, or where systems keep them."""
    homes = [os.environ.get("JAVA_HOME", ""), *sorted(glob.glob("/usr/lib/jvm/*25*"))]
    for home in homes:
        if "25" in home and os.access(f"{home}/bin/java", os.X_OK):
            return f"{home}/bin/java"
    return "java"


def jar(module: str) -> Path:
    found = sorted((ROOT / module / "target").glob(f"tokamak-{module}-*.jar"))
    if not found:
        raise RuntimeError(
            f"{module} is not built: run `mvn -q -pl {module} -am -DskipTests package` first"
        )
    return found[-1]


def command(module: str) -> list[str]:
    """Starts a service; arguments may follow. The first to end leaves its classes for the rest."""
    program = jar(module)
    return [
        java(),
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-Dspring.aot.enabled=true",
        "-XX:+AutoCreateSharedArchive",
        f"-XX:SharedArchiveFile={program.parent / 'classes.jsa'}",
        "-Xlog:cds=off,cds+dynamic=off",
        "--sun-misc-unsafe-memory-access=allow",
        "-jar",
        str(program),
    ]


@contextmanager
def stopped(process: subprocess.Popen[bytes] | None) -> Iterator[None]:
    """The process is silent during the block: it accepts connections, and says nothing."""
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def free_port() -> int:
    """Below those from which the system takes one for a connection: it stays free until it is used."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:  # taken: another one, then
                continue
            return port


class Node:
    """``pool`` is the size as the node's options write it: ``256MB``."""

    def __init__(self, pool: str = "256MB", *options: str) -> None:
        self.parent = Path(tempfile.mkdtemp(prefix="tokamak-python-", dir="/dev/shm"))
        self.folder = self.parent / "node"
        self.pool = pool
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Node:
        """Returns when the node answers."""
        with open(self.parent / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *command("store-service"),
                    "--server.port=0",
                    f"--tokamak.folder={self.folder}",
                    f"--tokamak.pool.size={self.pool}",
                    f"--tokamak.cluster.port={free_port()}",
                    f"--tokamak.cluster.name={self.parent.name}",
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._answers, "the node answers", PATIENCE)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError("the node did not start:\n" + (self.parent / "log").read_text())
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.folder / "control"))
                return True
            except OSError:
                return False

    def kill(self) -> None:
        """kill -9: what is in shared memory stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)
        self.process = None

    def close(self) -> None:
        self._end(signal.SIGKILL)
        shutil.rmtree(self.parent, ignore_errors=True)


class Gateway:
    """A gateway in front of a node, in a process of its own; ``url`` is where its gRPC listens."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.ports = free_port(), free_port()
        self.url = f"tokamak://127.0.0.1:{self.ports[1]}"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Gateway:
        rest, grpc = self.ports
        with open(self.node.parent / "gateway-log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *command("gateway"),
                    f"--server.port={rest}",
                    f"--spring.grpc.server.port={grpc}",
                    f"--tokamak.folder={self.node.folder}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_ready, "the gateway is ready", PATIENCE)
        return self

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError((self.node.parent / "gateway-log").read_text())
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.ports[0]}/actuator/health/readiness", timeout=5
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def restart(self) -> None:
        self.close()
        self.__enter__()

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def __exit__(self, *_: object) -> None:
        self.close()
