#!/usr/bin/env python3
"""Writes schedules.tsv: learning rates that torch.optim.lr_scheduler gives, for tests/trainer/test_schedule.c.

Run with a Python that has torch: python schedules.py > schedules.tsv; --check compares with the committed file.
"""
import pathlib
import sys
import warnings

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

PEAK = 0.1


def rates(kind, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK, momentum=0.9)
    if kind == "cosine":
        scheduler = CosineAnnealingLR(optimizer, T_max=steps)
    else:
        scheduler = OneCycleLR(optimizer, max_lr=PEAK, total_steps=steps)
    for step in range(steps):
        yield step, optimizer.param_groups[0]["lr"]
        optimizer.step()
        if step + 1 < steps:
            scheduler.step()


def rows():
    for kind in ("cosine", "onecycle"):
        for steps in (1, 2, 3, 4, 10, 37):
            for step, rate in rates(kind, steps):
                if steps < 37 or step % 4 == 0 or step == steps - 1:
                    yield f"{kind}\t{steps}\t{step}\t{rate!r}"


def main():
    warnings.simplefilter("ignore")
    if "--check" in sys.argv:
        known = pathlib.Path(__file__).with_name("schedules.tsv").read_text().splitlines()
        sys.exit(list(rows()) != [line for line in known if not line.startswith("#")])
    print(f"# torch {torch.__version__}: kind, steps, step, learning rate for a peak of {PEAK}")
    print("\n".join(rows()))


main()
