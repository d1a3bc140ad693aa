"""The shared-memory half of the client, in Rust. Private: use :mod:`tokamak`.

All classes are thread-safe. A target is an id of 16 bytes or a pair of namespace and key.
"""

from collections.abc import Callable, Sequence
from typing import Any

from typing_extensions import Buffer

from tokamak._backend import Target

KILL_POINTS: list[str]
"""Steps at which ``TOKAMAK_KILL_AT`` has this process killed; empty unless a test made the build."""

class Stale(Exception):
    """Attach anew: the store is retired, the session is over, or the process was forked off."""

class NotReady(Exception):
    """The node has not finished its store."""

class OtherLayout(Exception):
    """The store is of another release."""

class Corrupt(Exception):
    """A slot of the index says what cannot be."""

class TooManyPins(Exception):
    """``args[0]``: pin words that there are."""

class Fenced(Exception):
    """The node accepts nothing new from the session."""

class Unanswered(Exception):
    """A named put was not answered in time, and may still take place."""

class Refused(Exception):
    """The node could not claim the name."""

def named_id(namespace: str, key: str) -> bytes:
    """The id that everyone computes from a name."""

def copied(source: Buffer) -> bytes:
    """A copy of a buffer's bytes. Other threads run meanwhile when it is long."""

def copy_into(target: Buffer, source: Buffer) -> None:
    """Copies a buffer into another one, which is as long, else ``ValueError``. Otherwise as :func:`copied`."""

class Ref:
    """An object's id, and its name and size as far as they are known.

    Equal and hashed by id. Works in any process and inside of values: unpickling needs no client.
    Immutable.
    """

    def __init__(
        self, id: str | bytes, name: tuple[str, str] | None = None, size: int | None = None
    ) -> None:
        """``id`` is 32 hex digits or 16 bytes, ``size`` bytes. Raises ``ValueError``."""

    @property
    def id(self) -> str:
        """32 lower-case hex digits."""

    @property
    def name(self) -> str | None:
        """``namespace/key``; None: it has none."""

    @property
    def size(self) -> int | None:
        """Bytes of the object as it is stored; None: not known."""

    @property
    def _target(self) -> Target:
        """What it is got by: its name, where it has one."""

    @property
    def _bytes(self) -> bytes:
        """The id."""

    def __lt__(self, other: Ref) -> bool: ...
    def __gt__(self, other: Ref) -> bool: ...
    def __hash__(self) -> int: ...

class Decoding:
    """What makes values of objects: a callable for each media type, and one for all others, each called with
    the object and its media type. Bytes are copied without one, and arrays made whose header is known."""

    def __init__(
        self,
        by_media_type: dict[str, Callable[[Any, str], Any]],
        otherwise: Callable[[Any, str], Any],
    ) -> None: ...

def keep_array_head(
    head: bytes,
    size: int,
    kind: type[Any],
    shape: tuple[int, ...],
    dtype: Any,
    order: str,
) -> None:
    """Has objects of ``size`` bytes that begin with this ``.npy`` header of 128 bytes given out as such
    arrays, by ``kind``, which is ``numpy.ndarray``."""

