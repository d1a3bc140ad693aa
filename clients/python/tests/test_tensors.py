"""torch tensors: as they were, read in place, and a write that harms nobody."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tokamak
from node import Node
from tokamak import media_types, values
from tokamak.errors import DecodeError

torch = pytest.importorskip("torch", reason="torch is not installed: tensors are not tried")
pytestmark = pytest.mark.libraries

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture
def client(node: Node) -> Iterator[tokamak.Client]:
    with tokamak.connect(node.folder, name="test-tensors") as connected:
        yield connected


def mapped_file(tensor: Any) -> str:
    """The file in whose mapping a tensor's first byte lies; empty: in none."""
    address = tensor.data_ptr()
    with open("/proc/self/maps") as maps:
        for line in maps:
            bounds, _, _, _, _, *path = line.split()
            begin, end = (int(each, 16) for each in bounds.split("-"))
            if begin <= address < end:
                return path[0] if path else ""
    raise AssertionError("not mapped")


def pins(client: tokamak.Client, ref: Any) -> int:
    gc.collect()
    return sum(pin.count for pin in client.info(ref).pins)


def same(one: Any, two: Any) -> bool:
    return bool(
        one.dtype == two.dtype
        and one.shape == two.shape
        and one.requires_grad == two.requires_grad
        and torch.equal(one.detach(), two.detach())
    )


TENSORS: dict[str, Callable[[], Any]] = {
    "vector": lambda: torch.arange(100_000),
    "matrix": lambda: torch.rand(300, 200),
    "transposed": lambda: torch.rand(300, 200).T,
    "channels last": lambda: torch.rand(4, 3, 50, 60).to(memory_format=torch.channels_last),
    "step": lambda: torch.arange(100)[::7],
    "expanded": lambda: torch.arange(3).expand(5, 3),
    "0-d": lambda: torch.tensor(5.5),
    "empty": lambda: torch.zeros(0, 3),
    "bool": lambda: torch.tensor([True, False]),
    "half": lambda: torch.rand(1000).half(),
    "bfloat16": lambda: torch.rand(100_000).bfloat16(),
    "unsigned": lambda: torch.tensor([1, 60_000], dtype=torch.uint16),
    "complex": lambda: torch.complex(torch.rand(9), torch.rand(9)),
    "conjugated": lambda: torch.complex(torch.rand(9), torch.rand(9)).conj(),
    "of a leaf": lambda: torch.rand(50_000, requires_grad=True),
    "computed": lambda: torch.rand(50_000, requires_grad=True) * 2,
}


@pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS.keys())
@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"t": t}], ids=["alone", "inside"])
def test_a_tensor_comes_back_the_same(
    client: tokamak.Client, make: Callable[[], Any], wrap: Callable[[Any], Any]
) -> None:
    tensor = make()
    read = client.get(client.put(wrap(tensor)))
    read = read["t"] if isinstance(read, dict) else read
    assert type(read) is torch.Tensor and same(read, tensor)
    assert not read.detach().zero_().any(), "every one is writable"


def test_strides_stay_inside_of_a_value(client: tokamak.Client) -> None:
    for name in ("transposed", "channels last", "matrix"):
        tensor = TENSORS[name]()
        assert client.get(client.put([tensor]))[0].stride() == tensor.stride()


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"t": t}], ids=["alone", "inside"])
def test_a_large_one_is_read_in_place_and_pinned_until_its_last_view(
    client: tokamak.Client, node: Node, wrap: Callable[[Any], Any]
) -> None:
    ref = client.put(wrap(torch.arange(100_000)))
    read = client.get(ref)
    read = read["t"] if isinstance(read, dict) else read
    assert mapped_file(read) == f"{node.folder}/pool"
    part = read[10:20]
    assert pins(client, ref) == 1
    del read
    assert pins(client, ref) == 1 and part[0] == 10
    del part
    assert pins(client, ref) == 0


