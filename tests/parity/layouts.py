"""Writes layouts/<model>.tsv: every operator of one training step in PyTorch, with the memory formats of its tensors.

The step: channels_last, bfloat16 autocast on the CPU, batch 2, 96 x 96, 10 classes; forward, cross entropy, backward. test_layouts.c
builds the same step in clprof's trainer and compares.

    python layouts.py [--check] [MODEL...]      --check compares with the committed files instead of writing them

A row: phase, operator, module path (of a backward operator: of the forward one that it belongs to), inputs, outputs; a tensor is
shape:dtype:format with SEMANTICS' formats, and `strided(s0,s1,...)` with the strides of anything else (`-` where the size is 1).
"""
import pathlib
import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import zoo

BATCH, SIDE, CLASSES = 2, 96, 10
FOLDER = pathlib.Path(__file__).with_name("layouts")


def lies_as(size, stride, order):
    """True when the dimensions lie densely, the last of `order` innermost; those of size 1 may have any stride."""
    expected = 1
    for d in reversed(order):
        if size[d] != 1 and stride[d] != expected:
            return False
        expected *= size[d]
    return True


def format_of(t):
    size, stride = t.shape, t.stride()
    plain = lies_as(size, stride, range(t.dim()))
    last = t.dim() == 4 and lies_as(size, stride, (0, 2, 3, 1))
    if plain or last:
        return "either" if plain and last else "contiguous" if plain else "channels_last"
    return "strided(" + ",".join("-" if n == 1 else str(s) for n, s in zip(size, stride)) + ")"


def describe(values):
    tensors = [t for t in tree_leaves(values) if isinstance(t, torch.Tensor)]
    words = ["x".join(map(str, t.shape)) or "scalar" for t in tensors]
    return " ".join(f"{w}:{str(t.dtype).removeprefix('torch.')}:{format_of(t)}" for w, t in zip(words, tensors)) or "-"


class Recorder(TorchDispatchMode):
    """Rows of all operators below autograd. A node of autograd is known by its sequence number, given before the operator runs."""

    def __init__(self, model):
        super().__init__()
        self.rows, self.path, self.module_of, self.phase = [], [""], {}, "forward"
        for name, module in model.named_modules():
            module.register_forward_pre_hook(lambda *_, name=name: self.path.append(name))
            module.register_forward_hook(lambda *_: self.leave(), always_call=True)

    def leave(self):
        self.path.pop()

    def module(self):
        if self.phase == "forward":
            self.module_of.setdefault(torch._C._autograd._get_sequence_nr() - 1, self.path[-1])
            return self.path[-1]
        node = torch._C._current_autograd_node()
        return self.module_of.get(node._sequence_nr(), "") if node is not None else ""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        module, before = self.module(), describe((args, kwargs or {}))
        out = func(*args, **(kwargs or {}))
        self.rows.append((self.phase, func._schema.name, module or "-", before, describe(out)))
        return out


def record(name):
    torch.manual_seed(0)
    model = zoo.make(name, CLASSES).to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % CLASSES
    with Recorder(model) as recorder:
        with torch.autocast("cpu", torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(model(images), labels)
        recorder.phase = "backward"
        loss.backward()
    return recorder.rows


def text_of(name):
    head = [f"# {name}, PyTorch {torch.__version__.split('+')[0]} CPU: one training step, batch {BATCH}, {SIDE}x{SIDE}, channels_last,"
            " bfloat16 autocast; made by layouts.py", "# phase\toperator\tmodule\tinputs\toutputs"]
    return "\n".join(head + ["\t".join(row) for row in record(name)]) + "\n"


def main():
    check = "--check" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("--")] or zoo.NAMES
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    stale = []
    for name in names:
        file, text = FOLDER / f"{name}.tsv", text_of(name)
        if not check:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit("PyTorch's steps are no longer as recorded: " + " ".join(stale))


if __name__ == "__main__":
    main()
