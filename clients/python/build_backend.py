"""Builds the package by maturin, after a look at whether that can go well: a wheel is compiled on the machine
that installs it, so who has no compiler is told what to install, not what went wrong below.

The hooks are those of PEP 517 and PEP 660.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

RUST_MIN = (1, 90)
"""As in Cargo.toml; a test compares."""


def _unable(why: str, remedy: str) -> SystemExit:
    return SystemExit(f"\ntokamak cannot be built here: {why}.\n  {remedy}\n")


def _check() -> None:
    """Raises ``SystemExit`` with what is missing and how it is installed."""
    if not sys.platform.startswith("linux"):
        raise _unable(
            f"it maps the memory of a node on Linux, this is {sys.platform}", "Use Linux."
        )
    installed = Path.home() / ".cargo" / "bin"
    if shutil.which("cargo") is None and (installed / "cargo").is_file():
        # Where Rust's installer puts it, in a shell that was opened before.
        os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{installed}"
    least = ".".join(map(str, RUST_MIN))
    remedy = (
        f"Install Rust {least} or newer by its installer, https://rustup.rs, and open a new shell; "
        "then repeat the command."
    )
    if shutil.which("cargo") is None or shutil.which("rustc") is None:
        raise _unable("its extension is written in Rust, and there is no cargo in the PATH", remedy)
    said = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"rustc (\d+)\.(\d+)", said.stdout)
    if said.returncode or version is None:
        raise _unable(
            f"rustc --version fails: {(said.stderr or said.stdout).strip()[:500]}", remedy
        )
    if (int(version[1]), int(version[2])) < RUST_MIN:
        raise _unable(f"Rust {version[1]}.{version[2]} is too old for its extension", remedy)
    if shutil.which("cc") is None:
        raise _unable(
            "there is no linker, cc, in the PATH",
            "Install a C compiler: gcc and libc6-dev on Debian and Ubuntu, gcc on Fedora; "
            "then repeat the command.",
        )


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    _check()
    import maturin

    return maturin.get_requires_for_build_wheel(config_settings)


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Any = None) -> str:
    _check()
    import maturin

    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    _check()
    import maturin

    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None
) -> str:
    _check()
    import maturin

    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    return []


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    import maturin

    return maturin.build_sdist(sdist_directory, config_settings)
