"""Tables as Arrow IPC streams. Reads are in place: the table's buffers lie in the object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tokamak.errors import DecodeError
from tokamak.media_types import ARROW_STREAM, parameter
from tokamak.values.libraries import not_installed

if TYPE_CHECKING:
    from typing_extensions import Buffer

    Encoders = dict[type[Any], Callable[[Any], Any]]

_UNCOUNTED_BYTES_MAX = 4096
"""By which what a whole object holds may be more than what its elements take: padding, ends of offsets."""

_PANDAS_KINDS = "biufMm"
"""Of numpy's dtypes: what comes back from Arrow as it was."""


def learn(by_type: Encoders) -> None:
    """Has tables, record batches and arrays stored as streams."""
    import pyarrow

    by_type[pyarrow.Table] = _encode_table
    by_type[pyarrow.RecordBatch] = _encode_batch
    by_type[pyarrow.ChunkedArray] = _encode_chunked
    for kind in _below(pyarrow.Array):
        by_type[kind] = _encode_array


def learn_pandas(by_type: Encoders) -> None:
    import pandas

    by_type[pandas.DataFrame] = _encode_pandas


def learn_polars(by_type: Encoders) -> None:
    import polars

    by_type[polars.DataFrame] = _encode_polars


def _below(kind: type[Any]) -> list[type[Any]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _below(child))]


def _stream(table: Any, kind: str | None) -> tuple[str, Sequence[Buffer]]:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return (f"{ARROW_STREAM};python={kind}" if kind else ARROW_STREAM), (sink.getvalue(),)


def _encode_table(table: Any) -> tuple[str, Sequence[Buffer]]:
    return _stream(table, None)


def _encode_batch(batch: Any) -> tuple[str, Sequence[Buffer]]:
    return _stream(batch, "record-batch")


def _encode_array(array: Any) -> tuple[str, Sequence[Buffer]]:
    import pyarrow

    return _stream(pyarrow.record_batch([array], names=[""]), "array")


def _encode_chunked(array: Any) -> tuple[str, Sequence[Buffer]]:
    import pyarrow

    return _stream(pyarrow.table([array], names=[""]), "chunked-array")


def _encode_pandas(frame: Any) -> tuple[str, Sequence[Buffer]]:
    """By Arrow where that gives back the very same frame; pickled otherwise, its blocks out of band."""
    import pandas

    columns = frame.columns
    is_plain = (
        not frame.attrs
        and frame.flags.allows_duplicate_labels
        and isinstance(frame.index, pandas.RangeIndex)
        and frame.index.name is None
        and type(columns) is pandas.Index
        and columns.dtype == pandas.Index(["a"]).dtype
        and columns.is_unique
        and columns.name is None
        and len(columns) > 0
        and all(getattr(each, "kind", "O") in _PANDAS_KINDS for each in frame.dtypes)
        and all(getattr(each, "isnative", False) for each in frame.dtypes)
    )
    if not is_plain or not _has_pyarrow():
        return _pickled(frame)
    import pyarrow

    return _stream(pyarrow.Table.from_pandas(frame), "pandas")


def _encode_polars(frame: Any) -> tuple[str, Sequence[Buffer]]:
    """As :func:`_encode_pandas`."""
    import polars

    def is_plain(dtype: Any) -> bool:
        return dtype.is_float() or dtype.base_type() in (
            polars.Int8, polars.Int16, polars.Int32, polars.Int64,
            polars.UInt8, polars.UInt16, polars.UInt32, polars.UInt64,
            polars.Boolean, polars.String, polars.Binary, polars.Date, polars.Time,
            polars.Datetime, polars.Duration,
        )  # fmt: skip

    if not all(map(is_plain, frame.dtypes)) or not _has_pyarrow():
        return _pickled(frame)
    return _stream(frame.to_arrow(), "polars")


def is_data(value: Any) -> bool:
    """Whether it is a table, a record batch or an array; imports nothing."""
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(
        value, (pyarrow.Table, pyarrow.RecordBatch, pyarrow.ChunkedArray, pyarrow.Array)
    )


def reduce(value: Any) -> Any:
    """For a pickle: of a slice only its own bytes, where pyarrow takes all of what it lies in."""
    import pyarrow

    try:
        if value.get_total_buffer_size() - value.nbytes <= _UNCOUNTED_BYTES_MAX:
            return NotImplemented
        return _compact(value).__reduce_ex__(5)
    except pyarrow.ArrowException:  # it knows no way to copy such elements
        return NotImplemented


def _compact(value: Any) -> Any:
    import pyarrow

    if isinstance(value, pyarrow.Array):
        return pyarrow.concat_arrays([value])
    if isinstance(value, pyarrow.ChunkedArray):
        return pyarrow.chunked_array([_compact(each) for each in value.chunks], value.type)
    columns = [_compact(each) for each in value.columns]
    return type(value).from_arrays(columns, schema=value.schema)


def _has_pyarrow() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def _pickled(value: Any) -> tuple[str, Sequence[Buffer]]:
    from tokamak.values import pickled

    return pickled.encode(value)


def decode(data: Buffer, media_type: str = ARROW_STREAM) -> Any:
    """A ``pyarrow.Table``, or what was put. Raises ``DecodeError``.

    Nothing in the body can lead a reader out of it: columns whose elements say where others lie, as those of
    text do, are looked through, which takes about 25 ns an element; those of one width are not."""
    try:
        import pyarrow
    except ImportError as failure:
        raise not_installed("pyarrow", failure) from failure
    try:
        with pyarrow.ipc.open_stream(pyarrow.py_buffer(data)) as reader:
            table = reader.read_all()
        table.validate(full=not all(_has_one_width(each) for each in table.schema.types))
        kind = parameter(media_type, "python")
        if kind is None:
            return table
        return _KINDS[kind](table) if kind in _KINDS else table
    except DecodeError:
        raise
    except Exception as failure:  # of whatever kind a library brings about, whose own metadata lies
        raise DecodeError(
            f"not {media_type}: {type(failure).__name__}: {failure}"[:500],
            remedy="read it with get_buffer, and see who wrote it",
        ) from None


def _has_one_width(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind)
    )


def _batch(table: Any) -> Any:
    batches = table.to_batches()
    if len(batches) == 1:
        return batches[0]
    import pyarrow

    return pyarrow.RecordBatch.from_arrays(
        [column.combine_chunks() for column in table.columns], schema=table.schema
    )


def _only(table: Any) -> Any:
    if table.num_columns != 1:
        raise ValueError(f"{table.num_columns} columns, one expected")
    return table.column(0)


def _array(table: Any) -> Any:
    column = _only(table)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _pandas(table: Any) -> Any:
    try:
        import pandas  # noqa: F401
    except ImportError as failure:
        raise not_installed("pandas", failure) from failure
    return table.to_pandas(split_blocks=True)


def _polars(table: Any) -> Any:
    try:
        import polars
    except ImportError as failure:
        raise not_installed("polars", failure) from failure
    return polars.from_arrow(table)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "record-batch": _batch,
    "array": _array,
    "chunked-array": _only,
    "pandas": _pandas,
    "polars": _polars,
}
