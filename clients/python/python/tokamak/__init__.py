"""Tokamak: immutable objects in shared memory.

::

    import numpy as np
    import tokamak

    client = tokamak.connect()
    ref = client.put({"weights": np.zeros((1000, 1000))}, name="models/first")
    client.get("models/first")["weights"]  # a view of the node's memory, in any process
"""

from tokamak import errors, media_types
from tokamak._client import Client, Events, ObjectEvent, ObjectInfo, Writer, connect
from tokamak._ref import Ref
from tokamak.errors import (
    DeadlineExceeded,
    DecodeError,
    InvalidRequest,
    InvalidState,
    NodeUnavailable,
    NotSerializable,
    ObjectExists,
    ObjectLost,
    ObjectNotFound,
    OutOfMemory,
    PartialReplication,
    PermissionDenied,
    PickleRefused,
    QuotaExceeded,
    TokamakError,
)
from tokamak.values import register, unregister
from tokamak.values.inspection import Inspection, inspect

__all__ = [
    "Client",
    "DeadlineExceeded",
    "DecodeError",
    "Events",
    "Inspection",
    "InvalidRequest",
    "InvalidState",
    "NodeUnavailable",
    "NotSerializable",
    "ObjectEvent",
    "ObjectExists",
    "ObjectInfo",
    "ObjectLost",
    "ObjectNotFound",
    "OutOfMemory",
    "PartialReplication",
    "PermissionDenied",
    "PickleRefused",
    "QuotaExceeded",
    "Ref",
    "TokamakError",
    "Writer",
    "connect",
    "errors",
    "inspect",
    "media_types",
    "register",
    "unregister",
]
