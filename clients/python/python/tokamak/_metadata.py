"""Stored metadata, byte by byte: the picture is in ``MetadataLayout.java``.

What is written here was checked before, by the rules that every writer keeps: the node ends a session
that breaks them.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from typing import NamedTuple

from tokamak._backend import OCTET_STREAM, Group, Lifetime, Meta, Name
from tokamak.errors import DecodeError, InvalidRequest

NAMESPACE_BYTES_MAX = 63
KEY_BYTES_MAX = 1024
GROUP_BYTES_MAX = 255
MEDIA_TYPE_BYTES_MAX = 255
CONTENT_ENCODING_BYTES_MAX = 255
ATTRIBUTE_COUNT_MAX = 64
ATTRIBUTE_BYTES_MAX = 8 * 1024
DURATION_SECONDS_MAX = 36_500 * 86_400

_PREFIX = struct.Struct("<BBHHHqqIHHHHI")
_LENGTHS = struct.Struct("<HH")
_VERSION = 1
_NAME, _GROUP, _CONTENT_ENCODING, _UNTIL_DELETED = 1, 2, 4, 8

_TOKEN_CHARACTERS = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TOKEN = re.compile(_TOKEN_CHARACTERS + "+")
_QUOTED = r'"(?:[\t !#-\[\]-~\xa0-\U0010ffff]|\\[\t -~\xa0-\U0010ffff])*"'
_MEDIA_TYPE = re.compile(
    rf"{_TOKEN_CHARACTERS}+/{_TOKEN_CHARACTERS}+"
    rf"(?:[ \t]*;[ \t]*(?:{_TOKEN_CHARACTERS}+=(?:{_TOKEN_CHARACTERS}+|{_QUOTED}))?)*"
)
_CONTENT_ENCODING_LIST = re.compile(rf"{_TOKEN_CHARACTERS}+(?:[ \t]*,[ \t]*{_TOKEN_CHARACTERS}+)*")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _bad(code: str, message: str, remedy: str, **numbers: object) -> InvalidRequest:
    said = {name: str(value) for name, value in numbers.items()}
    return InvalidRequest(message, remedy=remedy, numbers=said, code=code)


def _utf8(code: str, what: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as failure:
        raise _bad(
            code,
            f"bad {what} {text!r}: an unpaired surrogate has no UTF-8 form",
            "send well-formed UTF-8",
            index=failure.start,
        ) from None


def _checked_namespace(namespace: str) -> bytes:
    if not _NAMESPACE.fullmatch(namespace) or len(namespace) > NAMESPACE_BYTES_MAX:
        raise _bad(
            "bad-name",
            f"bad namespace {namespace!r}",
            f"use 1 to {NAMESPACE_BYTES_MAX} of a-z 0-9 . _ - and begin with a letter or digit",
            limit=NAMESPACE_BYTES_MAX,
            actual=len(namespace),
        )
    return namespace.encode()


def _checked_key(what: str, key: str, limit: int) -> bytes:
    encoded = _utf8("bad-name", what, key)
    if not 1 <= len(encoded) <= limit:
        raise _bad(
            "bad-name",
            f"bad {what}: {len(encoded)} bytes, must be 1 to {limit}",
            f"{'shorten' if encoded else 'give'} the {what}",
            limit=limit,
            actual=len(encoded),
        )
    control = _CONTROL.search(key)
    if control:
        raise _bad(
            "bad-name",
            f"bad {what} {key!r}: control character at index {control.start()}",
            "leave out NUL and other control characters",
            index=control.start(),
        )
    return encoded


def check_name(name: Name) -> None:
    """Raises ``InvalidRequest`` (``bad-name``) for what cannot be a name."""
    _checked_namespace(name.namespace)
    _checked_key("key", name.key, KEY_BYTES_MAX)


def _checked_media_type(media_type: str) -> bytes:
    if media_type == OCTET_STREAM:
        return b""
    encoded = _utf8("bad-media-type", "media type", media_type)
    if not _MEDIA_TYPE.fullmatch(media_type) or len(encoded) > MEDIA_TYPE_BYTES_MAX:
        raise _bad(
            "bad-media-type",
            f"bad media type {media_type!r}",
            "write type/subtype, with parameters as ;name=value,"
            f" at most {MEDIA_TYPE_BYTES_MAX} bytes",
            limit=MEDIA_TYPE_BYTES_MAX,
            actual=len(encoded),
        )
    return encoded


def _checked_content_encoding(text: str | None) -> bytes:
    if text is None:
        return b""
    if len(text) > CONTENT_ENCODING_BYTES_MAX or not _CONTENT_ENCODING_LIST.fullmatch(text):
        raise _bad(
            "bad-parameter",
            f"bad content encoding {text!r}",
            "write tokens with commas between them, at most 255 bytes",
        )
    return text.encode()


def normalized_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Names in lower case, sorted as they are stored. Raises ``InvalidRequest`` (``bad-attribute``)."""
    found: dict[str, str] = {}
    size = 0
    for name, value in attributes.items():
        lower = name.lower()
        if not _TOKEN.fullmatch(name):
            raise _bad(
                "bad-attribute",
                f"bad attribute name {name!r}",
                "use letters, digits and !#$%&'*+-.^_`|~",
            )
        if lower in found:
            raise _bad(
                "bad-attribute",
                f"attribute {lower!r} is given twice",
                "give each name once; case makes no difference",
            )
        if _CONTROL.search(value) or value != value.strip(" "):
            raise _bad(
                "bad-attribute",
                f"bad value of attribute {name!r}: a control character, or a space at an end",
                "strip it, or put such bytes into the object",
            )
        size += len(lower) + len(_utf8("bad-attribute", "attribute value", value))
        found[lower] = value
    if len(found) > ATTRIBUTE_COUNT_MAX or size > ATTRIBUTE_BYTES_MAX:
        raise _bad(
            "bad-attribute",
            f"{len(found)} attributes of {size} bytes,"
            f" at most {ATTRIBUTE_COUNT_MAX} of {ATTRIBUTE_BYTES_MAX}",
            "put what is large into the object itself",
            limit=ATTRIBUTE_BYTES_MAX,
            actual=size,
        )
    return dict(sorted(found.items()))