class Attachment:
    """A store, mapped. Raises ``OSError``, :class:`NotReady`, :class:`OtherLayout`."""

    layout: int
    def __init__(self, folder: str) -> None: ...
    def attach(self, session: str, process_name: str) -> int:
        """Opens and locks the session that the node offered; answers its number. Once."""

    def check(self) -> None:
        """Raises :class:`Stale`, as all calls below do."""

    @property
    def is_retired(self) -> bool: ...
    @property
    def is_forked_child(self) -> bool: ...
    @property
    def store_number(self) -> int: ...
    @property
    def now_millis(self) -> int:
        """Milliseconds since the epoch by the node's clock, at most 50 ms old."""

    @property
    def pins(self) -> int:
        """Held at the moment."""

    def get(self, wanted: bytes | tuple[str, str]) -> Found | None:
        """Looks up and pins. None: the index does not show it."""

    def get_value(self, wanted: Ref, decoding: Decoding, default: Any) -> Any:
        """The value of what the index shows; ``default`` for all else, :class:`Stale` among it: a longer
        way says why. Raises what decoding does."""

    def get_values(self, wanted: list[Any], decoding: Decoding) -> list[Any] | None:
        """As :meth:`get_value` for all of a list; None where one is not to be had so, or is no ref."""

    def get_all(self, wanted: Sequence[bytes | tuple[str, str]]) -> list[Found | None]:
        """As :meth:`get`, for a list, with one fence for all pins."""

    def read(self, wanted: bytes | tuple[str, str], length_max: int) -> tuple[bytes, str] | None:
        """A copy and its media type, without a pin. None: not shown, or longer than that."""

    def get_soon(self, wanted: bytes | tuple[str, str], time: float) -> Found | None:
        """Wakes the node and looks for up to so many seconds: for what may lie in a lane. None at once in a
        process that has put nothing."""

    def shows(self, wanted: bytes) -> bool: ...
    def notified(self) -> int:
        """To be read before the index, and slept upon."""

    def await_notified(self, seen: int, time: float) -> None:
        """Sleeps until ``notified`` moves, a signal arrives, or so many seconds are over."""

    def wake_waiters(self) -> None: ...
    def put_soon(self, parts: Sequence[Buffer], metadata: bytes) -> Ref | None:
        """As :meth:`put`, without a name; None when the node has to be asked for memory."""

    def put(
        self,
        parts: Sequence[Buffer],
        metadata: bytes,
        named: bytes | None,
        timeout: float,
    ) -> Stored | Wanted:
        """Writes and commits. A named put waits up to ``timeout`` seconds for its answer:
        :class:`Refused`, :class:`Unanswered`. Raises :class:`Fenced`, ``BufferError``."""

    def add_lane(self, number: int, extent: int, start: int, length: int) -> None: ...
    def begin(
        self,
        number: int,
        extent: int,
        start: int,
        length: int,
        metadata: bytes,
        size: int,
        named: bytes | None,
    ) -> Writing: ...
    def take_returns(self, closes: bool) -> list[int]:
        """Lanes to be given back to the node, which do not count as held any more. ``closes``: all that
        nobody uses, and none is taken from here on."""

    @property
    def lost_lanes(self) -> list[int]:
        """Lent, as the session's file says, and not held here."""

    @property
    def is_written(self) -> bool:
        """Whether a lane is held."""

    def flush_accesses(self) -> None: ...
    def end_calls(self) -> None:
        """All calls raise :class:`Stale` from here on."""

    def close_pins(self) -> bool:
        """No pin from here on; whether none is held."""

    def end_session(self) -> None:
        """Lets go of the session's lock."""

    def begin_fork(self) -> None:
        """Nothing is let go of until :meth:`hold_pins`."""

    def hold_pins(self) -> list[int]:
        """After a fork: what the child may see stays pinned until :meth:`release_pins`."""

    def release_pins(self, held: list[int]) -> None: ...
    def bequeath(self, heir: Attachment) -> None:
        """In a forked child: pins in its own session what its inherited views show."""

class Found(Buffer):
    """A sealed object; its bytes are pinned until this and all views are gone."""

    @property
    def data(self) -> Found: ...
    @property
    def id(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def incarnation(self) -> int: ...
    @property
    def media_type(self) -> str: ...
    @property
    def metadata(self) -> bytes:
        """As it is stored."""

    def __len__(self) -> int: ...
    def to_bytes(self) -> bytes:
        """A copy; other threads run while it is a long one."""

    def to_bytearray(self) -> bytearray:
        """Likewise."""

    def pickle_stream(self) -> bytes | None:
        """A copy of the stream of a short pickle that has no buffers beside it; None: it is none."""

    def head(self, length: int) -> bytes:
        """A copy of the first bytes, as many as there are up to ``length``."""

    def equals(self, parts: Sequence[Buffer]) -> bool:
        """Whether the parts, one after the other, are these bytes."""

    def copy_on_write(self, view: Buffer) -> CopyOnWrite | None:
        """The bytes of a view of this object, in place, of which the process may change its own copy. None:
        it has 16,384 of them already. Raises ``ValueError`` for another view, and for an empty one."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

class CopyOnWrite(Buffer):
    """Writable: a page that is written becomes this process's own. Keeps the object pinned."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

class Stored:
    @property
    def id(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @property
    def incarnation(self) -> int:
        """0 for an anonymous object, whose put does not wait for it."""

    @property
    def created(self) -> bool: ...
    @property
    def replicas(self) -> int: ...

class Wanted:
    """A put needs memory that the node is to be asked for; dropped, the lane in it is free again."""

    @property
    def size(self) -> int:
        """Bytes that the record may need."""

    @property
    def payload(self) -> int: ...
    @property
    def lane(self) -> int | None:
        """The lane whose next extent is needed; None: a new one."""

    @property
    def is_single(self) -> bool:
        """The record is to have a lane of its own."""

    def supply(self, extent: int, start: int, length: int) -> None: ...

class Writing(Buffer):
    """An object in a lane of its own, not sealed."""

    @property
    def id(self) -> bytes: ...
    @property
    def size(self) -> int: ...
    @staticmethod
    def record_bytes(metadata: int, payload: int) -> int:
        """Bytes to be leased for an object."""

    def fill(self, parts: Sequence[Buffer]) -> None:
        """Copies the parts, which are as long as the object; several threads do it when it is large."""

    def equals(self, found: Found) -> bool: ...
    def commit(self, timeout: float) -> Stored:
        """Seals. Raises ``BufferError`` while a view is alive, and what a put raises."""

    def abort(self) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
