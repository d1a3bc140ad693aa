"""Writes ``python/tokamak/_proto`` from ``../../proto``. Needs grpcio-tools, of the ``test`` extra.

The generated modules are kept in the repository: neither pip nor maturin runs a compiler for them. A
test runs this again and compares.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
FILES = ("tokamak/local/v1/local.proto", "tokamak/v1/store.proto")


def generate(target: Path) -> None:
    """Generates all modules below ``target``, flat, importing each other from ``tokamak._proto``."""
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [
            "protoc",
            f"-I{PROTO}",
            f"-I{Path(grpc_tools.__file__).parent / '_proto'}",
            f"--python_out={scratch}",
            f"--pyi_out={scratch}",
            *FILES,
        ]
        # The node's own service is called without the library of gRPC (decision 9).
        services = [arguments[0], *arguments[1:3], f"--grpc_python_out={scratch}", FILES[1]]
        if protoc.main(arguments) != 0 or protoc.main(services) != 0:
            raise RuntimeError("protoc failed")
        target.mkdir(parents=True, exist_ok=True)
        for made in sorted(Path(scratch).rglob("*.py*")):
            text = made.read_text()
            text = re.sub(
                r"^from tokamak\.[\w.]+ import", "from tokamak._proto import", text, flags=re.M
            )
            (target / made.name).write_text(text)
    (target / "__init__.py").write_text(
        '"""Generated from the files below proto/ by generate_proto.py."""\n'
    )


if __name__ == "__main__":
    directory = HERE / "python" / "tokamak" / "_proto"
    shutil.rmtree(directory, ignore_errors=True)
    generate(directory)
    print("wrote", *sorted(file.name for file in directory.iterdir()), file=sys.stderr)
