"""Golden bytes: what Java wrote is read, and written, alike. ``cargo test`` does the rest of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from node import ROOT
from tokamak._backend import Group, Lifetime, Meta, Name
from tokamak._metadata import decode, encode
from tokamak._native import Attachment, Corrupt, NotReady, OtherLayout, named_id

GOLDEN = ROOT / "verification" / "golden"
NAME = Name("models", "llama/ü")
GROUP = Group("models", "night")
NOW_MILLIS = 1_700_000_000_000
METADATA = {
    "full": (
        Meta(
            "text/plain",
            {"owner": "Jürgen", "A": "1"},
            Lifetime(ttl=10, idle=60),
            GROUP,
            content_encoding="gzip",
        ),
        NAME,
    ),
    "group": (Meta(group=GROUP), None),
    "idle": (Meta(lifetime=Lifetime(idle=300)), None),
    "name": (Meta(), NAME),
    "plain": (Meta(), None),
    "session": (Meta(lifetime=Lifetime(session=True)), None),
    "until": (Meta(lifetime=Lifetime(ttl=0.001)), None),
    "until-deleted": (Meta(lifetime=Lifetime(until_deleted=True)), None),
}


def anonymous(counter: int) -> bytes:
    return bytes([1]) + struct.pack(">II", 42, 7) + counter.to_bytes(7, "big")


def pattern(length: int) -> bytes:
    return bytes((7 * i + 1) % 256 for i in range(length))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("store", "index", "pool"):
        (tmp_path / name).write_bytes((GOLDEN / f"{name}.bin").read_bytes())
    return tmp_path


def entries(name: str) -> Iterator[tuple[str, bytes]]:
    golden = (GOLDEN / name).read_bytes()
    at = 0
    while at < len(golden):
        (length,) = struct.unpack_from("<H", golden, at)
        label = golden[at + 2 : at + 2 + length].decode()
        at += 2 + length
        (length,) = struct.unpack_from("<I", golden, at)
        yield label, golden[at + 4 : at + 4 + length]
        at += 4 + length


def test_a_look_up_finds_all_that_are_sealed_and_none_of_the_others(store: Path) -> None:
    attachment = Attachment(str(store))
    sealed = {anonymous(1): b"hello", anonymous(2): pattern(255), anonymous(3): b""}
    sealed |= {anonymous(n): struct.pack("<Q", n) for n in range(1000, 1220)}
    for each, payload in sealed.items():
        assert attachment.read(each, 1 << 16) == (payload, "application/octet-stream")
        assert attachment.shows(each)
    assert attachment.read(NAME, 1 << 16) == (pattern(300), "text/plain")
    assert attachment.read(("models", "llama"), 1 << 16) is None
    for absent in (named_id("models", "claimed"), anonymous(4), anonymous(5), anonymous(1220)):
        assert attachment.read(absent, 1 << 16) is None
        assert not attachment.shows(absent)


def test_another_key_with_the_same_id_is_absent(store: Path) -> None:
    """The id in index and pool is made another name's: the key in the object tells."""
    stored = named_id(*NAME)
    other = named_id("models", "other")
    index = store / "index"
    written = index.read_bytes()
    assert written.count(stored) == 1
    at = written.index(stored)
    attachment = Attachment(str(store))
    assert attachment.read(NAME, 1 << 16) is not None
    with open(index, "r+b") as file:
        file.seek(at)
        file.write(other)
    # Wherever the slot lies now, no name reads what is another's.
    assert attachment.read(("models", "other"), 1 << 16) is None
    assert attachment.read(NAME, 1 << 16) is None


def test_names_have_the_same_ids() -> None:
    golden = (GOLDEN / "names.bin").read_bytes()
    at = count = 0
    while at < len(golden):
        namespace, key = struct.unpack_from("<HH", golden, at)
        at += 4
        text = golden[at : at + namespace].decode(), golden[at + namespace :][:key].decode()
        at += namespace + key
        assert named_id(*text) == golden[at : at + 16]
        at += 16
        count += 1
    assert count > 1


def test_metadata_is_written_byte_for_byte() -> None:
    golden = dict(entries("metadata.bin"))
    assert golden.keys() == METADATA.keys()
    for label, (meta, name) in METADATA.items():
        assert encode(meta, name, NOW_MILLIS, 7) == golden[label], label


def test_metadata_is_read() -> None:
    for label, stored in entries("metadata.bin"):
        meta, name = METADATA[label]
        read = decode(stored)
        assert (read.name, read.group, read.media_type) == (name, meta.group, meta.media_type)
        assert read.content_encoding == meta.content_encoding
        assert read.attributes == {key.lower(): meta.attributes[key] for key in meta.attributes}
        assert read.until_deleted == meta.lifetime.until_deleted
        assert bool(read.session_number) == meta.lifetime.session
        assert read.idle_millis == (meta.lifetime.idle or 0) * 1000
        assert read.until_millis == (
            NOW_MILLIS + meta.lifetime.ttl * 1000 if meta.lifetime.ttl else 0
        )


def test_i9_no_index_however_damaged_makes_a_reader_fault(store: Path) -> None:
    """Each 8-byte word of a slot, and of the first links, is overwritten with bytes from everywhere."""
    index = store / "index"
    written = index.read_bytes()
    slot = written.index(named_id(*NAME)) - 8
    values = (
        0,
        1,
        2,
        0x7F,
        1 << 12,
        (1 << 15) - 16,
        1 << 15,
        1 << 47,
        (1 << 63) - 1,
        (1 << 64) - 1,
    )
    for word in (*range(slot, slot + 64, 8), len(written) - 4096, len(written) - 8):
        for value in values:
            index.write_bytes(written[:word] + struct.pack("<Q", value) + written[word + 8 :])
            attachment = Attachment(str(store))
            for wanted in (NAME, anonymous(1), anonymous(1007)):
                try:
                    attachment.read(wanted, 1 << 16)
                except Corrupt:
                    pass  # said, and no fault


@pytest.mark.parametrize("name", ["store", "index", "pool"])
def test_a_file_that_is_a_link_or_has_another_length_is_refused(store: Path, name: str) -> None:
    content = (store / name).read_bytes()
    (store / name).write_bytes(content + bytes(4096))
    with pytest.raises(OSError, match="bytes"):
        Attachment(str(store))
    (store / name).unlink()
    (store / "elsewhere").write_bytes(content)
    (store / name).symlink_to(store / "elsewhere")
    with pytest.raises(OSError):
        Attachment(str(store))


def test_i32_another_layout_and_an_unfinished_store_are_told_apart(store: Path) -> None:
    content = (store / "store").read_bytes()
    (store / "store").write_bytes(bytes(8) + content[8:])
    with pytest.raises(NotReady):
        Attachment(str(store))
    (store / "store").write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(OtherLayout):
        Attachment(str(store))
    retired = content[:192] + struct.pack("<I", 1) + content[196:]
    (store / "store").write_bytes(retired)
    with pytest.raises(NotReady):
        Attachment(str(store))
