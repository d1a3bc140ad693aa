"""What a value would be stored as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tokamak import media_types
from tokamak.errors import NotSerializable
from tokamak.values import arrow, encode, pickled, tensors
from tokamak.values.culprit import parts_of

_NODES_MAX = 200
_DEPTH_MAX = 8
_PLAIN = (int, float, str, bytes, bool, type(None))


@dataclass
class Part:
    """A part of a value."""

    label: str
    type: str
    how: str
    """``in place`` when it is read where it lies, ``in the stream`` when it is made anew."""
    size: int | None = None
    """Bytes out of the stream; None: not told apart."""
    parts: list[Part] = field(default_factory=list)


@dataclass
class Inspection:
    """Made by :func:`tokamak.inspect`; ``str`` of it is a tree."""

    media_type: str
    size: int
    """Bytes of the object, without its metadata."""
    root: Part
    is_cut: bool = False
    """There is more than the tree shows."""

    def __str__(self) -> str:
        lines = [f"{self.media_type}, {self.size:,} bytes"]
        _write(self.root, "", lines)
        if self.is_cut:
            lines.append("…")
        return "\n".join(lines)


def _write(part: Part, indent: str, lines: list[str]) -> None:
    size = "" if part.size is None else f", {part.size:,} bytes"
    lines.append(f"{indent}{part.label}: {part.type} {part.how}{size}")
    for child in part.parts:
        _write(child, indent + "  ", lines)


def inspect(value: Any, media_type: str | None = None) -> Inspection:
    """What ``put(value)`` would store: media type, size, and which parts are read in place.

    Raises what ``put`` raises.
    """
    said, parts = encode(value, media_type)
    size = sum(memoryview(part).nbytes for part in parts)
    kind = media_types.essence(said)
    if kind != media_types.PICKLE:
        is_in_place = kind in (
            media_types.NPY, media_types.SAFETENSORS, media_types.ARROW_STREAM,
        ) or said == media_types.MEMORYVIEW  # fmt: skip
        how = "in place" if is_in_place else "copied when it is read"
        return Inspection(said, size, Part("value", _type_of(value), how, size))
    walk = _Walk()
    return Inspection(said, size, walk.part("value", value, 0), walk.is_cut)


class _Walk:
    def __init__(self) -> None:
        self.seen: dict[int, str] = {}
        self.count = 0
        self.is_cut = False

    def part(self, label: str, value: Any, depth: int) -> Part:
        self.count += 1
        size = _out_of_band(value)
        known = self.seen.get(id(value))
        if known is not None:
            return Part(label, _type_of(value), f"the same as {known}")
        if not isinstance(value, _PLAIN):
            self.seen[id(value)] = label
        part = Part(label, _type_of(value), "in the stream" if size is None else "in place", size)
        if size is None and not callable(value):
            for name, child in parts_of(value):
                if self.count >= _NODES_MAX or depth >= _DEPTH_MAX:
                    self.is_cut = True
                    break
                if not name.startswith(".key("):
                    part.parts.append(self.part(name, child, depth + 1))
            if not part.parts and not isinstance(value, _PLAIN):
                part.size = _beside(value)
                part.how = "in the stream" if part.size is None else "in place"
        return part


def _beside(value: Any) -> int | None:
    """What a value without parts to be seen, such as the blocks of a frame, has out of the stream."""
    try:
        buffers = pickled.dump(value)[1]
    except NotSerializable:  # it is left out of what it belongs to
        return None
    return sum(buffer.raw().nbytes for buffer in buffers) or None


def _out_of_band(value: Any) -> int | None:
    kind = type(value)
    if kind is memoryview or (kind.__module__ == "numpy" and kind.__name__ == "ndarray"):
        if getattr(getattr(value, "dtype", None), "hasobject", False):
            return None
        return int(value.nbytes)
    if arrow.is_data(value):
        return int(value.nbytes)
    if tensors.is_tensor(value) and tensors.is_plain(value):
        return int(value.numel() * value.element_size())
    return None


def _type_of(value: Any) -> str:
    kind = type(value)
    name = kind.__qualname__
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{name} {value.dtype} {tuple(value.shape)}"
    return f"{name} of {len(value)}" if isinstance(value, (dict, list, tuple, set)) else name
