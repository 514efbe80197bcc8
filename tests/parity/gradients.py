"""Writes gradients/<model>.tsv: loss, output and every parameter's gradient of one training step in PyTorch, as norms and projections.

test_pytorch_gradients.c does the same step in clprof, from the same weights, images and dropout masks, and compares.

    python gradients.py [--check] [MODEL...]      --check compares with the committed files instead of writing them

Weights, images, masks and the vectors projected on come from clprof's random streams (streams.py), so that none is stored:
with u of U(-1, 1), stream "parity.NAME", a weight is sqrt(6 / fan_in) u, where fan_in is 1 (or there is none) 0.5 + 0.1 u, a bias 2 + 0.2 u,
anything else 0.02 u. So norms give numbers about 4 deviations above 0, few of which a rounding carries over a relu's edge: with
usual weights PyTorch's own two formats differ by 2 % in resnet50's float32 gradients, with these by 1e-6. Projection k of a
tensor is its dot product with u of "projection.k". The output is that of evaluation mode, after the step's update of statistics.

Rows: dtype, what (loss, output, gradient), parameter, norm (the loss itself), projections 0 to 2, and spread: the norm of the difference
between PyTorch's channels_last (whose numbers the others are) and contiguous, relative to the norm; of bfloat16 the largest that BATCHES
batches of images show, of which the first is compared. Of "all" gradients: together. And what = logit: each number of the output.
"""
import copy
import functools
import math
import pathlib
import sys

import numpy as np
import torch

import streams
import zoo

BATCH, SIDE, CLASSES, SEED, PROJECTIONS, BATCHES = 4, 64, 10, 42, 3, 8
FOLDER = pathlib.Path(__file__).with_name("gradients")
CHUNK = 1 << 22


def signed(name, count):
    """U(-1, 1) of a stream, a chunk at a time."""
    key = streams.key(SEED, name)
    for start in range(0, count, CHUNK):
        index = np.arange(start, min(start + CHUNK, count), dtype=np.uint64)
        yield start, 2 * streams.uniform(key, index) - np.float32(1)


@functools.cache
def projection_start(k):
    """The first chunk of projection k, which most tensors need no more than."""
    return next(signed(f"projection.{k}", CHUNK))[1]


def projection(k, count):
    if count <= CHUNK:
        return [(0, projection_start(k)[:count])]
    return signed(f"projection.{k}", count)