def _millis(what: str, seconds: float | None) -> int:
    """Rounded up: an object does not end early."""
    if seconds is None:
        return 0
    if not 0 < seconds <= DURATION_SECONDS_MAX:  # false for NaN, too
        raise _bad(
            "bad-duration",
            f"bad {what}: {seconds} s",
            f"give more than 0 and at most {DURATION_SECONDS_MAX} s",
        )
    return math.ceil(seconds * 1000)


def encode(meta: Meta, name: Name | None, now_millis: int, session_number: int) -> bytes:
    """Checks and writes. ``now_millis`` is what a ttl counts from, milliseconds since 1970 by the node's
    clock. Raises ``InvalidRequest``."""
    lifetime = meta.lifetime
    ttl, idle = _millis("ttl", lifetime.ttl), _millis("idle", lifetime.idle)
    if bool(ttl or idle) + lifetime.session + lifetime.until_deleted > 1:
        raise _bad(
            "bad-parameter",
            "more than one kind of lifetime",
            "give times, the session, or neither",
        )
    flags = _UNTIL_DELETED if lifetime.until_deleted else 0
    namespace = key = group_namespace = group_name = b""
    if name is not None:
        flags |= _NAME
        namespace = _checked_namespace(name.namespace)
        key = _checked_key("key", name.key, KEY_BYTES_MAX)
    if meta.group is not None:
        flags |= _GROUP
        group_namespace = _checked_namespace(meta.group.namespace)
        group_name = _checked_key("group name", meta.group.name, GROUP_BYTES_MAX)
    encoding = _checked_content_encoding(meta.content_encoding)
    if meta.content_encoding is not None:
        flags |= _CONTENT_ENCODING
    media_type = _checked_media_type(meta.media_type)
    attributes = normalized_attributes(meta.attributes) if meta.attributes else {}
    if meta.lifetime == Lifetime() and not (flags or media_type or attributes):
        return b""
    listed = bytearray()
    for attribute, value in attributes.items():
        attribute_bytes, value_bytes = attribute.encode(), value.encode()
        listed += _LENGTHS.pack(len(attribute_bytes), len(value_bytes))
        listed += attribute_bytes + value_bytes
    written = b"".join(
        (
            _PREFIX.pack(
                _VERSION,
                flags,
                len(namespace),
                len(key),
                len(media_type),
                now_millis + ttl if ttl else 0,
                idle,
                session_number if lifetime.session else 0,
                len(group_namespace),
                len(group_name),
                len(encoding),
                len(attributes),
                len(listed),
            ),
            namespace,
            key,
            media_type,
            group_namespace,
            group_name,
            encoding,
            listed,
        )
    )
    return written + bytes(-len(written) % 8)


class Decoded(NamedTuple):
    """Stored metadata, read."""

    name: Name | None
    media_type: str
    content_encoding: str | None
    attributes: dict[str, str]
    until_millis: int
    """0: none."""
    idle_millis: int
    session_number: int
    until_deleted: bool
    group: Group | None


PLAIN = Decoded(None, OCTET_STREAM, None, {}, 0, 0, 0, False, None)


def decode(stored: bytes) -> Decoded:
    """Raises ``DecodeError`` for what :func:`encode` does not write."""
    if not stored:
        return PLAIN
    try:
        return _decode(stored)
    except (struct.error, UnicodeDecodeError, IndexError) as failure:
        raise DecodeError(f"metadata of {len(stored)} bytes: {failure}") from failure


def _decode(stored: bytes) -> Decoded:
    (
        version,
        flags,
        namespace_length,
        key_length,
        media_type_length,
        until_millis,
        idle_millis,
        session_number,
        group_namespace_length,
        group_name_length,
        encoding_length,
        attribute_count,
        attributes_length,
    ) = _PREFIX.unpack_from(stored)
    if version != _VERSION or flags & ~15:
        raise DecodeError(f"metadata of version {version}, flags {flags}")
    at = _PREFIX.size

    def text(length: int) -> str:
        nonlocal at
        if at + length > len(stored):
            raise DecodeError(f"metadata of {len(stored)} bytes is cut short")
        at += length
        return stored[at - length : at].decode()

    namespace, key = text(namespace_length), text(key_length)
    media_type = text(media_type_length)
    group_namespace, group_name = text(group_namespace_length), text(group_name_length)
    encoding = text(encoding_length)
    attributes = {}
    end = at + attributes_length
    for _ in range(attribute_count):
        lengths = _LENGTHS.unpack_from(stored, at)
        at += _LENGTHS.size
        attribute = text(lengths[0])
        attributes[attribute] = text(lengths[1])
    if at != end or len(stored) != at + -at % 8:
        raise DecodeError(f"metadata of {len(stored)} bytes ends at {at}")
    return Decoded(
        Name(namespace, key) if flags & _NAME else None,
        media_type or OCTET_STREAM,
        encoding if flags & _CONTENT_ENCODING else None,
        attributes,
        until_millis,
        idle_millis,
        session_number,
        bool(flags & _UNTIL_DELETED),
        Group(group_namespace, group_name) if flags & _GROUP else None,
    )
