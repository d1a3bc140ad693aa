"""What a put returns, without a node: refs are made, compared and pickled anywhere."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest
from tokamak import Ref

ID = "0123456789abcdef" * 2


def test_an_id_is_given_in_hex_or_in_bytes_and_told_in_lower_case() -> None:
    for given in (ID, ID.upper(), bytes.fromhex(ID)):
        assert Ref(given).id == ID
    assert (Ref(ID).name, Ref(ID).size) == (None, None)
    whole = Ref(ID, ("space", "a/b"), 1 << 40)
    assert (whole.id, whole.name, whole.size) == (ID, "space/a/b", 1 << 40)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("01",), ValueError), ((b"",), ValueError), ((bytes(17),), ValueError), (("x" * 32,), ValueError),
        ((5,), TypeError), ((None,), TypeError), ((ID, 7), TypeError), ((ID, ("a",)), TypeError),
        ((ID, None, "5"), TypeError), ((ID, None, -1), OverflowError),
    ],
)  # fmt: skip
def test_what_is_no_id_name_or_size(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        Ref(*arguments)


def test_refs_are_equal_ordered_and_hashed_by_their_ids() -> None:
    small, large = Ref("01" + "ff" * 15), Ref("02" + "00" * 15, ("a", "b"), 5)
    same = Ref(large.id)
    assert large == same and hash(large) == hash(same) and not large != same
    assert small != large and small < large and large > small and not large < small
    assert small <= large and large >= small and small <= Ref(small.id) and not large <= small
    assert sorted([large, small]) == [small, large] and len({small, large, same}) == 2
    assert small != small.id and small != None and (small == bytes.fromhex(small.id)) is False  # noqa: E711
    with pytest.raises(TypeError):
        small < small.id  # type: ignore[operator]


def test_a_ref_shows_what_it_knows() -> None:
    assert repr(Ref(ID)) == f"Ref('{ID}', size=None)"
    assert repr(Ref(ID, ("s", "it's"), 3)) == f"Ref('{ID}', name=\"s/it's\", size=3)"


def test_a_ref_does_not_change() -> None:
    ref = Ref(ID)
    for name in ("id", "name", "size", "other"):
        with pytest.raises(AttributeError):
            setattr(ref, name, "x")


@pytest.mark.parametrize("ref", [Ref(ID), Ref(ID, size=0), Ref(ID, ("s", "k/ü"), 7)])
def test_copies_are_the_same(ref: Ref) -> None:
    copies = [copy.copy(ref), copy.deepcopy(ref)]
    copies += [pickle.loads(pickle.dumps(ref, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for each in copies:
        assert (each.id, each.name, each.size) == (ref.id, ref.name, ref.size)
        assert type(each) is Ref and hash(each) == hash(ref)


def test_unpickling_needs_no_client_and_reads_what_was_pickled_before() -> None:
    """As the first releases wrote it: a call of ``tokamak._ref.Ref``."""
    stored = (
        b"\x80\x05\x8c\x0ctokamak._ref\x8c\x03Ref\x93C\x10" + bytes.fromhex(ID)
        + b"\x8c\x01s\x8c\x01k\x86K\x05\x87R."
    )  # fmt: skip
    program = f"import pickle; ref = pickle.loads({stored!r}); print(ref.id, ref.name, ref.size)"
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == [ID, "s/k", "5"]
