"""Ids, names, groups and durations as programs write them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta

from tokamak._backend import Group, Name, Target
from tokamak._metadata import check_name
from tokamak._ref import Ref
from tokamak.errors import InvalidRequest

DEFAULT_NAMESPACE = "default"
_ID = re.compile(r"[0-9a-fA-F]{32}")

Duration = float | timedelta


def name_of(said: str | Sequence[str]) -> Name:
    """A name from ``"namespace/key"``, ``"key"`` of the default namespace, or a pair.

    Raises ``InvalidRequest`` (``bad-name``).
    """
    if isinstance(said, str):
        namespace, slash, key = said.partition("/")
        if not slash:
            namespace, key = DEFAULT_NAMESPACE, said
            if _ID.fullmatch(said):
                raise InvalidRequest(
                    f"bad name {said!r}: 32 hex digits are an id",
                    remedy=f"name it {DEFAULT_NAMESPACE}/{said}",
                    code="bad-name",
                )
        name = Name(namespace, key)
    else:
        parts = tuple(said)
        if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            raise InvalidRequest(
                f"bad name {said!r}",
                remedy='give "namespace/key" or a pair of both',
                code="bad-name",
            )
        name = Name(*parts)
    check_name(name)
    return name


def target_of(said: Ref | str | bytes | Sequence[str]) -> Target:
    """What a ref, an id or a name means. Raises ``InvalidRequest``, and ``TypeError`` for anything else."""
    if isinstance(said, Ref):
        return said._target
    if isinstance(said, str):
        return bytes.fromhex(said) if _ID.fullmatch(said) else name_of(said)
    if isinstance(said, bytes):
        if len(said) != 16:
            raise InvalidRequest(
                f"bad id of {len(said)} bytes", remedy="an id has 16", code="bad-id"
            )
        return said
    if isinstance(said, tuple):
        return name_of(said)
    raise TypeError(f"a Ref, an id or a name is needed, not {type(said).__qualname__}")


def group_of(said: str, namespace: str | None = None) -> Group:
    """A group of that namespace; where there is none, of ``"namespace/group"`` or the default one."""
    if namespace is not None:
        return Group(namespace, said)
    before, slash, after = said.partition("/")
    return Group(before, after) if slash else Group(DEFAULT_NAMESPACE, said)


def timeout_of(said: Duration | None) -> float | None:
    """Seconds of a timeout; None waits for ever. Raises ``ValueError`` for what is negative or no number."""
    if said is None:
        return None
    seconds = said.total_seconds() if isinstance(said, timedelta) else float(said)
    if math.isnan(seconds) or seconds < 0:
        raise ValueError(f"a timeout of {said!r}; it is 0, seconds, a timedelta, or None")
    return None if math.isinf(seconds) else seconds


def duration_of(what: str, said: Duration | None) -> float | None:
    """Seconds of a lifetime. Raises ``ValueError`` for what is not above 0."""
    if said is None:
        return None
    seconds = said.total_seconds() if isinstance(said, timedelta) else float(said)
    if not 0 < seconds < math.inf:
        raise ValueError(f"{what} is {said!r}; it is a time above 0")
    return seconds