def test_a_write_is_this_tensors_own(client: tokamak.Client, node: Node) -> None:
    """By torch, by numpy, and by what looks at addresses alone: no write ends the process."""
    ref = client.put(torch.zeros(100_000, dtype=torch.int32))
    first, second = client.get(ref), client.get(ref)
    first[5] = 7
    first.numpy()[6] = 8
    first.share_memory_()
    assert first[5:7].tolist() == [7, 8]
    second.fill_(3)
    third = client.get(ref)
    assert not third.any() and (second == 3).all()
    program = f"""
import torch, tokamak
with tokamak.connect({str(node.folder)!r}) as client:
    tensor = client.get({ref.id!r})
    assert not tensor.any()
    tensor += 1
    assert tensor.sum() == 100_000
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert not client.get(ref).any()


def test_a_forked_child_reads_and_writes_on(client: tokamak.Client) -> None:
    ref = client.put(torch.arange(100_000))
    tensor = client.get(ref)
    pid = os.fork()
    if pid == 0:
        try:
            tensor[0] = 5
            os._exit(0 if tensor[0] == 5 and client.get(ref)[0] == 0 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert tensor[0] == 0


def test_a_model_is_read_in_place_and_can_be_trained(client: tokamak.Client, node: Node) -> None:
    model = torch.nn.Linear(300, 200)
    ref = client.put(model)
    one, two = client.get(ref), client.get(ref)
    assert mapped_file(one.weight) == f"{node.folder}/pool"
    optimizer = torch.optim.SGD(one.parameters(), lr=0.1)
    one(torch.ones(300)).sum().backward()
    optimizer.step()
    assert not torch.equal(one.weight, two.weight)
    assert torch.equal(two.weight, model.weight) and torch.equal(two.bias, model.bias)


def test_an_array_and_a_tensor_of_one_value(client: tokamak.Client) -> None:
    """The tensor's writes are not seen by the array, which lies in the node's own pages."""
    numpy = pytest.importorskip("numpy")
    value = {"a": numpy.zeros(100_000), "t": torch.zeros(100_000)}
    read = client.get(client.put([value, value["t"], value["t"]]))
    assert read[1] is read[2] is read[0]["t"]
    read[1].fill_(1)
    assert not read[0]["a"].any() and not read[0]["a"].flags.writeable


def test_a_tensor_alone_is_one_npy(client: tokamak.Client) -> None:
    numpy = pytest.importorskip("numpy")
    ref = client.put(torch.arange(6, dtype=torch.int16).reshape(2, 3))
    assert client.info(ref).media_type == media_types.TENSOR
    import io

    said = numpy.load(io.BytesIO(client.get_buffer(ref)))
    assert said.dtype == numpy.int16 and said.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert client.info(client.put(torch.rand(9).bfloat16())).media_type == media_types.PICKLE


def test_tensors_need_no_pickle(client: tokamak.Client, node: Node) -> None:
    ref = client.put(torch.arange(9))
    with tokamak.connect(node.folder, allow_pickle=False) as careful:
        assert careful.get(ref).tolist() == list(range(9))


def test_a_program_without_torch_gets_an_array(client: tokamak.Client, node: Node) -> None:
    alone, inside = client.put(torch.arange(9)), client.put([torch.arange(9)])
    program = f"""
import sys
sys.modules["torch"] = None
import tokamak
with tokamak.connect({str(node.folder)!r}) as client:
    array = client.get({alone.id!r})
    assert type(array).__name__ == "ndarray" and array.tolist() == list(range(9))
    try:
        client.get({inside.id!r})
    except tokamak.DecodeError as failure:
        assert "torch" in str(failure)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_borrow_lets_go_at_the_end_of_the_block(client: tokamak.Client) -> None:
    ref = client.put(torch.arange(100_000))
    with client.borrow(ref) as tensor:
        assert tensor.sum() == 4_999_950_000
    assert tensor.numel() == 0 and pins(client, ref) == 0
    with pytest.raises(BufferError), client.borrow(ref) as tensor:
        part = tensor[5:]
    assert part[0] == 5


def test_who_holds_very_many_gets_copies(client: tokamak.Client, node: Node) -> None:
    """A process may have some 65,000 mappings, and needs them for other things, too."""
    program = """
import sys, torch, tokamak
with tokamak.connect(sys.argv[1]) as client:
    ref = client.put(torch.zeros(20_000))
    held = [client.get(ref) for _ in range((16 << 10) + 10)]
    assert client.info(ref).pins[0].count == 16 << 10
    held[0].fill_(1)
    held[-1].fill_(1)
    assert not held[1].any() and not held[-2].any() and not client.get(ref).any()
    del held
    assert client.info(ref).pins == ()
"""
    subprocess.run([sys.executable, "-c", program, str(node.folder)], check=True, timeout=120)


def test_hostile_shapes_are_refused() -> None:
    from tokamak.values.tensors import tensor_of

    held = bytes(800)
    for shape, strides in (((200,), (1,)), ((10, 11), (10, 1)), ((2,), (-1,)), ((2,), (1 << 62,))):
        with pytest.raises((ValueError, RuntimeError, OverflowError)):
            tensor_of(held, torch.float64, shape, strides, False)
    with pytest.raises(DecodeError):
        values.decode(b"\x93NUMPY\x01\x00", media_types.TENSOR, allow_pickle=False)


def test_what_is_stored_how(client: tokamak.Client) -> None:
    said = str(client.inspect({"t": torch.zeros(10, 10)}))
    assert "['t']: Tensor torch.float32 (10, 10) in place, 400 bytes" in said
    with_attribute = torch.zeros(3)
    with_attribute.note = "kept"
    assert client.get(client.put(with_attribute)).note == "kept"


def test_the_example_of_a_dataset(node: Node) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "dataset.py"), "--samples", "200", "--workers", "2"],
        env=os.environ | {"TOKAMAK_FOLDER": str(node.folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "200 samples" in done.stdout
