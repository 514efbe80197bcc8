#!/usr/bin/env python3
"""What a training step and each layout conversion should take on GPUs that are not here: from bytes and flops in traces.

    clprof train resnet50 --channels-last --policy torch-2.15-cuda --data synthetic --batch 3 --profile 1:1 --probe 0 -o resnet50.db
    docs/roofline.py resnet50.db ... >docs/ROOFLINE.md

Every operator of one step is a kernel of its own, as in eager PyTorch: time = max(flops / (peak * fraction), bytes / (bandwidth *
fraction)), at least the shortest kernel. Bytes are those of its tensors, of conversions those that the trace tells. Only the batch is
scaled (tensors whose first size is the traced batch). The numbers below are the assumptions; what others measured is in roofline.tsv.
"""
import argparse
import ast
import pathlib
import sqlite3
import sys
from collections import namedtuple

# Dense peak of float16 tensor cores and memory bandwidth: NVIDIA's data sheets.
Gpu = namedtuple("Gpu", "name peak_flops bytes_per_s")
GPUS = [
    Gpu("V100", 125e12, 900e9),   # SXM2 16/32 GB
    Gpu("A100", 312e12, 2039e9),  # SXM4 80 GB
    Gpu("H100", 989e12, 3352e9),  # SXM5 80 GB
]
COMPARED = {g.name: g for g in GPUS + [Gpu("RTX 3090", 71e12, 936e9)]}  # with float32 accumulation
COMPUTE_FRACTION = 0.5   # of the peak, convolutions and matrix products
MEMORY_FRACTION = 0.8    # of the bandwidth, what streams
CONVERT_FRACTION = 0.5   # of the bandwidth, what transposes
DIRECT_FRACTION = 0.1    # of the peak, convolutions that tensor cores don't take: depthwise
KERNEL_S = 3e-6          # the shortest kernel, with the gap behind it

# How often an operator reads its inputs and writes its outputs, where it isn't once: batch norm's statistics are a pass of their own.
READS = {"aten::native_batch_norm": 2, "aten::native_batch_norm_backward": 2, "aten::native_group_norm": 2,
         "aten::native_group_norm_backward": 2}
PRODUCTS = {"aten::convolution", "aten::convolution_backward", "aten::addmm", "aten::mm", "aten::bmm"}
VIEWS = {"aten::view", "aten::t", "aten::expand", "aten::permute", "aten::transpose", "aten::slice", "aten::select", "aten::unsqueeze",
         "aten::squeeze", "aten::chunk", "aten::split", "aten::narrow", "aten::detach", "aten::alias", "aten::_reshape_alias",
         "aten::as_strided", "aten::_unsafe_view", "aten::flatten"}

HEAD = """# Roofline on paper

Written by `docs/roofline.py` from traces of `clprof train MODEL --channels-last --policy torch-2.15-cuda` (bytes of every tensor, flops of every
convolution, every conversion with its bytes). **No GPU was used: these are expectations to hold a measurement against.**

Assumptions. The fractions were set before anything was compared, the "at least" of contiguous after the first comparison:

- Every operator of PyTorch's eager step is a kernel that reads its inputs and writes its outputs once (batch and group norm read twice). It takes
  max(flops / ({compute} of the peak), bytes / ({memory} of the bandwidth)), and {kernel:.0f} us at least. Depthwise convolutions reach {direct} of the peak.
- A conversion moves its bytes at {convert} of the bandwidth.
- Peaks are the data sheets', dense float16 tensor cores, float32 accumulation: {gpus}.
- Contiguous: the same kernels, and cuDNN converts activations to NHWC and back around each of the three convolutions of a layer. At least: 1x1
  convolutions without a stride, matrix products in either format, go without. At most: all but depthwise ones convert. Which one holds is
  cuDNN's choice per layer. That kernels of the two formats are equally fast is assumed; NHWC kernels of grouped convolutions and norms of older
  libraries were not, which is why resnet50_gn loses in practice.
- The host keeps ahead, the data are there, nothing overlaps.
- Padding of the stem's channels, cuDNN's or clprof's own on a GPU, is left out: twice 3 channels read and 4 written, for 128 images of 224 x 224 0.25 ms on
  V100, 0.11 on A100, 0.07 on H100.

What is known of V100 besides the last table: PyTorch's memory-format tutorial saw 22 % on resnet50 with AMP and 8 to 35 % on other models, MosaicML about
30 % on V100 and A100. Both lie between at least and at most.
"""

Tensor = namedtuple("Tensor", "out position shape format bytes")
Op = namedtuple("Op", "name phase flops tensors conversions")
Cost = namedtuple("Cost", "step convert by_op library")  # library: at least, at most


