"""``tokamak://namespace/key`` for everything that reads and writes by fsspec: pandas, polars, zarr, pyarrow.

A file is an object: it appears when it is closed, whole, and is never changed. One that is written again is
another object: the former is deleted, and then the other put, so that who opens it in between finds none,
and a put that fails leaves none. Directories are what the
slashes of keys make of them, and exist as long as something is in them.
"""

from __future__ import annotations

import io
from typing import Any

from fsspec import AbstractFileSystem

from tokamak import media_types
from tokamak._client import Client, ObjectInfo, connect
from tokamak._native import copied, copy_into
from tokamak.errors import ObjectExists, ObjectNotFound


class TokamakFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The objects of the node whose folder is ``folder``, or that of :func:`tokamak.connect`."""

    protocol = "tokamak"
    root_marker = ""

    def __init__(self, folder: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._client: Client = connect(folder, name="fsspec", allow_pickle=False)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> io.IOBase:
        if mode == "rb":
            return io.BufferedReader(_Reader(self._view(path)))
        if mode in ("wb", "xb"):
            return _Writer(self, path, is_new=mode == "xb")
        raise ValueError(f"mode {mode!r}: an object is read, or written once")

    def _view(self, path: str) -> memoryview:
        try:
            return self._client.get_buffer(self._name(path))
        except ObjectNotFound:
            raise FileNotFoundError(path) from None

    def _name(self, path: str) -> tuple[str, str]:
        namespace, _, key = self._strip_protocol(path).partition("/")
        if not key:
            raise IsADirectoryError(path)
        return namespace, key

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **options: Any
    ) -> bytes:
        return copied(self._view(path)[start:end])

    def pipe_file(self, path: str, value: Any, mode: str = "overwrite", **options: Any) -> None:
        self._store(path, value, is_new=mode == "create")

    def _store(self, path: str, value: Any, is_new: bool) -> None:
        name = self._name(path)
        try:
            if is_new and self._client.contains(name):
                raise FileExistsError(path)
            self._client.put_buffer(value, name=name, media_type=media_types.OCTET_STREAM)
        except ObjectExists:
            if is_new:
                raise FileExistsError(path) from None
            # A file that is written again is another object of the same name.
            self._client.delete(name)
            self._client.put_buffer(value, name=name, media_type=media_types.OCTET_STREAM)

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        namespace, _, key = path.partition("/")
        if key:
            try:
                return _entry(self._client.info((namespace, key)))
            except ObjectNotFound:
                pass  # perhaps a directory
        below = f"{key}/" if key else ""
        if not path or next(self._objects(namespace, below), None) is not None:
            return {"name": path, "size": 0, "type": "directory"}
        raise FileNotFoundError(path)

    def _objects(self, namespace: str, prefix: str) -> Any:
        return self._client.list(namespace=namespace or None, prefix=prefix or None)

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        path = self._strip_protocol(path)
        namespace, _, key = path.partition("/")
        prefix = f"{key}/" if key else ""
        entries: dict[str, dict[str, Any]] = {}
        for each in self._objects(namespace, prefix):
            if each.name is None:
                continue
            depth = len(f"{namespace}/{prefix}") if namespace else 0
            directory, slash, _ = each.name[depth:].partition("/")
            if slash:
                name = each.name[:depth] + directory
                entries.setdefault(name, {"name": name, "size": 0, "type": "directory"})
            else:
                entries[each.name] = _entry(each)
        if not entries and path:
            entries[path] = self.info(path)
        found = sorted(entries.values(), key=lambda entry: str(entry["name"]))
        return found if detail else [entry["name"] for entry in found]

    def rm(self, path: str, recursive: bool = False, maxdepth: int | None = None) -> None:
        paths = self.expand_path(path, recursive=recursive, maxdepth=maxdepth)
        if not recursive and any(not self.isfile(each) for each in paths):
            raise IsADirectoryError(path)
        for each in paths:
            if self.isfile(each):  # a directory goes with the last file in it
                self.rm_file(each)

    def rm_file(self, path: str) -> None:
        if not self._client.delete(self._name(path)):
            raise FileNotFoundError(path)

    def _rm(self, path: str) -> None:
        self.rm_file(path)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Nothing: a directory is there when something is in it."""

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        """Nothing: a directory is there when something is in it."""

    def rmdir(self, path: str) -> None:
        """Nothing: a directory is gone when nothing is in it."""


def _entry(info: ObjectInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "size": info.size,
        "type": "file",
        "id": info.id,
        "media_type": info.media_type,
    }


class _Reader(io.RawIOBase):
    """An object's bytes as a file, in place."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        part = self._view[self._at : self._at + len(target)]
        copy_into(memoryview(target)[: len(part)], part)
        self._at += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        if start + offset < 0:
            raise ValueError(f"seek to {start + offset}")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at


class _Writer(io.BytesIO):
    """Stored when it is closed, unless its block has failed."""

    def __init__(self, files: TokamakFileSystem, path: str, is_new: bool) -> None:
        super().__init__()
        self._files = files
        self._path = path
        self._is_new = is_new
        self._is_dropped = False

    def discard(self) -> None:
        self._is_dropped = True
        self.close()

    def close(self) -> None:
        if not self.closed and not self._is_dropped:
            self._is_dropped = True
            self._files._store(self._path, self.getvalue(), self._is_new)
        super().close()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is not None:
            self._is_dropped = True
        self.close()
