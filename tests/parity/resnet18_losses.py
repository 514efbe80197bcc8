"""Writes resnet18_losses.tsv: the first losses of torchvision's resnet18 in PyTorch, from clprof's own starting numbers.

tests/parity/test_parity.c trains the same steps and compares. Run it with PyTorch 2.15 and torchvision; --check compares
with the committed file instead of writing it.
"""
import pathlib
import sys

import numpy as np
import torch
import torchvision

import streams as numbers

BATCH, SIDE, STEPS, SEED = 8, 64, 5, 42
FILE = pathlib.Path(__file__).with_name("resnet18_losses.tsv")


def set_parameters(net):
    """trainer/models/resnet.c's initialisation, from trainer/session_state.c's streams."""
    for name, p in net.named_parameters():
        k, count = numbers.key(SEED, name), p.numel()
        if p.dim() == 4:
            std = np.float32(np.sqrt(2.0 / (p.shape[0] * p.shape[2] * p.shape[3])))
            values = std * numbers.normal(k, count)
        elif name.startswith("fc."):
            bound = np.float32(1 / np.sqrt(net.fc.in_features))
            values = bound * (2 * numbers.uniform(k, np.arange(count)) - 1)
        else:
            values = np.full(count, 1.0 if name.endswith("weight") else 0.0, np.float32)
        with torch.no_grad():
            p.copy_(torch.from_numpy(values.astype(np.float32)).view(p.shape))


def losses(optimizer, autocast, channels_last, label_smoothing):
    torch.manual_seed(0)
    net = torchvision.models.resnet18(num_classes=1000).train()
    set_parameters(net)
    fmt = torch.channels_last if channels_last else torch.contiguous_format
    net = net.to(memory_format=fmt)
    if optimizer == "sgd":
        opt = torch.optim.SGD(net.parameters(), lr=0.0005, momentum=0.9, weight_decay=1e-4)
    else:
        opt = torch.optim.AdamW(net.parameters(), lr=1e-5, weight_decay=0.01)
    out = []
    for step in range(STEPS):
        samples = [numbers.synthetic(step * BATCH + i, SIDE) for i in range(BATCH)]
        x = torch.from_numpy(np.stack([s[0] for s in samples])).to(memory_format=fmt)
        y = torch.tensor([s[1] for s in samples])
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = torch.nn.functional.cross_entropy(net(x), y, label_smoothing=label_smoothing)
        opt.zero_grad()
        loss.backward()
        opt.step()
        out.append(loss.item())
    return out


def table():
    torch.set_num_threads(2)
    rows = []
    for optimizer, smoothing in (("sgd", 0.0), ("sgd", 0.1), ("adamw", 0.0)):
        for autocast in (False, True):
            for channels_last in (False, True):
                rows.append((optimizer, smoothing, "bfloat16" if autocast else "float32",
                             "channels_last" if channels_last else "contiguous",
                             losses(optimizer, autocast, channels_last, smoothing)))
    return rows


def main():
    rows = table()
    if "--check" in sys.argv:
        known = [line.split("\t") for line in FILE.read_text().splitlines() if not line.startswith("#")]
        worst = 0.0
        for row, line in zip(rows, known, strict=True):
            if row[2] == "float32":
                worst = max(worst, *(abs(a - float(b)) / abs(a) for a, b in zip(row[4], line[4:], strict=True)))
        print(f"largest relative difference of the float32 losses: {worst:.2e}")
        sys.exit(worst > 1e-5)
    with FILE.open("w") as f:
        f.write(f"# PyTorch {torch.__version__.split('+')[0]} CPU, resnet18, batch {BATCH}, {SIDE}x{SIDE}, seed {SEED}; made by resnet18_losses.py\n")
        f.write("# optimizer\tlabel_smoothing\tdtype\tmemory_format\tloss of step 0 .. 4\n")
        for optimizer, smoothing, dtype, fmt, values in rows:
            f.write("\t".join([optimizer, str(smoothing), dtype, fmt, *(f"{v:.9g}" for v in values)]) + "\n")


main()
