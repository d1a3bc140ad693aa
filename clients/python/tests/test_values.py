"""What is stored how, and that it comes back the same."""

from __future__ import annotations

import collections
import copyreg
import enum
import functools
import io
import json
import pickle
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tokamak
from tokamak import media_types, values
from tokamak.errors import DecodeError, InvalidRequest, NotSerializable, PickleRefused


def stored(value: Any, media_type: str | None = None) -> tuple[str, memoryview]:
    said, parts = values.encode(value, media_type)
    return said, memoryview(b"".join(bytes(part) for part in parts))


def back(value: Any, media_type: str | None = None) -> Any:
    said, body = stored(value, media_type)
    return values.decode(body, said, allow_pickle=True)


def addresses(body: memoryview) -> tuple[int, int]:
    start = np.frombuffer(body, "u1").__array_interface__["data"][0]
    return start, start + body.nbytes


ARRAYS = {
    "vector": np.arange(10),
    "C order": np.arange(24.0).reshape(2, 3, 4),
    "Fortran order": np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
    "0-d": np.array(5.5),
    "empty": np.zeros((0, 3)),
    "no dimension empty": np.zeros((0,), "c16"),
    "slice": np.arange(100)[10:20],
    "step": np.arange(100)[::7],
    "negative step": np.arange(10)[::-1],
    "transposed 3-d": np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    "broadcast": np.broadcast_to(np.arange(3), (4, 3)),
    "bool": np.array([True, False]),
    "half": np.arange(4, dtype="f2"),
    "complex": np.array([1 + 2j]),
    "big endian": np.arange(4, dtype=">u4"),
    "bytes": np.array([b"ab", b"c"]),
    "text": np.array(["ä", "bc"]),
    "datetime": np.array(["2026-11-27", "NaT"], dtype="M8[ns]"),
    "timedelta": np.array([1, 2], dtype="m8[s]"),
    "structured": np.array([(1, 2.5, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")]),
    "nested dtype": np.zeros(2, dtype=[("p", [("x", "f4"), ("y", "f4")]), ("m", "i2", (2, 2))]),
    "aligned": np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "void": np.zeros(2, dtype="V7"),
}

OVERLAPPING = np.zeros(
    2, np.dtype({"names": ["a", "b"], "formats": ["<i4", "<i2"], "offsets": [0, 2], "itemsize": 8})
)


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_an_array_alone_is_one_npy_that_numpy_reads(array: np.ndarray[Any, Any]) -> None:
    said, body = stored(array)
    assert said == media_types.NPY
    by_numpy = np.load(io.BytesIO(body))
    read = values.decode(body, said, allow_pickle=False)
    for one in (by_numpy, read):
        assert one.dtype == array.dtype and one.shape == array.shape
        np.testing.assert_array_equal(one, array)
    assert read.flags.f_contiguous == by_numpy.flags.f_contiguous
    assert_in_place(read, body)


def assert_in_place(array: np.ndarray[Any, Any], body: memoryview) -> None:
    assert not array.flags.writeable
    with pytest.raises(ValueError):
        array.setflags(write=True)
    if array.nbytes:
        start, end = addresses(body)
        assert start <= array.__array_interface__["data"][0] < end


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_an_array_inside_of_a_value_is_read_in_place(array: np.ndarray[Any, Any]) -> None:
    said, body = stored({"a": array, "n": 1})
    assert said == media_types.PICKLE
    read = values.decode(body, said, allow_pickle=True)["a"]
    assert read.dtype == array.dtype and read.shape == array.shape
    np.testing.assert_array_equal(read, array)
    assert_in_place(read, body)


def test_what_numpy_writes_is_read() -> None:
    for version in ((1, 0), (2, 0), (3, 0)):
        out = io.BytesIO()
        np.lib.format.write_array(out, np.arange(5), version=version)
        read = values.decode(out.getbuffer(), media_types.NPY, allow_pickle=False)
        np.testing.assert_array_equal(read, np.arange(5))


def test_a_slice_stores_only_its_own_bytes() -> None:
    large = np.zeros(1_000_000)
    assert stored(large[10:20])[1].nbytes < 1000
    assert stored([large[10:20]])[1].nbytes < 2000
    assert stored(memoryview(large)[10:20])[1].nbytes == 80


def test_a_slice_of_arrow_stores_only_its_own_bytes() -> None:
    numbers = np.arange(100_000)
    big = pa.table({"n": numbers, "t": [str(i) for i in numbers], "l": [[i, i] for i in numbers]})
    batch, texts = big.to_batches()[0], big.column("t")
    for part in (big.slice(7, 1), batch.slice(7, 1), texts.slice(7, 1), texts.chunk(0).slice(7, 1)):
        assert stored(part)[1].nbytes < 5000
        assert stored([part, part])[1].nbytes < 5000
        (read,) = back([part])
        assert type(read) is type(part) and read.equals(part)
    whole = stored([big])[1].nbytes
    assert abs(whole - big.nbytes) < 5000 and back([big])[0].equals(big)
    marked = big.replace_schema_metadata({"a": "b"}).slice(5, 2)
    assert back([marked])[0].schema.metadata == {b"a": b"b"}


def test_object_arrays_and_subclasses_come_back_as_they_were() -> None:
    objects = np.array([1, "a", None], dtype=object)
    assert stored(objects)[0] == media_types.PICKLE
    assert list(back(objects)) == [1, "a", None]
    masked = back(np.ma.masked_array([1, 2], mask=[False, True]))
    assert isinstance(masked, np.ma.MaskedArray) and list(masked.mask) == [False, True]
    record = back(np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
    assert type(record) is np.recarray and record.a[0] == 1


def test_an_array_that_npy_has_no_words_for_is_pickled() -> None:
    assert stored(OVERLAPPING)[0] == media_types.PICKLE
    assert back(OVERLAPPING).dtype == OVERLAPPING.dtype


@pytest.mark.parametrize("value", [b"", b"abc", bytearray(b"abc"), bytearray()])
def test_bytes_and_bytearrays_are_copies_of_their_own_type(value: Any) -> None:
    read = back(value)
    assert type(read) is type(value) and read == value


def test_a_memoryview_comes_back_read_only_in_place() -> None:
    said, body = stored(memoryview(bytearray(b"abcdef"))[1:3])
    read = values.decode(body, said, allow_pickle=False)
    assert type(read) is memoryview and read.readonly and read == b"bc"
    inside = back([memoryview(np.arange(6).reshape(2, 3))])[0]
    assert inside.readonly and inside.format == "l" and inside.shape == (2, 3)
    assert inside.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert back([memoryview(b"")])[0] == b""
    assert back([memoryview(b"abcdef")[::2]])[0] == b"ace"


def test_text() -> None:
    assert stored("ä€")[0] == "text/plain; charset=utf-8"
    assert back("ä€😀") == "ä€😀"
    assert (
        values.decode(memoryview(b"\xe4"), "text/plain; charset=latin-1", allow_pickle=False) == "ä"
    )
    with pytest.raises(NotSerializable, match="surrogate at index 1"):
        stored("a\ud800")
    with pytest.raises(DecodeError):
        values.decode(memoryview(b"\xff"), media_types.TEXT, allow_pickle=False)


def test_json_on_request() -> None:
    value = {"a": [1, 2.5, None, True], "ä": {}}
    said, body = stored(value, "application/json")
    assert said == "application/json" and json.loads(bytes(body)) == value
    assert values.decode(body, said, allow_pickle=False) == value
    for wrong in (float("nan"), object(), {1, 2}):
        with pytest.raises(NotSerializable):
            stored(wrong, "application/json")
    for body_wrong in (b"{", b"NaN", b"\xff", b"[" * 100_000):
        with pytest.raises(DecodeError):
            values.decode(memoryview(body_wrong), "application/json", allow_pickle=False)


def test_safetensors_on_request_are_aligned() -> None:
    value = {"w": np.arange(7, dtype="f4"), "b": np.array(3, "i8"), "m": np.zeros((2, 0), "f8")}
    said, body = stored(value, media_types.SAFETENSORS)
    read = values.decode(body, said, allow_pickle=False)
    assert read.keys() == value.keys()
    start, _ = addresses(body)
    for name, array in value.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].shape == array.shape and not read[name].flags.writeable
        if array.nbytes:
            assert (read[name].__array_interface__["data"][0] - start) % 64 == 0
    for wrong in ([1], {"a": np.array(["text"])}, {1: np.zeros(1)}):
        with pytest.raises(InvalidRequest):
            stored(wrong, media_types.SAFETENSORS)


def test_bytes_of_a_media_type_of_their_own() -> None:
    said, body = stored(b"\x89PNG", "image/png")
    assert (said, body) == ("image/png", b"\x89PNG")
    read = values.decode(body, said, allow_pickle=False)
    assert type(read) is memoryview and read.readonly
    assert stored("<p>", "text/html")[0] == "text/html"
    with pytest.raises(InvalidRequest):
        stored({"a": 1}, "image/png")


# ---- Arrow

TABLE = pa.table({"a": [1, None, 3], "b": ["x", "yy", None], "c": [[1], [], None]})


@pytest.mark.parametrize(
    "value",
    [
        TABLE,
        TABLE.to_batches()[0],
        pa.array([1, None, 3]),
        pa.array(["a", "bc"]),
        pa.chunked_array([[1, 2], [3]]),
        pa.table({"a": pa.array([], pa.int8())}),
        TABLE.slice(1, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_arrow_comes_back_as_it_was(value: Any) -> None:
    said, body = stored(value)
    assert media_types.essence(said) == media_types.ARROW_STREAM
    read = values.decode(body, said, allow_pickle=False)
    assert type(read) is type(value) and read.equals(value)


def test_a_table_is_exactly_one_arrow_stream_and_read_without_allocation() -> None:
    said, body = stored(pa.table({"a": np.arange(100_000), "s": ["text"] * 100_000}))
    assert said == media_types.ARROW_STREAM
    before = pa.total_allocated_bytes()
    read = values.decode(body, said, allow_pickle=False)
    assert pa.total_allocated_bytes() == before
    start, end = addresses(body)
    for column in read.columns:
        for buffer in column.chunk(0).buffers():
            assert buffer is None or start <= buffer.address < end
    with pa.ipc.open_stream(body) as reader:
        assert reader.read_all().equals(read)


FRAMES = {
    "numbers": pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": [True, False]}),
    "times": pd.DataFrame({"t": pd.to_datetime(["2026-11-27", None])}),
    "text": pd.DataFrame({"s": ["a", None]}),
    "index": pd.DataFrame({"a": [1, 2]}, index=["x", "y"]),
    "objects": pd.DataFrame({"o": [1, "a"]}),
    "category": pd.DataFrame({"c": pd.Categorical(["a", "b", "a"])}),
    "nullable": pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}),
    "zone": pd.DataFrame({"t": pd.to_datetime(["2026-11-27"]).tz_localize("UTC")}),
    "levels": pd.DataFrame({("a", "b"): [1]}),
    "twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "categories of columns": pd.DataFrame([[1]], columns=pd.CategoricalIndex(["a"])),
    "objects of columns": pd.DataFrame([[1]], columns=pd.Index(["a"], dtype=object)),
    "big endian": pd.DataFrame({"a": np.arange(3, dtype=">f8")}),
    "no duplicates": pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    "empty": pd.DataFrame(),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_pandas_frames_come_back_the_same(frame: pd.DataFrame) -> None:
    read = back(frame)
    pd.testing.assert_frame_equal(read, frame, check_exact=True, check_flags=True)
    assert read.columns.dtype == frame.columns.dtype and list(read.dtypes) == list(frame.dtypes)


def test_pandas_goes_by_arrow_where_that_is_lossless() -> None:
    assert media_types.essence(stored(FRAMES["numbers"])[0]) == media_types.ARROW_STREAM
    assert stored(FRAMES["objects"])[0] == media_types.PICKLE


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1, None], "s": ["x", None], "b": [b"1", b""]}),
        pl.DataFrame({"c": pl.Series(["a", "b"], dtype=pl.Categorical)}),
        pl.DataFrame({"l": [[1, 2], []]}),
        pl.DataFrame({"i": pl.Series([1, None], dtype=pl.Int128)}),
        pl.DataFrame({"d": pl.Series(["1.50"]).str.to_decimal(scale=2)}),
    ],
)
def test_polars_frames_come_back_the_same(frame: pl.DataFrame) -> None:
    read = back(frame)
    assert read.schema == frame.schema and read.equals(frame)


