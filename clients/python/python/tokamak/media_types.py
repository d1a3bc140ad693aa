"""What the bytes of an object are. A parameter ``python`` says as which Python type they come back."""

OCTET_STREAM = "application/octet-stream"
"""``bytes``."""
BYTEARRAY = "application/octet-stream;python=bytearray"
MEMORYVIEW = "application/octet-stream;python=memoryview"
TEXT = "text/plain; charset=utf-8"
"""``str``."""
JSON = "application/json"
NPY = "application/x-npy"
"""One array, as ``numpy.save`` writes it."""
TENSOR = "application/x-npy;python=tensor"
"""One torch tensor, likewise."""
SAFETENSORS = "application/x-safetensors"
"""Several arrays by name."""
ARROW_STREAM = "application/vnd.apache.arrow.stream"
"""A table, as an Arrow IPC stream."""
FORY = "application/vnd.tokamak.fory"
"""A graph of Java objects, read by Java alone."""
PICKLE = "application/vnd.tokamak.pickle"
"""Anything else: pickle 5 with its buffers beside it; see ``docs/values.md``."""


def essence(media_type: str) -> str:
    """Type and subtype in lower case, without parameters."""
    return media_type.partition(";")[0].strip().lower()


def parameter(media_type: str, name: str) -> str | None:
    """The value of a parameter, unquoted; None: it is absent."""
    for part in media_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return None