def step_of(db):
    row = db.execute("SELECT max(step_id) FROM step").fetchone()
    if row[0] is None:
        sys.exit("roofline.py: the trace has no finished step")
    return row[0]


def read_ops(db):
    step = step_of(db)
    flops = dict(db.execute("SELECT op_id, sum(flops) FROM kernels WHERE step_id = ? AND role = 'compute' GROUP BY op_id", (step,)))
    tensors, conversions = {}, {}
    for op, out, position, shape, layout, size in db.execute(
            "SELECT op_id, direction = 'out', position, shape, memory_format, bytes FROM op_tensors JOIN op USING (op_id)"
            " WHERE step_id = ? ORDER BY op_id, 2, position", (step,)):
        tensors.setdefault(op, []).append(Tensor(out, position, ast.literal_eval(shape), layout, size or 0))
    # Weights' repacking into the CPU's own formats is no GPU's work, and one whose bytes nobody knows has no kernel.
    for op, cause, read, written in db.execute(
            "SELECT op_id, cause, bytes_read, bytes_written FROM conversions WHERE step_id = ? AND kernel_id IS NOT NULL"
            " AND bytes_read IS NOT NULL AND from_format IN ('contiguous', 'channels_last') AND to_format IN"
            " ('contiguous', 'channels_last') AND cause IN ('input', 'operator', 'explicit')", (step,)):
        conversions.setdefault(op, []).append((cause, read + (written or read)))
    return [Op(name, phase, flops.get(op) or 0, tensors.get(op, []), conversions.get(op, []))
            for op, name, phase in db.execute("SELECT op_id, name, phase FROM operators WHERE step_id = ? AND level = 0 ORDER BY op_id",
                                              (step,))]


class Model:
    def __init__(self, path, batch):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.name, traced = db.execute("SELECT model, batch_size FROM run").fetchone()
        self.ops, self.traced, self.factor = read_ops(db), traced, batch / traced
        db.close()

    def scaled(self, tensor):
        return tensor.bytes * (self.factor if tensor.shape and tensor.shape[0] == self.traced else 1)

    def depthwise(self, op):
        weight = [t for t in op.tensors if len(t.shape) == 4 and t.shape[0] != self.traced]
        return bool(weight) and weight[0].shape[1] == 1 and weight[0].shape[0] > 1

    def op_seconds(self, op, gpu):
        """(arithmetic and its bytes, conversions of its own)"""
        if op.name in VIEWS or not op.tensors:
            return 0.0, sum(self.conversion_seconds(size, gpu) for _, size in op.conversions)
        moved = sum(self.scaled(t) * (1 if t.out else READS.get(op.name, 1)) for t in op.tensors)
        batched = any(t.shape and t.shape[0] == self.traced for t in op.tensors)
        flops = op.flops * (self.factor if batched else 1)
        seconds = moved / (gpu.bytes_per_s * MEMORY_FRACTION)
        if op.name in PRODUCTS:
            fraction = DIRECT_FRACTION if self.depthwise(op) else COMPUTE_FRACTION
            seconds = max(seconds, flops / (gpu.peak_flops * fraction))
        return max(seconds, KERNEL_S), sum(self.conversion_seconds(size, gpu) for _, size in op.conversions)

    def conversion_seconds(self, moved, gpu):
        return max(moved * self.factor / (gpu.bytes_per_s * CONVERT_FRACTION), KERNEL_S)

    def images(self, op):
        return [t for t in op.tensors if len(t.shape) == 4 and t.shape[0] == self.traced]

    def pointwise(self, op):
        """1x1 without a stride: a matrix product in either format."""
        weight = [t for t in op.tensors if len(t.shape) == 4 and t.shape[0] != self.traced]
        return bool(weight) and weight[0].shape[2:] == [1, 1] and len({tuple(t.shape[2:]) for t in self.images(op)}) == 1

    def library_seconds(self, op, gpu):
        """(at least, at most) around a contiguous float16 convolution in cuDNN: activations go to NHWC and come back. In the backward
        pass the output's gradient goes there twice, for the input's gradient and for the weight's. Pointwise ones may do without."""
        if not op.name.startswith("aten::convolution") or self.depthwise(op):
            return 0.0, 0.0
        images = [t for t in self.images(op) if t.format != "either"]
        twice = images[:1] if op.name == "aten::convolution_backward" else []
        moved = sum(2 * self.scaled(t) for t in images + twice)
        most = moved / (gpu.bytes_per_s * CONVERT_FRACTION)
        return (0.0 if self.pointwise(op) else most), most

    def cost(self, gpu):
        step = convert = least = most = 0.0
        by_op = {}
        for op in self.ops:
            work, own = self.op_seconds(op, gpu)
            step += work + own
            convert += own
            low, high = self.library_seconds(op, gpu)
            least, most = least + low, most + high
            if own:
                by_op[op.name] = by_op.get(op.name, 0) + own
        return Cost(step, convert, by_op, (least, most))


