"""Files of the store, as libraries open them."""

from __future__ import annotations

import uuid

import fsspec
import numpy as np
import pandas as pd
import polars as pl
import pytest
from node import Node
from pyarrow import parquet


@pytest.fixture
def files(node: Node) -> fsspec.AbstractFileSystem:
    return fsspec.filesystem("tokamak", folder=str(node.folder), skip_instance_cache=True)


@pytest.fixture
def space() -> str:
    return "f" + uuid.uuid4().hex


def test_files_are_written_whole_and_read(files: fsspec.AbstractFileSystem, space: str) -> None:
    path = f"tokamak://{space}/a/b.txt"
    with files.open(path, "wb") as file:
        file.write(b"first ")
        assert not files.exists(path)
        file.write(b"second")
    with files.open(path, "rb") as file:
        file.seek(6)
        assert file.read(3) == b"sec" and file.tell() == 9
        file.seek(-3, 2)
        assert file.read() == b"ond"
    assert files.cat_file(path, 1, 4) == b"irs"
    with files.open(path, "r") as text:
        assert text.readline() == "first second"


def test_a_block_that_fails_writes_nothing(files: fsspec.AbstractFileSystem, space: str) -> None:
    path = f"tokamak://{space}/x"
    with pytest.raises(KeyError), files.open(path, "wb") as file:
        file.write(b"half")
        raise KeyError
    assert not files.exists(path)


def test_directories(files: fsspec.AbstractFileSystem, space: str) -> None:
    for key in ("a/1", "a/2", "a/deep/3", "top"):
        files.pipe_file(f"{space}/{key}", key.encode())
    assert files.ls(space, detail=False) == [f"{space}/a", f"{space}/top"]
    assert files.ls(f"{space}/a", detail=False) == [
        f"{space}/a/1",
        f"{space}/a/2",
        f"{space}/a/deep",
    ]
    assert files.isdir(f"{space}/a") and files.isfile(f"{space}/top")
    assert files.info(f"{space}/top")["size"] == 3
    assert sorted(files.find(space)) == [
        f"{space}/a/1",
        f"{space}/a/2",
        f"{space}/a/deep/3",
        f"{space}/top",
    ]
    assert files.glob(f"{space}/a/*") == [f"{space}/a/1", f"{space}/a/2", f"{space}/a/deep"]
    files.rm(f"{space}/a", recursive=True)
    assert files.ls(space, detail=False) == [f"{space}/top"]
    for wrong in (files.info, files.rm_file, files.cat_file):
        with pytest.raises(FileNotFoundError):
            wrong(f"{space}/nothing")
    with pytest.raises(FileNotFoundError):
        files.ls(f"{space}/nothing")


def test_writing_again_and_exclusively(files: fsspec.AbstractFileSystem, space: str) -> None:
    path = f"{space}/x"
    files.pipe_file(path, b"one")
    files.pipe_file(path, b"two")
    assert files.cat_file(path) == b"two"
    with pytest.raises(FileExistsError):
        files.pipe_file(path, b"three", mode="create")
    with pytest.raises(ValueError):
        files.open(path, "ab")


def test_libraries_read_and_write(node: Node, space: str) -> None:
    options = {"folder": str(node.folder)}
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.to_parquet(f"tokamak://{space}/t.parquet", storage_options=options)
    read = pd.read_parquet(f"tokamak://{space}/t.parquet", storage_options=options)
    pd.testing.assert_frame_equal(read, frame)
    frame.to_csv(f"tokamak://{space}/t.csv", index=False, storage_options=options)
    assert pd.read_csv(f"tokamak://{space}/t.csv", storage_options=options)["a"].sum() == 3
    with fsspec.open(f"tokamak://{space}/a.npy", "wb", **options) as file:
        np.save(file, np.arange(5))
    with fsspec.open(f"tokamak://{space}/a.npy", "rb", **options) as file:
        assert np.load(file).sum() == 10


def test_polars_and_pyarrow(node: Node, space: str) -> None:
    """polars opens paths by means of its own: it takes what fsspec has opened."""
    options = {"folder": str(node.folder)}
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    with fsspec.open(f"tokamak://{space}/t.parquet", "wb", **options) as file:
        frame.write_parquet(file)
    with fsspec.open(f"tokamak://{space}/t.parquet", "rb", **options) as file:
        assert pl.read_parquet(file).equals(frame)
    files = fsspec.filesystem("tokamak", **options)
    table = parquet.read_table(f"{space}/t.parquet", filesystem=files)
    assert table.column("a").to_pylist() == [1, 2]
    parquet.write_table(table, f"{space}/again.parquet", filesystem=files)
    with fsspec.open(f"tokamak://{space}/again.parquet", "rb", **options) as file:
        assert pl.read_parquet(file).equals(frame)


def test_zarr(node: Node, space: str) -> None:
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    options = {"folder": str(node.folder)}
    numbers = np.arange(200_000.0).reshape(1000, 200)
    array = zarr.create_array(
        f"tokamak://{space}/array",
        shape=numbers.shape,
        chunks=(100, 100),
        dtype=numbers.dtype,
        storage_options=options,
    )
    array[:] = numbers
    array[5:7, 3] = numbers[5:7, 3] = -1  # two chunks are written again
    array.attrs["unit"] = "m"
    read = zarr.open_array(f"tokamak://{space}/array", mode="r", storage_options=options)
    np.testing.assert_array_equal(read[:], numbers)
    np.testing.assert_array_equal(read[995:, ::50], numbers[995:, ::50])
    assert read.attrs["unit"] == "m"
    files = fsspec.filesystem("tokamak", **options)
    assert len(files.find(f"{space}/array/c")) == 20

    group = zarr.open_group(f"tokamak://{space}/group", mode="w", storage_options=options)
    group.create_array("a", data=np.arange(10))
    group.create_array("deep/b", data=np.arange(3))
    again = zarr.open_group(f"tokamak://{space}/group", mode="r", storage_options=options)
    assert (sorted(again.array_keys()), sorted(again.group_keys())) == (["a"], ["deep"])
    assert again["deep/b"][:].tolist() == [0, 1, 2]
    del group["a"]
    again = zarr.open_group(f"tokamak://{space}/group", mode="r", storage_options=options)
    assert sorted(again.array_keys()) == []