# ---- pickles


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: int
    data: Any = None


Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "value",
    [
        None, 1, 10**40, 1.5, True, (), [1, "a"], {"a": {1, 2}}, Colour.RED, Point(1, [2]), Pair(1, 2),
        range(3), slice(1, 2), frozenset([1]), complex(1, 2), ..., {"b": b"bytes", "ba": bytearray(b"x")},
        np.float64(1.5), np.datetime64("2026-11-27"), np.dtype("i4"), [np.int8(1), np.bool_(True)],
        datetime(2026, 11, 27, tzinfo=timezone.utc), timedelta(1), Decimal("1.10"), UUID(int=5),
        collections.OrderedDict(a=1), collections.deque([1], 3), collections.defaultdict(list, a=[1]),
        [int, dict, len, datetime, np.float32, np.sum], tokamak.Ref("01" * 16, ("a", "b"), 5),
    ],
    ids=repr,
)  # fmt: skip
def test_values_come_back_equal(value: Any) -> None:
    read = back(value)
    assert read == value and type(read) is type(value)


def test_identity_and_recursion_hold() -> None:
    array = np.arange(1000)
    read = back([array, array, {"again": array}])
    assert read[0] is read[1] is read[2]["again"]
    assert stored([array] * 99)[1].nbytes < array.nbytes + 1000
    loop: list[Any] = [array]
    loop.append(loop)
    read = back(loop)
    assert read[1] is read
    point = Point(1)
    point.data = {"me": point, "a": array}
    read = back(point)
    assert read.data["me"] is read