def set_weights(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            fan_in = math.prod(p.shape[1:])
            flat = torch.empty(p.numel())
            for start, u in signed("parity." + name, p.numel()):
                if fan_in > 1:
                    values = np.float32(math.sqrt(6.0 / fan_in)) * u
                elif name.endswith("weight"):
                    values = np.float32(0.5) + np.float32(0.1) * u
                elif name.endswith("bias"):
                    values = np.float32(2) + np.float32(0.2) * u
                else:
                    values = np.float32(0.02) * u
                flat[start:start + len(u)] = torch.from_numpy(values)
            p.copy_(flat.view(p.shape))


def mask(path, count, p):
    key = streams.key(SEED, path)
    return torch.from_numpy((streams.uniform(key, np.arange(count, dtype=np.uint64)) >= p).astype(np.float32))


def same_masks(model):
    """Dropout and stochastic depth draw clprof's numbers."""
    for path, module in model.named_modules():
        kind = type(module).__name__
        if kind in ("Dropout", "StochasticDepth") and module.p > 0:
            def forward(x, module=module, path=path, rows=kind == "StochasticDepth"):
                if not module.training:
                    return x
                kept = mask(path, len(x) if rows else x.numel(), module.p)
                kept = kept.view([len(x)] + [1] * (x.dim() - 1) if rows else x.shape).to(x.dtype)
                return x * kept.div_(1 - module.p)
            module.forward = forward


def step(fresh, dtype, memory_format, batch=0):
    """Loss, output, gradients by name, as float32 arrays in logical order."""
    model = copy.deepcopy(fresh).to(memory_format=memory_format)
    same_masks(model)
    samples = [streams.synthetic(i, SIDE) for i in range(batch * BATCH, (batch + 1) * BATCH)]
    images = torch.from_numpy(np.stack([s[0] for s in samples])).to(memory_format=memory_format)
    labels = torch.tensor([s[1] for s in samples])
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        output = model.eval()(images)
    gradients = {n: p.grad.float().contiguous().view(-1).numpy() for n, p in model.named_parameters()}
    return loss.item(), output.float().contiguous().view(-1).numpy(), gradients


def projections(values):
    sums = []
    for k in range(PROJECTIONS):
        parts = (np.dot(values[start:start + len(u)].astype(np.float64), u.astype(np.float64))
                 for start, u in projection(k, len(values)))
        sums.append(float(sum(parts)))
    return sums


def norm(values):
    return float(np.sqrt(np.sum(np.square(values, dtype=np.float64))))


def row(dtype, what, name, value, sums, spread):
    return "\t".join([dtype, what, name, *(f"{v:.8g}" for v in (value, *sums)), f"{spread:.3g}"])


def apart(one, other):
    """What two steps differ by, relative: of the loss, the output, each gradient and all of them."""
    differences = {n: norm(values - other[2][n]) for n, values in one[2].items()}
    norms = {n: norm(values) for n, values in one[2].items()}
    together = math.sqrt(sum(d ** 2 for d in differences.values()) / sum(n ** 2 for n in norms.values()))
    return {"loss": abs(one[0] - other[0]) / abs(one[0]), "output": norm(one[1] - other[1]) / norm(one[1]), "all": together,
            **{n: d / max(norms[n], 1e-30) for n, d in differences.items()}}


def spreads(fresh, dtype, first):
    """apart() of PyTorch's formats; `first`: the first batch's step in channels_last."""
    found = []
    for batch in range(BATCHES if dtype == torch.bfloat16 else 1):
        one = first if batch == 0 else step(fresh, dtype, torch.channels_last, batch)
        found.append(apart(one, step(fresh, dtype, torch.contiguous_format, batch)))
    return {name: max(f[name] for f in found) for name in found[0]}


def rows_of(fresh, dtype, with_spreads=True):
    word = str(dtype).removeprefix("torch.")
    first = loss, output, gradients = step(fresh, dtype, torch.channels_last)
    spread = spreads(fresh, dtype, first) if with_spreads else apart(first, first)
    yield row(word, "loss", "-", loss, [0] * PROJECTIONS, spread["loss"])
    yield row(word, "output", "-", norm(output), projections(output), spread["output"])
    for i, value in enumerate(output):
        yield row(word, "logit", str(i), value, [0] * PROJECTIONS, 0)
    for parameter, values in gradients.items():
        yield row(word, "gradient", parameter, norm(values), projections(values), spread[parameter])
    total = math.sqrt(sum(norm(values) ** 2 for values in gradients.values()))
    yield row(word, "gradient", "all", total, [0] * PROJECTIONS, spread["all"])


def fresh_model(name):
    fresh = zoo.make(name, CLASSES)
    set_weights(fresh)
    return fresh


def text_of(name):
    head = [f"# {name}, PyTorch {torch.__version__.split('+')[0]} CPU, batch {BATCH}, {SIDE}x{SIDE}, {CLASSES} classes, seed {SEED}; made by gradients.py",
            "# dtype\twhat\tparameter\tnorm\tprojections 0, 1, 2\tspread between formats"]
    fresh = fresh_model(name)
    return "\n".join([*head, *rows_of(fresh, torch.float32), *rows_of(fresh, torch.bfloat16)]) + "\n"


def differs(name):
    """True when a float32 row is further from the committed one than a thousandth of the tensor's norm, or three spreads."""
    file = FOLDER / f"{name}.tsv"
    known = [line.split("\t") for line in (file.read_text() if file.exists() else "").splitlines() if line.startswith("float32")]
    made = [line.split("\t") for line in rows_of(fresh_model(name), torch.float32, with_spreads=False)]
    if [r[:3] for r in known] != [r[:3] for r in made]:
        return True
    least = max(1e-6, 3 * float(known[-1][7])) * float(known[-1][3])
    return any(abs(float(x) - float(y)) > max(max(1e-3, 3 * float(a[7])) * abs(float(a[3])), least)
               for a, b in zip(known, made) for x, y in zip(a[3:7], b[3:7]))


def main():
    check = "--check" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("--")] or zoo.NAMES
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    stale = []
    for name in names:
        print(name, file=sys.stderr, flush=True)
        if not check:
            (FOLDER / f"{name}.tsv").write_text(text_of(name))
        elif differs(name):
            stale.append(name)
    if stale:
        sys.exit("PyTorch's numbers are no longer as recorded: " + " ".join(stale))


if __name__ == "__main__":
    main()
