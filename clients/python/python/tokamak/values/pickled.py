"""Anything else: pickle protocol 5, large buffers beside the stream, each once and aligned.

::

     0        8       12       16            24                24 + 16 n
    +--------+--------+--------+-------------+-----------------+--------+-----+--------+----
    | magic  | n, u32 | 0, u32 | stream, u64 | n x (at, bytes) | stream | pad | buffer | ...
    +--------+--------+--------+-------------+-----------------+--------+-----+--------+----

Integers are little-endian. ``at`` counts from the first byte of the object and is a multiple of 64, and
so the buffer's address is one too in objects of 256 bytes or more, which begin at one. Two entries may name the same bytes.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import cloudpickle

from tokamak._native import Found
from tokamak.errors import DecodeError, NotSerializable, TokamakError
from tokamak.media_types import PICKLE
from tokamak.values import arrow, tensors

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MAGIC = b"TKPICKLE"
_HEAD = struct.Struct("<8sIIQ")
_ENTRY = struct.Struct("<QQ")
_ALIGNMENT = 64
_NATIVE_FORMATS = frozenset("cbB?hHiIlLqQnNfd")
"""To which ``memoryview.cast`` can go back."""

Registered = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_registered: dict[type[Any], Registered] = {}


def register(
    kind: type[Any], serializer: Callable[[Any], Any], deserializer: Callable[[Any], Any]
) -> None:
    _registered[kind] = (serializer, deserializer)


def unregister(kind: type[Any]) -> None:
    del _registered[kind]


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """By value what no other process could import, as cloudpickle does; arrays, tensors and memoryviews
    out of band."""

    def __init__(self, stream: io.BytesIO) -> None:
        self.out_of_band: list[pickle.PickleBuffer] = []
        super().__init__(stream, protocol=5, buffer_callback=self.out_of_band.append)

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        known = _registered.get(kind)
        if known is not None:
            serializer, deserializer = known
            return deserializer, (serializer(value),)
        if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
            return _reduce_array(value)
        if kind is memoryview:
            return _reduce_memoryview(value)
        if tensors.is_tensor(value):
            return tensors.reduce(value)
        if arrow.is_data(value):
            return arrow.reduce(value)
        if is_open_file(value):  # cloudpickle would store what it reads from it
            raise NotSerializable("it is an open file of this process")
        return super().reducer_override(value)


class _NotPlain(Exception):
    """There is something in the value that only :class:`_Pickler` knows how to store."""


_STANDARD = frozenset(
    (
        "builtins",
        "collections",
        "copyreg",
        "datetime",
        "decimal",
        "fractions",
        "tokamak._ref",
        "uuid",
    )
)
"""Modules whose classes and functions every process imports by their names."""


class _Plain(pickle.Pickler):
    """As :class:`_Pickler` for values of numbers, text, containers, arrays and the like, which it writes in a
    third of the time: that one is made of Python for each value, this one calls back for arrays alone."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        module = kind.__module__
        if kind in _registered:
            raise _NotPlain
        if module == "numpy" and kind.__name__ == "ndarray":
            return _reduce_array(value)
        if kind is memoryview:
            return _reduce_memoryview(value)
        if tensors.is_tensor(value):
            return tensors.reduce(value)
        if module == "builtins":  # a class or a function, perhaps
            module = getattr(value, "__module__", None) or ""
        if module in _STANDARD or module == "numpy" or module.startswith("numpy."):
            return NotImplemented
        raise _NotPlain


def _reduce_array(array: Any) -> Any:
    """numpy itself leaves datetime64 and what does not lie together in the stream."""
    if array.dtype.hasobject:
        return NotImplemented
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    if array.nbytes == 0:
        return _array, (b"", array.dtype, array.shape, "C")
    flat = array.T if is_fortran else array if array.flags.c_contiguous else array.copy(order="C")
    held = pickle.PickleBuffer(flat.reshape(-1).view("u1").data)
    return _array, (held, array.dtype, array.shape, "F" if is_fortran else "C")


def _array(held: Any, dtype: Any, shape: Any, order: Any) -> Any:
    import numpy

    return numpy.ndarray(shape, dtype, held, 0, None, order)


def is_open_file(value: Any) -> bool:
    """Whether what it holds lies elsewhere."""
    kind = type(value)  # as isinstance would ask the value for its class, which may raise
    return issubclass(kind, io.IOBase) and not issubclass(kind, (io.BytesIO, io.StringIO))


def _reduce_memoryview(view: memoryview) -> Any:
    if view.format not in _NATIVE_FORMATS:
        raise NotSerializable(
            f"nothing of format {view.format!r} can be made from bytes again",
            remedy="put numpy.asarray of it, which knows more formats",
        )
    if not view.nbytes:
        return memoryview, (b"",)
    flat = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
    return _memoryview, (pickle.PickleBuffer(flat), view.format, view.shape)


