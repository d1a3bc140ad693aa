"""What a put returns."""

from __future__ import annotations

from typing import Any

from tokamak._backend import Name, Target


class Ref:
    """An object's id, and its name and size as far as they are known.

    Equal and hashed by id. Works in any process and inside of values: unpickling needs no client.
    Immutable.
    """

    __slots__ = ("_bytes", "_name", "_size", "_target")
    _target: Target
    """What it is got by: its name, where it has one."""

    def __init__(
        self, id: str | bytes, name: tuple[str, str] | None = None, size: int | None = None
    ):
        self._bytes = id if type(id) is bytes else bytes.fromhex(id)  # type: ignore[arg-type]
        if len(self._bytes) != 16:
            raise ValueError(f"an id has 16 bytes, 32 hex digits, not {id!r}")
        self._size = size
        if name is None:
            self._name = None
            self._target = self._bytes
        else:
            self._target = self._name = Name(*name)

    @property
    def id(self) -> str:
        """32 lower-case hex digits."""
        return self._bytes.hex()

    @property
    def name(self) -> str | None:
        """``namespace/key``; None: it has none."""
        return None if self._name is None else f"{self._name.namespace}/{self._name.key}"

    @property
    def size(self) -> int | None:
        """Bytes of the object as it is stored; None: not known."""
        return self._size

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if isinstance(other, Ref) else NotImplemented

    def __lt__(self, other: Ref) -> bool:
        return self._bytes < other._bytes if isinstance(other, Ref) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return Ref, (self._bytes, self._name and tuple(self._name), self._size)

    def __repr__(self) -> str:
        name = "" if self._name is None else f", name={self.name!r}"
        return f"Ref({self.id!r}{name}, size={self._size})"
