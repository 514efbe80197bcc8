"""The peer of clprof's training: steps of a zoo model (tests/parity/zoo.py) in PyTorch, timed like clprof's own.

Prints one line: model, format, dtype, mode, images per second (median over the timed steps), peak resident MB.
"""
import argparse
import pathlib
import resource
import statistics
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/parity"))
import zoo


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--image-size", type=int, default=224)
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--warmup", type=int, default=3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--contiguous", action="store_true")
    p.add_argument("--fp32", action="store_true")
    p.add_argument("--compile", action="store_true")
    return p.parse_args()


def main():
    a = parse()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    fmt = torch.contiguous_format if a.contiguous else torch.channels_last
    net = zoo.make(a.model, 1000).to(memory_format=fmt).train()
    step_net = torch.compile(net) if a.compile else net
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(a.batch, 3, a.image_size, a.image_size)
    y = torch.randint(0, 10, (a.batch,))
    times = []
    for i in range(a.warmup + a.steps):
        t = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=not a.fp32):
            loss = torch.nn.functional.cross_entropy(step_net(x.to(memory_format=fmt)), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if i >= a.warmup:
            times.append(time.perf_counter() - t)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(a.model, "contiguous" if a.contiguous else "channels_last", "float32" if a.fp32 else "bfloat16",
          "compile" if a.compile else "eager", f"{a.batch / statistics.median(times):.2f}", f"{peak:.0f}", sep="\t")


main()
