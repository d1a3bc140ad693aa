"""Several arrays by name, as safetensors: 8 bytes of header length, a JSON header, the bytes.

The header is padded so that the data begins at a multiple of 64, and so does each array.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tokamak import media_types
from tokamak.errors import DecodeError, InvalidRequest
from tokamak.values.libraries import not_installed

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Buffer

_ALIGNMENT = 64
_HEADER_BYTES_MAX = 100 << 20
"""Of the format itself."""

_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip


def encode(value: Any) -> tuple[str, Sequence[Buffer]]:
    """A dict of arrays. Raises ``InvalidRequest`` for anything else."""
    import numpy

    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _no_form("it takes a dict of arrays by name")
    names = {numpy.dtype(code): name for name, code in _DTYPES.items()}
    said: dict[str, Any] = {}
    parts: list[Buffer] = []
    end = 0
    for name, each in value.items():
        array = numpy.ascontiguousarray(each) if numpy.ndim(each) else numpy.asarray(each)
        little = array.dtype.newbyteorder("<")
        if little not in names or name == "__metadata__":
            raise _no_form(f"it has no {array.dtype} and no such name: {name!r}")
        array = array.astype(little, copy=False)
        gap = -end % _ALIGNMENT
        if gap:
            # The format allows no holes: a tensor of bytes that nobody asks for fills each.
            said[f"__padding_{len(parts)}__"] = _entry("U8", (gap,), end, end + gap)
            parts.append(bytes(gap))
            end += gap
        said[name] = _entry(names[little], array.shape, end, end + array.nbytes)
        if array.nbytes:
            parts.append(array.reshape(-1).view("u1").data)
        end += array.nbytes
    header = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-(len(header) + 8) % _ALIGNMENT)
    return media_types.SAFETENSORS, (len(header).to_bytes(8, "little") + header, *parts)


def _entry(dtype: str, shape: tuple[int, ...], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def decode(data: Any, media_type: str = media_types.SAFETENSORS) -> dict[str, np.ndarray[Any, Any]]:
    """Read-only views, by name. Raises ``DecodeError``."""
    try:
        import numpy
    except ImportError as failure:
        raise not_installed("numpy", failure) from failure
    view = memoryview(data)
    said, start = _header(view)
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    spans: list[tuple[int, int]] = []
    for name, entry in said.items():
        if name == "__metadata__":
            continue
        dtype, shape, begin, end = _checked(name, entry)
        dtype = numpy.dtype(dtype)
        # As numpy counts it: an axis without elements does not make the others fit.
        if math.prod(max(1, each) for each in shape) * dtype.itemsize >= 1 << 63:
            raise _wrong(f"{name!r} of shape {shape} is more than any memory")
        if end - begin != math.prod(shape) * dtype.itemsize or start + end > view.nbytes:
            raise _wrong(f"{name!r} of shape {shape} does not lie in {begin} to {end}")
        spans.append((begin, end))
        if not name.startswith("__padding_"):
            arrays[name] = numpy.ndarray(tuple(shape), dtype, data, start + begin)
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise _wrong(f"arrays overlap, or leave a hole, at {at}")
        at = end
    if start + at != view.nbytes:
        raise _wrong(f"{view.nbytes - start - at} bytes belong to no array")
    return arrays


def _header(view: memoryview) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(view[:8], "little")
    if view.nbytes < 8 or length > min(view.nbytes - 8, _HEADER_BYTES_MAX):
        raise _wrong(f"a header of {length} bytes in {view.nbytes}")
    try:
        said = json.loads(bytes(view[8 : 8 + length]))
    except (ValueError, RecursionError) as failure:
        raise _wrong(f"its header is no JSON: {failure}") from None
    if not isinstance(said, dict):
        raise _wrong("its header is no JSON object")
    return said, 8 + length


def _checked(name: str, entry: Any) -> tuple[Any, list[int], int, int]:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        sizes = [*shape, begin, end]
        is_good = (
            dtype in _DTYPES
            and isinstance(shape, list)
            and len(shape) <= 32
            and all(type(each) is int and 0 <= each < 1 << 62 for each in sizes)
            and begin <= end
        )
    except (TypeError, KeyError, ValueError):
        is_good = False
    if not is_good:
        raise _wrong(f"{name!r} is {entry!r}")
    return _DTYPES[dtype], shape, begin, end


def _wrong(why: str) -> DecodeError:
    return DecodeError(
        f"not safetensors: {why}"[:500], remedy="read it with get_buffer, and see who wrote it"
    )


def _no_form(why: str) -> InvalidRequest:
    return InvalidRequest(
        f"no safetensors form: {why}", remedy="leave media_type out", code="bad-media-type"
    )