def gain(cost):
    """(at least, at most) percent that channels_last gains over contiguous."""
    return [100 * ((cost.step - cost.convert + extra) / cost.step - 1) for extra in cost.library]


def in_words(low, high):
    return f"{low:+.0f} %" if round(low) == round(high) else f"{low:+.0f} to {high:+.0f} %"


def gigabytes(model):
    return sum(model.scaled(t) * (1 if t.out else READS.get(op.name, 1)) for op in model.ops if op.name not in VIEWS
               for t in op.tensors) / 1e9


def teraflops(model):
    return sum(op.flops for op in model.ops if op.name in PRODUCTS) * model.factor / 1e12


def print_steps(models, batch):
    print(f"## Steps\n\n{batch} images of 224 x 224, float16 autocast, channels_last: milliseconds (images per second); and what"
          " channels_last gains over contiguous.\n")
    print("| model | TFLOP | GB | " + " | ".join(f"{g.name} ms (img/s) | gain" for g in GPUS) + " |")
    print("|---|---|---|" + "---|---|" * len(GPUS))
    for model in models:
        cells = []
        for gpu in GPUS:
            cost = model.cost(gpu)
            cells.append(f"{cost.step * 1e3:.1f} ({batch / cost.step:.0f}) | {in_words(*gain(cost))}")
        print(f"| {model.name} | {teraflops(model):.2f} | {gigabytes(model):.1f} | " + " | ".join(cells) + " |")


def print_conversions(models):
    print("\n## Conversions\n\nMilliseconds a step. In channels_last: by the operator that they happen under, with their share of the step."
          " The last row of a model is what cuDNN converts around its own kernels in the contiguous run.\n")
    print("| model | operator | " + " | ".join(g.name for g in GPUS) + " |")
    print("|---|---|" + "---|" * len(GPUS))
    for model in models:
        costs = [model.cost(gpu) for gpu in GPUS]
        for name in sorted(costs[0].by_op, key=lambda n: -costs[0].by_op[n]):
            print(f"| {model.name} | {name} | "
                  + " | ".join(f"{c.by_op[name] * 1e3:.2f} ({100 * c.by_op[name] / c.step:.1f} %)" for c in costs) + " |")
        print(f"| {model.name} | inside cuDNN, contiguous | "
              + " | ".join(" to ".join(dict.fromkeys(f"{t * 1e3:.1f}" for t in c.library)) for c in costs) + " |")


def read_measured():
    for line in pathlib.Path(__file__).with_name("roofline.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            model, gpu, contiguous, channels_last, source = line.split("\t")
            yield model, gpu, float("nan") if contiguous == "-" else float(contiguous), float(channels_last), source


def print_measured(models, batch):
    by_name = {model.name: model for model in models}
    print("\n## Beside what others measured\n\nImages per second in channels_last, and the gain over contiguous.\n")
    print("| model | GPU | img/s on paper | measured | ratio | gain on paper | measured | by |\n|---|---|---|---|---|---|---|---|")
    for name, gpu, contiguous, channels_last, source in read_measured():
        if name not in by_name:
            continue
        cost = by_name[name].cost(COMPARED[gpu])
        speed = batch / cost.step
        seen = f"{100 * (channels_last / contiguous - 1):+.0f} %" if contiguous == contiguous else "-"
        print(f"| {name} | {gpu} | {speed:.0f} | {channels_last:.0f} | {speed / channels_last:.2f} | {in_words(*gain(cost))} | {seen} | {source} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("traces", nargs="+", help="of clprof train --channels-last with a cuda policy")
    options = parser.parse_args()
    models = [Model(path, options.batch) for path in options.traces]
    print(HEAD.format(compute=COMPUTE_FRACTION, memory=MEMORY_FRACTION, convert=CONVERT_FRACTION, direct=DIRECT_FRACTION,
                      kernel=KERNEL_S * 1e6, gpus="; ".join(f"{g.name} {g.peak_flops / 1e12:.0f} TFLOP/s, {g.bytes_per_s / 1e9:.0f} GB/s" for g in
                                                          COMPARED.values())))
    print_steps(models, options.batch)
    print_conversions(models)
    print_measured(models, options.batch)


if __name__ == "__main__":
    main()