def test_buffers_are_aligned() -> None:
    said, body = stored([np.arange(n, dtype="u1") for n in range(1, 70)])
    start, _ = addresses(body)
    for array in values.decode(body, said, allow_pickle=True):
        assert (array.__array_interface__["data"][0] - start) % 64 == 0


def test_what_pickle_cannot_name() -> None:
    offset = np.arange(3)

    def add(value: int) -> Any:
        return offset + value

    class Local:
        def __init__(self) -> None:
            self.value = 7

        def twice(self) -> int:
            return 2 * self.value

    assert list(back(add)(1)) == [1, 2, 3]
    assert back(lambda a, b=2: a * b)(3) == 6
    assert back(Local()).twice() == 14
    assert back(functools.partial(add, 1))()[0] == 1
    read = back({"f": add, "a": offset})
    assert read["f"](0)[1] == 1


def test_what_classes_say_of_themselves_holds() -> None:
    class Own:
        def __init__(self, text: str) -> None:
            self.text = text

        def __reduce_ex__(self, _: Any) -> Any:
            return Own, (self.text + "!",)

    assert back(Own("a")).text == "a!"


class Celsius:
    def __init__(self, degrees: int) -> None:
        self.degrees = degrees


def test_what_copyreg_says_holds() -> None:
    copyreg.pickle(Celsius, lambda value: (Celsius, (value.degrees + 1,)))  # type: ignore[arg-type]
    try:
        assert back(Celsius(1)).degrees == 2
        assert back({"t": [Celsius(2)]})["t"][0].degrees == 3
    finally:
        del copyreg.dispatch_table[Celsius]
    assert back(Celsius(1)).degrees == 1


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents
        self.lock = threading.Lock()


