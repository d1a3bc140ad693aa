"""Which part of a value cannot be stored, why, and what helps."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any

from tokamak.errors import NotSerializable
from tokamak.values import pickled

_DEPTH_MAX = 64

_REASONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("lock", "RLock", "Condition", "Event", "Semaphore", "_local"),
        "it belongs to the threads of this process",
        "leave it out in __getstate__ and make a new one in __setstate__",
    ),
    (
        ("generator", "coroutine", "async_generator"),
        "it stands in the middle of running code",
        "put what it yields, as a list",
    ),
    (
        ("socket", "SSLSocket"),
        "it is a connection of this process",
        "put its address, and connect again",
    ),
    (
        ("Thread", "Process", "frame", "module"),
        "it lives in this process alone",
        "put what it works on",
    ),
)


def explained(value: Any, failure: Exception) -> NotSerializable:
    """The error for a value whose pickling failed."""
    path, culprit = _find(value, "value", set(), 0)
    kind = type(culprit)
    why, remedy = _reason(culprit, failure)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return NotSerializable(f"{path}: {name} cannot be stored: {why}", remedy=remedy)


def _reason(culprit: Any, failure: Exception) -> tuple[str, str]:
    known = _known_reason(culprit)
    if known is not None:
        return known
    if isinstance(failure, NotSerializable) and failure.remedy:
        return failure.message, failure.remedy
    said = str(failure) or type(failure).__name__
    return said, "leave it out, or register how it is stored: tokamak.register"


def _known_reason(value: Any) -> tuple[str, str] | None:
    if pickled.is_open_file(value):
        return "it is an open file of this process", "put its path, or what it holds"
    names = {kind.__name__ for kind in type(value).__mro__}
    for reasons, why, remedy in _REASONS:
        if names.intersection(reasons):
            return why, remedy
    return None


def _find(value: Any, path: str, seen: set[int], depth: int) -> tuple[str, Any]:
    """The first part that fails of itself, none of its own parts being the reason."""
    seen.add(id(value))
    if depth < _DEPTH_MAX and _known_reason(value) is None:
        for label, part in parts_of(value):
            if id(part) not in seen and not pickled.can_dump(part):
                return _find(part, path + label, seen, depth + 1)
    return path, value


def parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value is made of, with how it is reached from there; as far as it lets itself be looked through."""
    try:
        yield from _parts_of(value)
    except Exception:  # of its own
        return


def _parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in list(value.items()):
            yield f"[{_short(key)}]", part
        for key in list(value):
            yield f".key({_short(key)})", key
    elif isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", None)
        for i, part in enumerate(value):
            yield (f".{names[i]}" if names else f"[{i}]"), part
    elif isinstance(value, (set, frozenset)):
        for part in value:
            yield f".element({_short(part)})", part
    elif isinstance(value, types.FunctionType):
        for cell_name, cell in zip(
            value.__code__.co_freevars, value.__closure__ or (), strict=True
        ):
            try:
                yield f".{cell_name}", cell.cell_contents
            except ValueError:  # not bound yet
                continue
        for default in value.__defaults__ or ():
            yield ".default", default
        for name in value.__code__.co_names:
            if name in value.__globals__:
                yield f".globals[{name!r}]", value.__globals__[name]
    elif isinstance(value, types.MethodType):
        yield ".__self__", value.__self__
    elif isinstance(value, functools.partial):
        yield ".func", value.func
        yield ".args", value.args
        yield ".keywords", value.keywords
    elif not isinstance(value, (str, bytes, type)):
        yield from _state_of(value)


def _state_of(value: Any) -> Iterator[tuple[str, Any]]:
    for name, part in list(getattr(value, "__dict__", {}).items()):
        yield f".{name}", part
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            part = getattr(value, name, None)
            if part is not None and name not in ("__dict__", "__weakref__"):
                yield f".{name}", part


def _short(key: Any) -> str:
    try:
        text = repr(key)
    except Exception:  # of its own
        text = f"<{type(key).__qualname__}>"
    return text if len(text) <= 40 else text[:39] + "…"
