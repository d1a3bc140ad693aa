"""Between values and the bytes of objects.

A value is encoded by its type: :func:`encode`. An object is decoded by its media type:
:func:`decode`. Both are open: :func:`register`. Thread-safe.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tokamak import media_types
from tokamak.errors import DecodeError, InvalidRequest, PickleRefused
from tokamak.values import arrow, lending, npy, pickled, plain, safetensors, tensors

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Encoded", "decode", "decoders", "encode", "register", "unregister"]


class Encoded(NamedTuple):
    """What a value is stored as."""

    media_type: str
    parts: Sequence[Buffer]
    """Contiguous, one after the other."""


_Encoder = Callable[[Any], Encoded | tuple[str, Sequence["Buffer"]]]
_Decoder = Callable[["Buffer", str], Any]

_by_type: dict[type[Any], _Encoder] = {
    bytes: plain.encode_bytes,
    bytearray: plain.encode_bytearray,
    memoryview: plain.encode_memoryview,
    str: plain.encode_text,
}
"""Types as they are, without their subclasses: a subclass is more than its bytes."""

_LIBRARIES: dict[str, Callable[[dict[type[Any], _Encoder]], None]] = {
    "numpy": npy.learn,
    "pyarrow": arrow.learn,
    "pandas": arrow.learn_pandas,
    "polars": arrow.learn_polars,
    "torch": tensors.learn,
}
"""Types of libraries that a program may do without: learnt once it has imported them."""

_lazily = dict(_LIBRARIES)
"""What was not met yet."""


def _refuse_fory(data: Buffer, media_type: str) -> Any:
    raise DecodeError(
        f"the object is {media_type}: a graph of Java objects is read by Java alone",
        remedy="put arrays, tables, JSON or text from Java; or read its bytes with get_buffer",
    )


_by_media_type: dict[str, _Decoder] = {
    media_types.OCTET_STREAM: plain.decode_bytes,
    "text/plain": plain.decode_text,
    media_types.JSON: plain.decode_json,
    media_types.NPY: npy.decode,
    media_types.TENSOR: tensors.of_npy,
    media_types.SAFETENSORS: safetensors.decode,
    media_types.ARROW_STREAM: arrow.decode,
    media_types.FORY: _refuse_fory,
    media_types.PICKLE: pickled.decode,
}

_on_request: dict[str, _Encoder] = {
    media_types.OCTET_STREAM: plain.encode_buffer,
    media_types.JSON: plain.encode_json,
    media_types.SAFETENSORS: safetensors.encode,
    media_types.PICKLE: pickled.encode,
}


def _learn() -> bool:
    """Whether a library was met that was not known before."""
    met = [name for name in _lazily if sys.modules.get(name) is not None]
    for name in met:
        learn = _lazily.pop(name, None)
        if learn is not None:
            learn(_by_type)
    return bool(met)


def encoder_of(kind: type[Any]) -> _Encoder:
    """What encodes values of exactly that type."""
    known = _by_type.get(kind)
    if known is None and _lazily and _learn():
        known = _by_type.get(kind)
    return pickled.encode if known is None else known


def encode(value: Any, media_type: str | None = None) -> tuple[str, Sequence[Buffer]]:
    """The media type and the bytes of a value.

    ``media_type`` asks for one: of :data:`~tokamak.media_types.JSON`, ``SAFETENSORS`` and ``PICKLE``, or
    any other for ``str`` and for bytes that are that already.

    Raises ``NotSerializable``, and ``InvalidRequest`` for a value that has no such form.
    """
    if media_type is None:
        return encoder_of(type(value))(value)
    wanted = media_types.essence(media_type)
    special = _on_request.get(wanted)
    if special is not None:
        said, parts = special(value)
        return (media_type if special is plain.encode_buffer else said), parts
    said, parts = encoder_of(type(value))(value)
    if media_types.essence(said) == wanted:
        return said, parts
    if isinstance(value, str):
        return media_type, parts
    try:
        memoryview(value)
    except TypeError:
        raise InvalidRequest(
            f"a value of {type(value).__qualname__} has no form of media type {media_type}",
            remedy="leave media_type out, or put its bytes",
            code="bad-media-type",
        ) from None
    return media_type, plain.encode_buffer(value)[1]


def decoders(allow_pickle: bool) -> dict[str, _Decoder]:
    """Decoders by their exact media types, for who asks often; :func:`decode` knows all."""
    return {
        media_types.OCTET_STREAM: plain.decode_bytes,
        media_types.TEXT: plain.decode_utf8,
        media_types.NPY: npy.decode,
        media_types.ARROW_STREAM: arrow.decode,
        **({media_types.PICKLE: pickled.decode} if allow_pickle else {}),
    }


def decode(data: Buffer, media_type: str, *, allow_pickle: bool) -> Any:
    """The value in ``data``, in place where its type can.

    Bytes of a media type that is not known come back as a read-only ``memoryview``. Raises
    ``DecodeError`` for bytes that are not what the media type says, and ``PickleRefused``.
    """
    decoder = _decoder_of(media_type, allow_pickle)
    return memoryview(data).toreadonly() if decoder is None else decoder(data, media_type)


def lend(data: Buffer, media_type: str, *, allow_pickle: bool) -> tuple[Any, lending.Loan]:
    """As :func:`decode`, with what ends its views."""
    views: list[Any] = []
    if _decoder_of(media_type, allow_pickle) is pickled.decode:
        value = pickled.decode(data, media_type, made=views)
    else:
        value = decode(data, media_type, allow_pickle=allow_pickle)
        views += value.values() if isinstance(value, dict) else [value]  # of safetensors
    is_alone = any(view is value for view in views)
    return value, lending.Loan([view for view in views if lending.is_view(view)], is_alone)


def _decoder_of(media_type: str, allow_pickle: bool) -> _Decoder | None:
    decoder = _by_media_type.get(media_type) or _by_media_type.get(media_types.essence(media_type))
    if decoder is pickled.decode and not allow_pickle:
        raise PickleRefused(
            "the object is a pickle, whose decoding can run any code",
            remedy="connect with allow_pickle=True if you trust everybody who may put objects",
        )
    return decoder


def register(
    kind: type[Any],
    serializer: Callable[[Any], Any],
    deserializer: Callable[[Any], Any],
) -> None:
    """Has values of exactly ``kind`` stored as what ``serializer`` makes of them, alone and inside of
    others, and made again by ``deserializer``, which every reader has to be able to import.

    Both are called with one argument. The stored form is a pickle of what the serializer returns.
    """
    if not isinstance(kind, type):
        raise TypeError(f"register takes a type, not {kind!r}")
    pickled.register(kind, serializer, deserializer)
    _learn()
    _by_type[kind] = pickled.encode


def unregister(kind: type[Any]) -> None:
    """Takes back :func:`register`. Raises ``KeyError`` when it was not registered."""
    pickled.unregister(kind)
    _by_type.pop(kind, None)
    for name, learn in _LIBRARIES.items():
        if name not in _lazily and sys.modules.get(name) is not None:
            learn(_by_type)
    _by_type.update(plain.ENCODERS)
