"""torch tensors: stored as their bytes, and read in place as plain, writable tensors.

torch knows no read-only memory: a write to a view of the node's read-only mapping would end the process. So
a tensor lies in a copy-on-write mapping of the object: a page that is written is copied first, for this
process alone, and the object stays as it is. Models, whose parameters an optimizer changes, are read in
place by that as well.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from tokamak import media_types
from tokamak._native import Found

if TYPE_CHECKING:
    from typing_extensions import Buffer

COPY_BYTES_MAX = 64 << 10
"""Up to here a copy is cheaper than a mapping."""

_NPY_DTYPES = {
    "float16", "float32", "float64", "complex64", "complex128", "bool",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
}  # fmt: skip


_torch_dtypes: dict[Any, Any] = {}
"""By numpy's. Filled at the first use."""


def learn(by_type: dict[type[Any], Callable[[Any], Any]]) -> None:
    """Has tensors, but not their subclasses, stored as ``.npy``."""
    import torch

    by_type[torch.Tensor] = encode


def encode(tensor: Any) -> tuple[str, Sequence[Buffer]]:
    """The tensor as one ``.npy``; pickled when that format has no words for it."""
    from tokamak.values import npy, pickled

    name = str(tensor.dtype).removeprefix("torch.")
    if is_plain(tensor) and not tensor.requires_grad and name in _NPY_DTYPES:
        try:
            import numpy
        except ImportError:
            return pickled.encode(tensor)
        shape = tuple(tensor.shape)
        is_fortran = tensor.ndim == 2 and not tensor.is_contiguous() and tensor.mT.is_contiguous()
        flat = tensor.mT if is_fortran else tensor.contiguous()
        head = npy.head(numpy.dtype(name), shape, is_fortran)
        return media_types.TENSOR, (head, _bytes(flat))
    return pickled.encode(tensor)


def is_tensor(value: Any) -> bool:
    """Whether it is exactly a ``torch.Tensor``; imports nothing."""
    kind = type(value)
    return kind.__name__ == "Tensor" and kind.__module__ == "torch"


def is_plain(tensor: Any) -> bool:
    """Whether bytes, shape, strides and ``requires_grad`` say all of it."""
    import torch

    return bool(
        tensor.device.type == "cpu"
        and tensor.layout is torch.strided
        and not tensor.is_quantized
        and not tensor.is_conj()
        and not tensor.is_neg()
        and not any(getattr(tensor, "names", ()))  # gone from newer releases
        and not tensor.__dict__
        and not tensor._backward_hooks
    )


def reduce(tensor: Any) -> Any:
    """For a pickle: the bytes out of band, in the order in which they lie."""
    import pickle

    if not is_plain(tensor):
        return NotImplemented
    order = sorted(range(tensor.ndim), key=lambda axis: -tensor.stride(axis))
    dense = tensor.detach().permute(order)
    if dense.is_contiguous():
        strides = tensor.stride()
    else:
        dense = tensor.detach().contiguous()
        strides = dense.stride()
    held = pickle.PickleBuffer(_bytes(dense)) if dense.numel() else b""
    return tensor_of, (held, tensor.dtype, tuple(tensor.shape), strides, tensor.requires_grad)


def _bytes(tensor: Any) -> Buffer:
    """Those of a contiguous tensor, in place. Not by numpy, which lacks some of the dtypes."""
    count = tensor.numel() * tensor.element_size()
    if not count:
        return b""
    held: Any = (ctypes.c_char * count).from_address(tensor.data_ptr())
    held.tensor = tensor  # lives as long as its bytes are looked at
    return cast("Buffer", held)


def tensor_of(held: Buffer, dtype: Any, shape: Any, strides: Any, requires_grad: bool) -> Any:
    """What :func:`reduce` took apart. Raises ``ValueError`` for bytes that are not as many."""
    import torch

    count = memoryview(held).nbytes
    if 0 in shape or not count:
        tensor = torch.empty_strided(shape, strides, dtype=dtype)
        if tensor.numel():
            raise ValueError(f"shape {shape} in no bytes")
    else:
        last = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if any(each < 0 for each in strides) or (last + 1) * dtype.itemsize > count:
            raise ValueError(f"shape {shape} by strides {strides} of {dtype} in {count} bytes")
        tensor = torch.frombuffer(writable(held), dtype=dtype)
        if tensor.shape != shape or strides != (1,):
            tensor.set_(tensor.untyped_storage(), 0, shape, strides)  # no view of another
    return tensor.requires_grad_() if requires_grad else tensor


def writable(held: Buffer) -> Buffer:
    """The same bytes for a library that knows no read-only memory: whatever it writes is this process's
    own. In place where they lie in the node's memory and are more than :data:`COPY_BYTES_MAX`, as long as
    the process holds fewer than 16,384 of them; else a copy."""
    view = memoryview(held)
    found = view.obj
    if isinstance(found, Found) and view.nbytes > COPY_BYTES_MAX:
        mapped = found.copy_on_write(view)
        if mapped is not None:
            return mapped
    return bytearray(view)


def of_npy(data: Buffer, media_type: str) -> Any:
    """A tensor that was put alone; an array in a process without torch. Raises ``DecodeError``."""
    from tokamak.values import npy

    array = npy.decode(data, media_type)
    try:
        import numpy
        import torch
    except ImportError:
        return array
    if not _torch_dtypes:
        for name in _NPY_DTYPES:
            if hasattr(torch, name):  # older releases lack some
                _torch_dtypes[numpy.dtype(name)] = getattr(torch, name)
    dtype = _torch_dtypes.get(array.dtype)
    if dtype is None:  # by another writer: of another byte order, or kind
        return array
    size = array.itemsize
    view = memoryview(data)
    held = view[view.nbytes - array.nbytes :]
    return tensor_of(held, dtype, array.shape, tuple(n // size for n in array.strides), False)