def test_registered_types() -> None:
    with pytest.raises(NotSerializable):
        stored(Money(5))
    calls = []

    def serialize(money: Money) -> int:
        calls.append(money)
        return money.cents

    tokamak.register(Money, serialize, Money)
    try:
        stored([1, Money(4)])
        assert len(calls) == 1
        assert back(Money(5)).cents == 5
        assert back({"price": [Money(6)]})["price"][0].cents == 6
    finally:
        tokamak.unregister(Money)
    with pytest.raises(NotSerializable):
        stored(Money(5))
    with pytest.raises(KeyError):
        tokamak.unregister(Money)
    with pytest.raises(TypeError):
        tokamak.register("Money", str, str)  # type: ignore[arg-type]


def test_registering_numpy_arrays_is_taken_back() -> None:
    tokamak.register(np.ndarray, lambda array: array.tolist(), np.array)
    try:
        assert stored(np.arange(3))[0] == media_types.PICKLE
        assert list(back(np.arange(3))) == [0, 1, 2]
    finally:
        tokamak.unregister(np.ndarray)
    assert stored(np.arange(3))[0] == media_types.NPY


def generator() -> Iterator[int]:
    yield 1


class Handler:
    def __init__(self) -> None:
        self.lock = threading.RLock()


class Config:
    def __init__(self) -> None:
        self.handlers = [Handler()]


