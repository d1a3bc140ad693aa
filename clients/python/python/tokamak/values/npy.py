"""One array as ``.npy``: the format is numpy's NEP 1. Reads are in place and read-only."""

from __future__ import annotations

import ast
import io
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from tokamak import media_types
from tokamak._native import keep_array_head
from tokamak.errors import DecodeError
from tokamak.values.libraries import not_installed

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Buffer

_MAGIC = b"\x93NUMPY"
_HEADER_BYTES_MAX = 64 << 10
"""numpy reads no longer one either, unless told to trust it: such a literal takes a second to parse."""

_DIMENSIONS_MAX = 64

_USUAL_BYTES = 128
"""Of a header with no more than a few dimensions."""

_PLAIN_KINDS = "biufc"
"""Of dtypes with a form in the buffer protocol."""


def learn(by_type: dict[type[Any], Callable[[Any], Any]]) -> None:
    """Has arrays, but not their subclasses, stored as ``.npy``."""
    import numpy

    by_type[numpy.ndarray] = encode


def encode(array: np.ndarray[Any, Any]) -> tuple[str, Sequence[Buffer]]:
    """The array as one ``.npy``; copied once unless its bytes lie together. An array of Python objects is
    pickled."""
    dtype = array.dtype
    is_c = array.flags.c_contiguous
    if is_c and dtype.kind in _PLAIN_KINDS and array.nbytes:
        return media_types.NPY, (head(dtype, array.shape, False), cast("Buffer", array))
    if dtype.hasobject:
        return _pickled(array)
    is_fortran = not is_c and array.flags.f_contiguous
    try:
        said = head(dtype, array.shape, is_fortran)
    except ValueError:  # the format has no words for it, such as for fields that overlap
        return _pickled(array)
    return media_types.NPY, (said, _bytes(array, is_c, is_fortran))


def _pickled(array: np.ndarray[Any, Any]) -> tuple[str, Sequence[Buffer]]:
    from tokamak.values import pickled

    return pickled.encode(array)


def _bytes(array: np.ndarray[Any, Any], is_c: bool, is_fortran: bool) -> Buffer:
    if array.nbytes == 0:
        return b""
    if is_fortran:
        array = array.T
    elif not is_c:
        array = array.copy(order="C")
    # Through bytes: not every dtype, such as datetime64, has a form in the buffer protocol.
    return array.reshape(-1).view("u1").data if array.dtype.itemsize else b""


@lru_cache(maxsize=1024)
def head(dtype: np.dtype[Any], shape: tuple[int, ...], is_fortran: bool) -> bytes:
    """Everything before an array's bytes. Raises ``ValueError`` for a dtype that the format cannot say."""
    from numpy.lib import format as numpy_format

    said = {
        "descr": numpy_format.dtype_to_descr(dtype),
        "fortran_order": is_fortran,
        "shape": shape,
    }
    out = io.BytesIO()
    try:
        numpy_format.write_array_header_1_0(out, said)
    except ValueError:  # too long for it
        numpy_format.write_array_header_2_0(out, said)
    return out.getvalue()


def decode(data: Any, media_type: str = media_types.NPY) -> np.ndarray[Any, Any]:
    """A read-only view. Raises ``DecodeError``."""
    try:
        import numpy
    except ImportError as failure:
        raise not_installed("numpy", failure) from failure
    view = memoryview(data)
    head = bytes(view[: _head_length(view)])
    dtype, shape, order, count = _parsed(head)
    if view.nbytes - len(head) != count * dtype.itemsize:
        raise _wrong_size(view.nbytes - len(head), dtype, shape)
    if len(head) == _USUAL_BYTES:
        keep_array_head(head, view.nbytes, numpy.ndarray, shape, dtype, order)
    return numpy.ndarray(shape, dtype, data, len(head), None, order)


def _wrong_size(size: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> DecodeError:
    needed = math.prod(shape) * dtype.itemsize
    return _wrong(f"shape {shape} of {dtype} needs {needed} bytes, {size} are there")


def _head_length(view: memoryview) -> int:
    """With everything before the array's bytes."""
    start = bytes(view[:12])
    if len(start) < 10 or start[:6] != _MAGIC:
        raise _wrong("it does not begin like one")
    if start[6] == 1:
        length = 10 + int.from_bytes(start[8:10], "little")
    elif start[6] in (2, 3) and len(start) == 12:
        length = 12 + int.from_bytes(start[8:12], "little")
    else:
        raise _wrong(f"version {start[6]}.{start[7]} is not known")
    if length > min(view.nbytes, _HEADER_BYTES_MAX):
        raise _wrong(f"a header of {length} bytes in {view.nbytes}")
    return length


@lru_cache(maxsize=1024)
def _parsed(head: bytes) -> tuple[np.dtype[Any], tuple[int, ...], Any, int]:
    """dtype, shape, order, and how many elements."""
    from numpy.lib import format as numpy_format

    try:
        said = ast.literal_eval(
            head[10 if head[6] == 1 else 12 :].decode("latin-1" if head[6] < 3 else "utf-8")
        )
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as failure:
        raise _wrong(f"its header is no literal: {type(failure).__name__}") from None
    if not isinstance(said, dict) or said.keys() != {"descr", "fortran_order", "shape"}:
        raise _wrong("its header has not exactly descr, fortran_order and shape")
    shape, is_fortran = said["shape"], said["fortran_order"]
    if (
        not isinstance(shape, tuple)
        or not all(type(each) is int and 0 <= each < 1 << 63 for each in shape)
        or type(is_fortran) is not bool
    ):
        raise _wrong(f"shape {shape!r} in order {is_fortran!r} cannot be")
    try:
        dtype = numpy_format.descr_to_dtype(said["descr"])
    except Exception as failure:  # of whatever kind a hostile description brings about
        raise _wrong(f"dtype {said['descr']!r} does not exist: {failure}") from None
    if dtype.hasobject:
        raise _wrong("its elements are pickled objects, which are not read from this format")
    if len(shape) + dtype.ndim > _DIMENSIONS_MAX:
        raise _wrong(f"{len(shape) + dtype.ndim} dimensions, at most {_DIMENSIONS_MAX}")
    count = math.prod(shape)
    # As numpy counts it: an axis without elements does not make the others fit.
    if math.prod(max(1, each) for each in shape) * max(1, dtype.itemsize) >= 1 << 63:
        raise _wrong(f"shape {shape} of {dtype} is more than any memory")
    return dtype, shape, "F" if is_fortran else "C", count


def _wrong(why: str) -> DecodeError:
    return DecodeError(f"not .npy: {why}", remedy="read it with get_buffer, and see who wrote it")
