#!/usr/bin/env python3
"""Weights between PyTorch and clprof: weights.py CLPROF.

A torchvision model's state_dict, saved by the safetensors package in float32, float16 and bfloat16, goes into `clprof train --weights` and, after a
step that changes nothing (learning rate 0), comes out of its checkpoint; PyTorch loads that strictly and finds its own values. A file of another
model is refused, naming what is missing and what is extra. One line per check, "ok" or "FAIL".
"""
import os
import subprocess
import sys
import tempfile

import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file, save_file

STILL = "--data synthetic --image-size 64 --batch 2 --steps 1 --no-profile --quiet --amp off --lr 0 --momentum 0 --weight-decay 0".split()
failed = 0


def check(name, good, why=""):
    global failed
    failed += not good
    print("ok  " if good else "FAIL", name, "" if good else why, flush=True)


def make(name):
    torch.manual_seed(1)
    model = getattr(torchvision.models, name)()
    for buffer in model.buffers():
        if buffer.dtype == torch.int64:
            buffer.fill_(40)
        else:
            buffer.uniform_(0.5, 2)
    return model


def run(clprof, name, weights, out, *more):
    return subprocess.run([clprof, "train", name, "--weights", weights, "--checkpoint", out, *STILL, *more], capture_output=True, text=True)


def there_and_back(clprof, folder, name, dtype, *more):
    what = f"{name} {dtype} {' '.join(more)}".strip()
    model = make(name)
    source = {k: v.to(dtype) if v.is_floating_point() else v for k, v in model.state_dict().items()}
    weights, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
    save_file(source, weights, metadata={"format": "pt"})
    job = run(clprof, name, weights, out, *more)
    if job.returncode:
        check(what, False, job.stderr)
        return
    back = load_file(out)
    mine = {k: v for k, v in back.items() if not k.startswith(("optimizer.", "scaler.", "ema."))}
    model.load_state_dict(mine, strict=True)
    wrong = [k for k, v in source.items() if "running_" not in k and v.is_floating_point() and not torch.equal(mine[k], v.float())]
    wrong += [k for k, v in mine.items() if k.endswith("num_batches_tracked") and v.item() != 41]
    # One batch of training moved them: (1 - momentum) of the old value is in them.
    wrong += [k for k in source if "running_var" in k and not bool((mine[k] >= 0.9 * source[k].float() - 1e-6).all())]
    check(what, not wrong, f"differ: {wrong[:5]}")
    with safe_open(out, "pt") as file:
        check(f"{what}: metadata", file.metadata()["clprof.step"] == "1" and file.metadata()["format"] == "pt", file.metadata())


def refused(clprof, folder):
    weights, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "none.safetensors")
    state = make("resnet18").state_dict()
    state["head.weight"] = state.pop("fc.weight")
    state["conv1.weight"] = torch.zeros(64, 3, 3, 3)
    save_file(state, weights)
    job = run(clprof, "resnet18", weights, out)
    lines = job.stderr.splitlines()
    check("a file that does not fit", job.returncode == 1 and not os.path.exists(out) and "missing: fc.weight (1000, 512)" in lines and
          "extra: head.weight (1000, 512)" in lines and
          "another shape: conv1.weight is (64, 3, 3, 3) in the file, the model's is (64, 3, 7, 7)" in lines, job.stderr)
    with open(weights, "r+b") as file:
        file.truncate(os.path.getsize(weights) - 1)
    job = run(clprof, "resnet18", weights, out)
    check("a file that breaks off", job.returncode == 1 and "outside" in job.stderr, job.stderr)


def main():
    clprof = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("resnet18", "mobilenet_v2"):
            there_and_back(clprof, folder, name, torch.float32)
            there_and_back(clprof, folder, name, torch.bfloat16, "--channels-last")
        for name in ("shufflenet_v2_x1_0", "densenet121", "efficientnet_b0", "convnext_tiny", "resnext50_32x4d"):
            there_and_back(clprof, folder, name, torch.float32)
        there_and_back(clprof, folder, "resnet18", torch.float16)
        refused(clprof, folder)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
