"""What a node says of objects and of itself, in the client's words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tokamak._backend import Description, Lifetime, Pin
from tokamak._metadata import Decoded, decode
from tokamak._proto import local_pb2 as local

_LANGUAGES = {1: "java", 2: "python", 3: "rust", 4: "c"}


def described(said: local.ObjectDescription) -> Description:
    stored = decode(said.metadata)
    return Description(
        id=said.id,
        name=stored.name,
        size=said.size_bytes,
        media_type=stored.media_type,
        attributes=stored.attributes,
        incarnation=said.incarnation,
        lifetime=_lifetime(stored, said.expires_millis),
        group=stored.group,
        expires=said.expires_millis / 1000 if said.expires_millis else None,
        locations=(f"store-{said.store_number}",),
        pins=tuple(
            Pin(
                pin.session_number,
                pin.pid,
                _LANGUAGES.get(pin.language, "unknown"),
                pin.name,
                pin.since_millis / 1000,
                pin.count,
            )
            for pin in said.pins
        ),
        content_encoding=stored.content_encoding,
    )


def _lifetime(stored: Decoded, expires_millis: int) -> Lifetime:
    """What the object was put with; a ttl as what is left of it."""
    left = None
    if stored.until_millis:
        left = max(0.001, stored.until_millis / 1000 - time.time())
    return Lifetime(
        ttl=left,
        idle=stored.idle_millis / 1000 or None,
        session=stored.session_number != 0,
        until_deleted=stored.until_deleted or expires_millis == 0,
    )


def ledger_of(status: local.NodeStatus) -> Mapping[str, Any]:
    """Bytes, but for what is said beside them."""
    ledger = status.ledger
    return {
        "id": status.node_id,
        "store_number": status.store_number,
        "state": status.state,
        "address": status.address or None,
        "started": status.started_millis / 1000,
        "capacity": ledger.capacity,
        "used": ledger.capacity - ledger.free,
        "in_use": ledger.in_use,
        "free": ledger.free,
        "leased": ledger.leased,
        "condemned": ledger.condemned,
        "withheld": ledger.withheld,
        "pinned": ledger.pinned,
        "largest_free": ledger.largest_free,
        "index": ledger.index,
        "objects": status.objects,
        "sessions": len(status.sessions),
    }
