"""The project's checker, and whatever else of the node's class path a test runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from node import Node, jar, java

HERE = Path(__file__).resolve().parent


def class_path() -> str:
    return f"{jar('store-service').parent}/lib/*"


def program(name: str, *arguments: str) -> list[str]:
    """The command that runs a program of ``tests/java``."""
    return [
        java(),
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "--sun-misc-unsafe-memory-access=allow",
        "--enable-native-access=ALL-UNNAMED",
        "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
        "--add-opens=java.management/sun.management=ALL-UNNAMED",
        "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
        "-cp",
        class_path(),
        str(HERE / "java" / f"{name}.java"),
        *arguments,
    ]


def faults(node: Node) -> str:
    """What the checker finds wrong with a node's folder, beside the node; empty: nothing."""
    done = subprocess.run(
        program("CheckStore", str(node.folder)), capture_output=True, text=True, timeout=120
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout if done.returncode else ""