def _memoryview(held: Any, code: str, shape: Any) -> memoryview:
    view = memoryview(held).toreadonly()
    return view.cast("B").cast(code, shape) if code != "B" or len(shape) > 1 else view  # type: ignore[call-overload]


def encode(value: Any) -> tuple[str, Sequence[Buffer]]:
    """The parts of a pickle. Raises ``NotSerializable``, which names where in the value the culprit is."""
    stream, buffers = dump(value)
    views = [buffer.raw() for buffer in buffers]
    at = _HEAD.size + _ENTRY.size * len(views) + len(stream)
    parts: list[Buffer] = [b"", stream]
    entries = []
    for view in views:
        gap = -at % _ALIGNMENT
        if gap:
            parts.append(bytes(gap))
        at += gap
        entries.append(_ENTRY.pack(at, view.nbytes))
        parts.append(view)
        at += view.nbytes
    parts[0] = _HEAD.pack(_MAGIC, len(views), 0, len(stream)) + b"".join(entries)
    return PICKLE, parts


def dump(value: Any) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """The stream, and the buffers beside it in their order."""
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    try:
        _Plain(stream, 5, buffer_callback=buffers.append).dump(value)
        return stream.getvalue(), buffers
    except Exception:  # said again below, if it is more than _NotPlain
        stream = io.BytesIO()
    pickler = _Pickler(stream)
    try:
        pickler.dump(value)
    except Exception as failure:  # whatever a class raises when it is asked for its state
        from tokamak.values.culprit import explained

        raise explained(value, failure) from failure
    return stream.getvalue(), pickler.out_of_band


def can_dump(value: Any) -> bool:
    try:
        _Pickler(io.BytesIO()).dump(value)
    except Exception:
        return False
    return True


class _Collecting(pickle.Unpickler):
    """Keeps the views that it makes, whatever holds them."""

    def __init__(self, stream: Buffer, buffers: Sequence[Buffer], made: list[Any]) -> None:
        super().__init__(io.BytesIO(stream), buffers=buffers)
        self._made = made

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        # Not of self: the unpickler remembers it, and would live on with all that it has made.
        return partial(_made, self._made, found) if any(found is each for each in _VIEWS) else found


def _made(all_made: list[Any], make: Callable[..., Any], *arguments: Any) -> Any:
    view = make(*arguments)
    all_made.append(view)
    return view


_VIEWS = (_array, _memoryview, tensors.tensor_of)


def decode(data: Buffer, media_type: str = PICKLE, made: list[Any] | None = None) -> Any:
    """Runs whatever the pickle says: see :func:`tokamak.connect`. Raises ``DecodeError``. ``made`` gets the
    arrays, tensors and memoryviews of the value."""
    stream: Buffer | None = data.pickle_stream() if type(data) is Found else None
    buffers: list[memoryview] = []
    if stream is None:
        stream, buffers = _split(data)
    try:
        if made is not None:
            return _Collecting(stream, buffers, made).load()
        return pickle.loads(stream, buffers=buffers)
    except TokamakError:
        raise
    except (ImportError, AttributeError) as failure:
        raise DecodeError(
            f"the pickle needs what this process has not: {failure}",
            remedy="install or import it here; or put a value of plain types",
        ) from failure
    except Exception as failure:  # of whatever kind a broken pickle brings about
        raise _wrong(f"{type(failure).__name__}: {failure}") from failure


def _split(data: Buffer) -> tuple[memoryview, list[memoryview]]:
    """The stream, and the buffers beside it."""
    view = memoryview(data).toreadonly()
    size = view.nbytes
    if size < _HEAD.size:
        raise _wrong(f"{size} bytes are no head")
    magic, count, reserved, length = _HEAD.unpack_from(view)
    start = _HEAD.size + _ENTRY.size * count
    if magic != _MAGIC or reserved or start + length > size:
        raise _wrong(f"its head says {count} buffers and a stream of {length} bytes in {size}")
    buffers = []
    for i in range(count):
        at, each = _ENTRY.unpack_from(view, _HEAD.size + _ENTRY.size * i)
        if at % _ALIGNMENT or at < start + length or at + each > size:
            raise _wrong(f"buffer {i} of {each} bytes at {at} in {size}")
        buffers.append(view[at : at + each])
    return view[start : start + length], buffers


def _wrong(why: str) -> DecodeError:
    return DecodeError(
        f"not {PICKLE}: {why}"[:500], remedy="read it with get_buffer, and see who wrote it"
    )
