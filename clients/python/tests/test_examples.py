"""The example programs, as the documentation says to run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from node import Node

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_workers(node: Node) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "workers.py"), "--millions", "2"],
        env=os.environ | {"TOKAMAK_FOLDER": str(node.folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 workers summed 16,0")
