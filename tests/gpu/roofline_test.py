#!/usr/bin/env python3
"""docs/roofline.py: the batch is scaled, and only the batch; its tables hold what a trace holds. Argument: the program."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs"))
import roofline  # noqa: E402


def train(program, model, batch):
    trace = f"{model}{batch}.db"
    subprocess.run([program, "train", model, "--channels-last", "--policy", "torch-2.15-cuda", "--data", "synthetic", "--batch", str(batch),
                    "--image-size", "64", "--profile", "1:1", "--probe", "0", "--quiet", "--threads", "1", "-o", trace],
                   check=True, stdout=subprocess.DEVNULL)
    return trace


def close(a, b, what):
    assert abs(a - b) <= 1e-9 + 0.001 * abs(b), f"{what}: {a}, not {b}"


def main(program):
    gpu = roofline.GPUS[0]
    traces = [train(program, "shufflenet_v2_x1_0", batch) for batch in (3, 5)]
    of_3, of_5 = (roofline.Model(trace, 15) for trace in traces)
    close(roofline.teraflops(of_3), roofline.teraflops(of_5), "flops of batch 15")
    close(roofline.gigabytes(of_3), roofline.gigabytes(of_5), "bytes of batch 15")
    cost, other = of_3.cost(gpu), of_5.cost(gpu)
    close(cost.step, other.step, "time of batch 15")
    close(cost.convert, other.convert, "conversions of batch 15")
    assert cost.convert > 0 and sum(cost.by_op.values()) <= cost.convert * 1.001, cost
    assert 0 < cost.library[0] < cost.library[1], cost.library
    # torchvision's figure is 0.144e9 multiplications and additions a picture of 224 x 224; backward is twice forward.
    known = 15 * 3 * 2 * 0.144e-3 * (64 / 224) ** 2
    assert 0.9 < roofline.teraflops(of_3) / known < 1.15, (roofline.teraflops(of_3), known)
    tables = subprocess.run([sys.executable, roofline.__file__, "--batch", "15", traces[0]], check=True, capture_output=True, text=True).stdout
    assert "| shufflenet_v2_x1_0 | aten::convolution |" in tables and "| H100 ms (img/s) |" in tables, tables
    print("all is well")


if __name__ == "__main__":
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main(binary)
