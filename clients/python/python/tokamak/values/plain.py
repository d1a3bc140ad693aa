"""Bytes, text and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tokamak import media_types
from tokamak._native import Found
from tokamak.errors import DecodeError, InvalidRequest, NotSerializable

if TYPE_CHECKING:
    from typing_extensions import Buffer

    Parts = tuple[str, Sequence[Buffer]]


def encode_bytes(value: bytes) -> Parts:
    return media_types.OCTET_STREAM, (value,)


def encode_bytearray(value: bytearray) -> Parts:
    return media_types.BYTEARRAY, (value,)


def encode_memoryview(value: memoryview) -> Parts:
    return media_types.MEMORYVIEW, (_contiguous(value),)


def encode_buffer(value: Any) -> Parts:
    """Whatever has the buffer protocol, as bytes."""
    try:
        return media_types.OCTET_STREAM, (_contiguous(memoryview(value)),)
    except TypeError:
        raise InvalidRequest(
            f"{type(value).__qualname__} has no bytes to be stored as they are",
            remedy="leave media_type out",
            code="bad-media-type",
        ) from None


def _contiguous(view: memoryview) -> Buffer:
    """Its bytes, copied only where they do not lie together."""
    return view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes()


def encode_text(value: str) -> Parts:
    try:
        return media_types.TEXT, (value.encode(),)
    except UnicodeEncodeError as failure:
        raise NotSerializable(
            f"value: str with an unpaired surrogate at index {failure.start} has no UTF-8 form",
            remedy="encode it yourself and put the bytes",
        ) from None


def encode_json(value: Any) -> Parts:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return media_types.JSON, (text.encode(),)
    except (TypeError, ValueError, RecursionError) as failure:
        raise NotSerializable(
            f"value: {type(value).__qualname__} has no JSON form: {failure}",
            remedy="leave media_type out: then it is pickled",
        ) from None


def decode_bytes(data: Buffer, media_type: str) -> bytes | bytearray | memoryview:
    kind = media_types.parameter(media_type, "python") if ";" in media_type else None
    if kind == "bytearray":
        return data.to_bytearray() if isinstance(data, Found) else bytearray(data)
    if kind == "memoryview":
        return memoryview(data).toreadonly()
    return data.to_bytes() if isinstance(data, Found) else bytes(data)


def decode_utf8(data: Buffer, media_type: str) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as failure:
        raise _wrong(media_type, failure) from None


def decode_text(data: Buffer, media_type: str) -> str:
    charset = media_types.parameter(media_type, "charset") or "utf-8"
    try:
        return str(data, charset)
    except (ValueError, LookupError) as failure:
        raise _wrong(media_type, failure) from None


def decode_json(data: Buffer, media_type: str) -> Any:
    try:
        return json.loads(bytes(data), parse_constant=_no_constant)
    except (ValueError, RecursionError) as failure:
        raise _wrong(media_type, failure) from None


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _wrong(media_type: str, why: object) -> DecodeError:
    return DecodeError(
        f"not {media_type}: {why}", remedy="read it with get_buffer, and see who wrote it"
    )


ENCODERS: dict[type[Any], Callable[[Any], Parts]] = {
    bytes: encode_bytes,
    bytearray: encode_bytearray,
    memoryview: encode_memoryview,
    str: encode_text,
}