class Slotted:
    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner


def closure_over(thing: Any) -> Callable[[], Any]:
    return lambda: thing


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        ({"config": Config()}, "value['config'].handlers[0].lock", "RLock"),
        ([1, (2, generator())], "value[1][1]", "generator"),
        ({"a": {"b": threading.Lock()}}, "value['a']['b']", "lock"),
        (Slotted(threading.Lock()), "value.inner", "lock"),
        (Point(1, threading.current_thread()), "value.data", "Thread"),
        (Pair(1, threading.Lock()), "value.b", "lock"),
        (closure_over(threading.Lock()), "value.thing", "lock"),
        (functools.partial(print, threading.Lock()), "value.args[0]", "lock"),
        (threading.Lock(), "value", "lock"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_stored_is_named_with_its_path(value: Any, path: str, kind: str) -> None:
    with pytest.raises(NotSerializable) as caught:
        stored(value)
    assert isinstance(caught.value, TypeError)
    said = str(caught.value)
    assert said.startswith(path + ": ") and kind in said
    assert caught.value.remedy


def test_files_and_sockets_are_refused() -> None:
    with open(__file__) as file, socket.socket() as open_socket:
        for value, path in (({"f": file}, "value['f']"), ([open_socket], "value[0]")):
            with pytest.raises(NotSerializable, match="cannot be stored") as caught:
                stored(value)
            assert str(caught.value).startswith(path)


def test_files_in_memory_are_values() -> None:
    read = back({"b": io.BytesIO(b"abc"), "s": io.StringIO("text")})
    assert read["b"].getvalue() == b"abc" and read["s"].getvalue() == "text"


@pytest.mark.parametrize("dtype", [">i4", [("a", "i4"), ("b", "f8")]])
def test_a_memoryview_that_bytes_cannot_become_again(dtype: Any) -> None:
    with pytest.raises(NotSerializable, match=r"value\['m'\].*numpy.asarray"):
        stored({"m": memoryview(np.zeros(3, dtype))})


def test_a_class_that_raises_of_itself_is_named() -> None:
    class Angry:
        def __reduce_ex__(self, _: Any) -> Any:
            raise RuntimeError("not me")

    with pytest.raises(NotSerializable, match=r"value\['x'\].*not me"):
        stored({"x": Angry()})


def test_pickles_are_refused_on_request() -> None:
    said, body = stored({"a": 1})
    with pytest.raises(PickleRefused):
        values.decode(body, said, allow_pickle=False)
    readable = [np.arange(3), b"x", "x", bytearray(b"x"), TABLE]
    for value in readable:
        said, body = stored(value)
        assert values.decode(body, said, allow_pickle=False) is not None


def test_inspect_shows_what_is_stored_how() -> None:
    array = np.zeros(1000)
    tree = str(tokamak.inspect({"w": array, "again": array, "l": [1, "a"]}))
    assert "value['w']" not in tree
    assert "['w']: ndarray float64 (1000,) in place, 8,000 bytes" in tree
    assert "['again']: ndarray float64 (1000,) the same as ['w']" in tree
    assert "[1]: str in the stream" in tree
    tree = str(tokamak.inspect({"t": pa.table({"x": array}), "c": [pa.array([1, 2])]}))
    assert "['t']: Table in place, 8,000 bytes" in tree
    assert "[0]: Int64Array in place, 16 bytes" in tree
    frame = pd.DataFrame({"x": array}, index=array)
    assert "BlockManager in place, 16," in str(tokamak.inspect(frame))
    records = np.rec.array(array, dtype=[("x", "f8")])
    assert "recarray" in str(tokamak.inspect([records])) and " in place" not in str(
        tokamak.inspect([records])
    )
    said = tokamak.inspect(array)
    assert said.media_type == media_types.NPY and said.size == 8128
    assert tokamak.inspect("text").root.how == "copied when it is read"
    assert tokamak.inspect(list(range(10_000))).is_cut
    with pytest.raises(NotSerializable):
        tokamak.inspect([threading.Lock()])


# ---- bad input

MUTATIONS = 3000
SEED = 20261127


def bodies() -> Iterator[tuple[str, bytes]]:
    for value, media_type in (
        (np.arange(20).reshape(4, 5), None),
        (np.zeros(3, [("a", "i4"), ("b", "U3")]), None),
        ({"w": np.arange(7, dtype="f4"), "b": np.zeros(3)}, media_types.SAFETENSORS),
        ({"a": 1, "b": [1, 2, {"c": None}]}, media_types.JSON),
        (TABLE, None),
        ("text ä", None),
    ):
        said, body = stored(value, media_type)
        yield said, bytes(body)


@pytest.mark.parametrize(("media_type", "body"), list(bodies()), ids=lambda value: str(value)[:20])
def test_mutated_bodies_are_read_or_refused(media_type: str, body: bytes) -> None:
    dice = random.Random(SEED)
    refused = 0
    for _ in range(MUTATIONS):
        mutated = bytearray(body)
        for _ in range(dice.randint(1, 4)):
            kind = dice.randrange(4)
            at = dice.randrange(len(mutated)) if mutated else 0
            if kind == 0 and mutated:
                mutated[at] = dice.randrange(256)
            elif kind == 1 and mutated:
                mutated[at] ^= 1 << dice.randrange(8)
            elif kind == 2:
                del mutated[at:]
            else:
                mutated[at:at] = dice.randbytes(dice.randint(1, 9))
        try:
            values.decode(memoryview(bytes(mutated)), media_type, allow_pickle=False)
        except DecodeError:
            refused += 1
    assert refused > MUTATIONS // 20


def test_mutated_containers_of_pickles_are_read_or_refused() -> None:
    """The stream is left alone: what it says is run."""
    said, whole = stored([np.arange(30), np.arange(5)])
    head = struct.calcsize("<8sIIQ") + 2 * 16
    dice = random.Random(SEED)
    for _ in range(MUTATIONS):
        mutated = bytearray(whole)
        if dice.random() < 0.2:
            del mutated[dice.randrange(len(mutated)) :]
        else:
            mutated[dice.randrange(head)] = dice.randrange(256)
        try:
            values.decode(memoryview(bytes(mutated)), said, allow_pickle=True)
        except DecodeError:
            pass


@pytest.mark.parametrize("offset", [1 << 30, -5, 7])
def test_offsets_of_text_that_leave_the_body(offset: int) -> None:
    said, body = stored(pa.table({"s": ["ab", "cd", "ef"]}))
    offsets = struct.pack("<4i", 0, 2, 4, 6)
    assert bytes(body).count(offsets) == 1
    hostile = bytes(body).replace(offsets, struct.pack("<4i", 0, offset, 4, 6))
    with pytest.raises(DecodeError):
        values.decode(memoryview(hostile), said, allow_pickle=False)


def npy(header: bytes, body: bytes = b"") -> memoryview:
    return memoryview(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body)


HOSTILE_NPY = [
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(24)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 8)}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,) * 2}"),
    npy(
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904, 0)}"
    ),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807)}"),
    npy(
        b"{'descr': ('<f4', (1, 1)), 'fortran_order': False, 'shape': (" + b"1," * 64 + b")}",
        bytes(4),
    ),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}", bytes(8)),
    npy(b"{'descr': '<z9', 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    npy(b"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", bytes(8)),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,"),
    npy(b"__import__('os')"),
    npy(b"(" * 5000),
    npy(b"'" + b"\\" * 99),
    npy(b"\x00\xff"),
    npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': " + b"(1," * 100 + b")" * 100 + b"}"),
    memoryview(b"\x93NUMPY\x01\x00\xff\xff{}"),
    memoryview(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"),
    memoryview(b"\x93NUMPY\x09\x00\x00\x00"),
    memoryview(b"\x93NUMPY"),
    memoryview(b""),
]


