"""Installing from the sources on a machine where that cannot go well."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1]


def install(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """``pip install`` of the sources with the programs of a folder alone. What the build needs of Python is
    not fetched: the answer comes before it is used."""
    return subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
        + ["--target", str(home / "target"), str(SOURCES)],
        env={"PATH": str(folder), "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, says: str) -> None:
    shell = shutil.which("sh")
    (folder / name).write_text(f"#!{shell}\necho '{says}'\n")
    os.chmod(folder / name, 0o755)


def test_without_rust_pip_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    done = install(programs, tmp_path)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "its extension is written in Rust, and there is no cargo in the PATH" in said
    assert "Install Rust 1.90 or newer by its installer, https://rustup.rs" in said
    assert "Traceback" not in said


def test_an_old_rust_is_told_from_none(programs: Path, tmp_path: Path) -> None:
    program(programs, "cargo", "cargo 1.89.0 (c24e10642 2025-06-23)")
    program(programs, "rustc", "rustc 1.89.0 (29483883e 2025-08-04)")
    said = install(programs, tmp_path).stderr
    assert "Rust 1.89 is too old for its extension" in said and "https://rustup.rs" in said


def test_a_missing_linker_is_said(programs: Path, tmp_path: Path) -> None:
    program(programs, "cargo", "cargo 1.95.0")
    program(programs, "rustc", "rustc 1.95.0 (59807616e 2026-04-14)")
    said = install(programs, tmp_path).stderr
    assert "there is no linker, cc, in the PATH" in said and "libc6-dev" in said


def test_the_version_asked_for_is_cargos() -> None:
    wanted = re.search(r'rust-version = "(\d+)\.(\d+)"', (SOURCES / "Cargo.toml").read_text())
    backend = (SOURCES / "build_backend.py").read_text()
    assert wanted is not None and f"RUST_MIN = ({wanted[1]}, {wanted[2]})" in backend
    assert f"RUST_MIN={wanted[1]}.{wanted[2]} " in (SOURCES / "run-tests").read_text()