@pytest.mark.parametrize("body", HOSTILE_NPY)
def test_hostile_npy(body: memoryview) -> None:
    with pytest.raises(DecodeError):
        values.decode(body, media_types.NPY, allow_pickle=False)


def safetensors(header: Any, body: bytes = b"") -> memoryview:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return memoryview(struct.pack("<Q", len(text)) + text + body)


def entry(begin: int, end: int, shape: Any = (2,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


HOSTILE_SAFETENSORS = [
    safetensors({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)),
    safetensors({"a": entry(0, 8), "b": entry(12, 20)}, bytes(20)),
    safetensors({"a": entry(0, 8)}, bytes(9)),
    safetensors({"a": entry(0, 8)}, bytes(7)),
    safetensors({"a": entry(8, 0)}, bytes(8)),
    safetensors({"a": entry(0, 8, [2**61, 8])}, bytes(8)),
    safetensors({"a": entry(0, 0, [0, 2**61, 8])}),
    safetensors({"a": entry(0, 0, [2**61, 0, 2**61])}),
    safetensors({"a": entry(0, 8, [-2, -1])}, bytes(8)),
    safetensors({"a": entry(0, 8, "ab")}, bytes(8)),
    safetensors({"a": entry(0, 8, [2], "F99")}, bytes(8)),
    safetensors({"a": entry(0, 8, [2], ["F32"])}, bytes(8)),
    safetensors({"a": 1}),
    safetensors([1]),
    safetensors(b"{"),
    memoryview(struct.pack("<Q", 2**63) + b"{}"),
    memoryview(b"1234"),
]


@pytest.mark.parametrize("body", HOSTILE_SAFETENSORS)
def test_hostile_safetensors(body: memoryview) -> None:
    with pytest.raises(DecodeError):
        values.decode(body, media_types.SAFETENSORS, allow_pickle=False)


def test_a_pickle_of_something_unknown_names_it() -> None:
    stream = pickle.dumps(Point(1)).replace(b"test_values", b"test_valuez")
    head = struct.pack("<8sIIQ", b"TKPICKLE", 0, 0, len(stream))
    with pytest.raises(DecodeError, match="test_valuez"):
        values.decode(memoryview(head + stream), media_types.PICKLE, allow_pickle=True)


def test_wrong_media_type() -> None:
    body = stored(np.arange(3))[1]
    for other in (media_types.ARROW_STREAM, media_types.PICKLE, media_types.SAFETENSORS):
        with pytest.raises(DecodeError):
            values.decode(body, other, allow_pickle=True)


def arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def with_pandas(said: str) -> bytes:
    return arrow(pa.table({"a": [1]}).replace_schema_metadata({"pandas": said}))


COLUMN = {
    "name": "a", "field_name": "a", "pandas_type": "int64", "numpy_type": "int64", "metadata": None,
}  # fmt: skip
UNION = pa.table(
    {"u": pa.UnionArray.from_sparse(pa.array([0, 0], "i1"), [pa.array([1, 2])])},
)


HOSTILE_ARROW = [
    ("pandas", with_pandas("{}")),
    ("pandas", with_pandas("[1]")),
    ("pandas", with_pandas("no json")),
    ("pandas", with_pandas(json.dumps({"index_columns": [5], "columns": [COLUMN]}))),
    ("pandas", with_pandas(json.dumps({"index_columns": [{"kind": "range"}], "columns": []}))),
    (
        "pandas",
        with_pandas(
            json.dumps(
                {
                    "index_columns": [],
                    "columns": [{**COLUMN, "numpy_type": "no type"}],
                    "column_indexes": [{**COLUMN, "name": None, "numpy_type": "int32"}],
                }
            )
        ),
    ),
    ("polars", arrow(UNION)),
    ("array", arrow(pa.table({}))),
    ("array", arrow(pa.table({"a": [1], "b": [2]}))),
    ("chunked-array", arrow(pa.table({"a": [1], "b": [2]}))),
]


@pytest.mark.parametrize(("kind", "body"), HOSTILE_ARROW)
def test_hostile_arrow(kind: str, body: bytes) -> None:
    with pytest.raises(DecodeError):
        values.decode(body, f"{media_types.ARROW_STREAM};python={kind}", allow_pickle=False)


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "no-such", "hex", "rot13", "a\0b", "utf-16", "punycode"]
)
def test_hostile_text(charset: str) -> None:
    with pytest.raises(DecodeError):
        values.decode(b"\xff.\xff", f"text/plain; charset={charset}", allow_pickle=False)


@pytest.mark.parametrize(
    ("value", "media_type", "library"),
    [
        (np.arange(3), None, "numpy"),
        ({"a": np.arange(3)}, media_types.SAFETENSORS, "numpy"),
        (TABLE, None, "pyarrow"),
        (pd.DataFrame({"a": [1.0]}), None, "pandas"),
        (pl.DataFrame({"a": [1.0]}), None, "polars"),
    ],
    ids=["npy", "safetensors", "table", "pandas", "polars"],
)
def test_what_is_not_installed_is_said(value: Any, media_type: str | None, library: str) -> None:
    said, body = stored(value, media_type)
    program = f"""
import sys
sys.modules[{library!r}] = None
from tokamak import DecodeError, values
try:
    values.decode({bytes(body)!r}, {said!r}, allow_pickle=False)
except DecodeError as failure:
    print(failure.remedy)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith(f"install {library}"), done.stderr


class Raising(Mapping[str, Any]):
    """Can be stored no more than it can be looked through."""

    lock = threading.Lock()

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("not to be looked at")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("not to be looked at")

    def __len__(self) -> int:
        return 1

    def __reduce__(self) -> Any:
        raise TypeError("not to be stored")


class RaisingSlot:
    __slots__ = ("__dict__", "a")

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("not to be looked at")


class RaisingName:
    def __repr__(self) -> str:
        raise RuntimeError("not to be shown")


def test_what_raises_when_it_is_looked_through_is_the_culprit() -> None:
    with pytest.raises(NotSerializable, match=r"value\['x'\]\[0\]: .*Raising cannot be stored"):
        tokamak.inspect({"x": [Raising()]})
    with pytest.raises(NotSerializable, match=r"value\[0\]: .*RaisingSlot cannot be stored"):
        tokamak.inspect([RaisingSlot()])
    with pytest.raises(NotSerializable, match=r"RaisingName.*\]: _thread.lock cannot be stored"):
        tokamak.inspect({RaisingName(): threading.Lock()})
