"""What one training step of a script does with memory formats, from a TorchDispatchMode alone.

    python expect.py SCRIPT FOLDER [ARGUMENTS...]

runs SCRIPT and writes into FOLDER: expected.tsv (the conclusions), operators.txt (what they are from, for people), and, of later
steps, what torch.profiler makes: plain.json, and both.json with both.et.json (ExecutionTraceObserver).

This is the judge of `clprof run` and `clprof import`, so it shares nothing with them: it sees operators as they are dispatched
below autograd, the strides of their inputs and outputs, and which storage and version each tensor has. What an operator
does inside is not seen; that one converts is concluded from operands that disagree (a convolution_backward whose grad_output
is contiguous while its input is channels_last).
"""
import collections
import os
import runpy
import sys

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils._python_dispatch import TorchDispatchMode

CONTIGUOUS, LAST, EITHER, STRIDED = "contiguous", "channels_last", "either", "strided"
FACTORIES = {"aten::" + f for f in ("empty_like new_empty new_empty_strided new_zeros new_ones new_full zeros_like ones_like "
                                   "full_like rand_like randn_like").split()}
COPIES = {"aten::clone", "aten::_to_copy", "aten::copy_"}
# Their second and third results or operands are no images: weights, statistics, indices of their own.
LAYER_NORMS = {"aten::native_layer_norm", "aten::native_layer_norm_backward"}
CONVOLUTIONS = {"aten::convolution", "aten::convolution_backward"}


# ---- memory formats -------------------------------------------------------------------------------------------------
def dense_in(shape, strides, order):
    """Whether the tensor is dense with its dimensions nested as `order` says, outermost first; size 1 carries no meaning."""
    expected = 1
    for dim in reversed(order):
        if shape[dim] != 1:
            if strides[dim] != expected:
                return False
            expected *= shape[dim]
    return True


def nested_in(shape, strides, order):
    """The same for slices, which have gaps: each dimension steps at least over all within it."""
    reach = 1
    for dim in reversed(order):
        if shape[dim] != 1:
            if strides[dim] < reach:
                return False
            reach = strides[dim] * shape[dim]
    return True


def format_of(shape, strides):
    """Memory format of a tensor: None where it is not 4-D or empty."""
    if len(shape) != 4 or 0 in shape:
        return None
    first, last = dense_in(shape, strides, (0, 1, 2, 3)), dense_in(shape, strides, (0, 2, 3, 1))
    if first and last:
        return EITHER
    return CONTIGUOUS if first else LAST if last else STRIDED


def order_of(shape, strides):
    """
    As format_of, but a slice has the order of what it is a slice of, and a 5-D tensor that of the image whose channels it
    splits (N, G, C, H, W). None: no order (expands, other ranks).
    """
    if len(shape) == 5 and 0 not in shape:
        first = dense_in(shape, strides, (0, 1, 2, 3, 4)) or dense_in(shape, strides, (0, 2, 1, 3, 4))
        last = dense_in(shape, strides, (0, 3, 4, 1, 2)) or dense_in(shape, strides, (0, 3, 4, 2, 1))
        return EITHER if first and last else CONTIGUOUS if first else LAST if last else None
    form = format_of(shape, strides)
    if form != STRIDED:
        return form
    first, last = nested_in(shape, strides, (0, 1, 2, 3)), nested_in(shape, strides, (0, 2, 3, 1))
    return None if first == last else CONTIGUOUS if first else LAST


def is_seen_from_behind(shape, strides):
    """(N, H, W, C) made of a contiguous (N, C, H, W) by permute."""
    return strides is not None and format_of(shape, strides) == STRIDED and dense_in(shape, strides, (0, 3, 1, 2))


# ---- recording ------------------------------------------------------------------------------------------------------
class Recorder(TorchDispatchMode):
    """Keeps numbers of tensors only: keeping tensors alive would change the job."""

    def __init__(self):
        super().__init__()
        self.ops = []
        self.storages = {}  # address of a storage -> its number; a new number for each allocation
        self.known = 0

    def _storage(self, tensor, fresh):
        address = tensor.untyped_storage()._cdata
        if fresh or address not in self.storages:
            self.known += 1
            self.storages[address] = self.known
        return self.storages[address]

    def _describe(self, tensor, fresh=False):
        return {
            "shape": tuple(tensor.shape),
            "strides": tuple(tensor.stride()) if tensor.layout == torch.strided else None,
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "storage": self._storage(tensor, fresh),
            "version": tensor._version,
            "offset": tensor.storage_offset(),
            "parameter": isinstance(tensor, torch.nn.Parameter),
        }

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        inputs = [self._describe(t) for t in tensors_of((args, kwargs))]
        addresses = {t.untyped_storage()._cdata for t in tensors_of((args, kwargs))}
        result = func(*args, **kwargs)
        outputs = [self._describe(t, t.untyped_storage()._cdata not in addresses) for t in tensors_of(result)]
        writes = func._schema.is_mutable
        views = bool(outputs) and not writes and {o["storage"] for o in outputs} <= {i["storage"] for i in inputs}
        name = func._schema.name
        self.ops.append({"name": name, "in": inputs, "out": outputs, "view": views, "writes": writes,
                         "backward": torch._C._current_autograd_node() is not None})
        return result


def tensors_of(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_of(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_of(item)


# ---- conclusions ----------------------------------------------------------------------------------------------------
def order(tensor):
    return order_of(tensor["shape"], tensor["strides"]) if tensor["strides"] is not None else None


def is_view_from_behind(tensor, image):
    """The same with the image at hand, (shape, order)."""
    shape = tensor["shape"]
    return (is_seen_from_behind(shape, tensor["strides"]) and image is not None and image[1] == CONTIGUOUS
            and image[0] == (shape[0], shape[3], shape[1], shape[2]))


def is_scaled(image, other):
    """The same image, or one whose places went into its channels or out of them; a head's tokens are neither."""
    return image is not None and len(image) == len(other) == 4 and image[0] == other[0] and image[2] * other[3] == image[3] * other[2]


def label(tensor, form):
    """What a tensor whose elements lie in the order `form` is called: slices of an image are strided."""
    return STRIDED if format_of(tensor["shape"], tensor["strides"]) == STRIDED else form


def is_whole(tensor, result):
    """Whether an operand is an image as large as the result's; a channel's scale or a mask that is broadcast is not."""
    return tensor["shape"][0] == result["shape"][0] and (tensor["shape"][1:2] == result["shape"][1:2]
                                                         or tensor["shape"][-2:] == result["shape"][-2:])


def suggests_last(tensor):
    """PyTorch's suggest_memory_format: unlike a format, it counts the strides of size-1 dimensions, and takes slices, too."""
    shape, strides, least = tensor["shape"], tensor["strides"], 0
    if len(shape) != 4 or 0 in shape or strides[1] == 0:
        return False
    for dim in (1, 3, 2, 0):
        if strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * max(shape[dim], 1)
    return True


def result_order(op):
    """The format that an operator works in: its first image's, but a convolution goes by its input and weight."""
    if op["name"] in CONVOLUTIONS:
        first = 1 if op["name"].endswith("backward") else 0
        return LAST if any(suggests_last(t) for t in op["in"][first:first + 2]) else CONTIGUOUS
    for tensor in op["out"]:
        if order(tensor) in (CONTIGUOUS, LAST):
            return order(tensor)
    return None


class Steps:
    """The conclusions from one step's operators. `conversions`: (operator index, kind, from, to, storage it starts from)."""

    def __init__(self, ops):
        self.ops = [op for op in ops if not op["name"].startswith("profiler::")]
        self.conversions = []
        self.born = []
        self.images = {}  # storage -> shape and order of the image that it holds
        self.uses = collections.defaultdict(list)  # storage -> (operator, shape, order) of the images that are read from it
        for index, op in enumerate(self.ops):
            for tensor in op["in"]:
                if order(tensor) in (CONTIGUOUS, LAST):
                    self.uses[tensor["storage"]].append((index, tensor["shape"], order(tensor)))
        for index, op in enumerate(self.ops):
            if not op["view"]:
                self._conclude(index, op)
            self._remember(op)
        self.culprits = self._culprits()

    def _add(self, index, kind, source, form, to, labels=None):
        """`labels`: formats to report where slices are involved; what the order of elements becomes is `form` -> `to`."""
        self.conversions.append({"op": index, "kind": kind, "from": form, "to": to, "storage": source["storage"],
                                 "labels": labels or (label(source, form), to)})

    def _remember(self, op):
        for tensor in op["in"] + op["out"]:
            if order(tensor) in (CONTIGUOUS, LAST) and not (op["view"] and tensor in op["out"]):
                self.images.setdefault(tensor["storage"], (tensor["shape"], order(tensor)))

    def _conclude(self, index, op):
        name = op["name"]
        if name in COPIES:
            source, dest = (op["in"][1], op["in"][0]) if name == "aten::copy_" and len(op["in"]) > 1 else \
                           (op["in"][0] if op["in"] else None, op["out"][0])
            if source is not None:
                self._copy(index, source, dest)
            return
        form = result_order(op)
        if form is None:
            return
        if name == "aten::set_":  # a batch of a DataLoader's worker arrives, whenever it does
            return
        if name in FACTORIES:  # what they read is a shape
            if form == CONTIGUOUS:
                self.born.append(index)
            return
        other = LAST if form == CONTIGUOUS else CONTIGUOUS
        if name in CONVOLUTIONS:
            for tensor in op["in"]:
                if order(tensor) == other:
                    self._add(index, "inner", tensor, other, form)
            # The library computes a weight's gradient in its own order; what is given back in channels_last was converted.
            for tensor in op["out"] if name.endswith("backward") else ():
                if tensor["shape"] == op["in"][2]["shape"] and order(tensor) == LAST:
                    self._add(index, "weight", tensor, CONTIGUOUS, LAST, (CONTIGUOUS, LAST))
            return
        result = next(t for t in op["out"] if order(t) == form)
        if name in LAYER_NORMS and is_view_from_behind(op["in"][0], self.images.get(op["in"][0]["storage"])):
            self._add(index, "inner", op["in"][0], CONTIGUOUS, LAST, (CONTIGUOUS, LAST))
            return
        images = [t for t in op["in"] if order(t) in (CONTIGUOUS, LAST) and is_whole(t, result)]
        against = [t for t in images if order(t) == other]
        if against:
            kind = "mixed" if len(against) < len(images) else "silent"
            for tensor in against if kind == "mixed" else against[:1]:
                self._add(index, kind, tensor, other, form)
        elif not images and form == CONTIGUOUS:
            self.born.append(index)

    def _copy(self, index, source, dest):
        """A copy between images, or of a view of one that is an image again afterwards (channel shuffle's 5-D copy)."""
        before, after = order(source), order(dest)
        if after == CONTIGUOUS and is_view_from_behind(source, self.images.get(source["storage"])):
            self._add(index, "explicit", source, CONTIGUOUS, LAST, (CONTIGUOUS, LAST))
            return
        if before is None and source["shape"] and source["shape"] == dest["shape"]:
            shape, before = self.images.get(source["storage"], (None, None))
            after = next((form for at, other, form in self.uses[dest["storage"]] if at > index and is_scaled(shape, other)), None)
        if {before, after} == {CONTIGUOUS, LAST}:
            self._add(index, "explicit", source, before, after, (label(source, before), label(dest, after)))

    # -- dataflow: operators joined by the storages that they write and read
    def _culprits(self):
        writers, readers = {}, collections.defaultdict(list)
        for index, op in enumerate(self.ops):
            for tensor in op["in"]:
                readers[tensor["storage"]].append(index)
            if not op["view"]:
                for tensor in op["out"]:
                    writers.setdefault(tensor["storage"], index)
        self.image_storages = {t["storage"] for op in self.ops for t in op["in"] + op["out"] if len(t["shape"]) >= 4}
        closings = {(c["op"], c["storage"]) for c in self.conversions if c["to"] == LAST}
        found = set()
        for opening in self.conversions:
            if opening["to"] != CONTIGUOUS or not self._returns(opening["op"], readers, closings):
                continue
            index = self._blame(opening, writers)
            if index is not None:
                found.add(index)
        return found

    def _outputs(self, index):
        return {t["storage"] for t in self.ops[index]["out"]} - ({t["storage"] for t in self.ops[index]["in"]}
                                                                 if not self.ops[index]["writes"] else set())

    def _returns(self, start, readers, closings):
        """Whether what an opening made is converted back by anything that it reaches outside channels_last."""
        queue, seen = collections.deque(self._outputs(start)), set()
        reached = {s: start for s in queue}
        while queue:
            storage = queue.popleft()
            for index in readers[storage]:
                if index <= reached[storage] or self.ops[index]["view"]:
                    continue
                if (index, storage) in closings:
                    return True
                if index in seen or result_order(self.ops[index]) == LAST:
                    continue
                seen.add(index)
                for made in self._outputs(index) & self.image_storages:
                    if made not in reached:
                        reached[made] = index
                        queue.append(made)
        return False

    def _blame(self, opening, writers):
        """
        A mixed opening follows an operand that is contiguous already: the operator that lost that one is to blame. One that
        never had an order is the model's own in the forward pass: there the order of the operands is to blame.
        """
        index = opening["op"]
        if opening["kind"] != "mixed":
            return index
        queue, seen, born = collections.deque([index]), {index}, None
        while queue:
            at = queue.popleft()
            for tensor in self.ops[at]["in"]:
                maker = writers.get(tensor["storage"])
                if maker is None or maker in seen or maker >= at or (at == index and order(tensor) == LAST):
                    continue
                seen.add(maker)
                for other in self.conversions:
                    if other["op"] == maker and other["to"] == CONTIGUOUS:
                        return self._blame(other, writers)
                if maker in self.born:
                    born = maker
                elif result_order(self.ops[maker]) != LAST:
                    queue.append(maker)
        return None if born is not None and self.ops[index]["backward"] else index


    # -- what is written down
    def figures(self):
        """Counts by (kind, operator, phase, from, to)."""
        counts = collections.Counter()
        for c in self.conversions:
            counts[c["kind"], self.ops[c["op"]]["name"], self.phase(c["op"]), *c["labels"]] += 1
        for index in self.born:
            counts["born", self.ops[index]["name"], self.phase(index), "-", CONTIGUOUS] += 1
        for index in self.culprits:
            counts["culprit", self.ops[index]["name"], self.phase(index), "-", "-"] += 1
        return counts

    def phase(self, index):
        return "backward" if self.ops[index]["backward"] else "forward"

    def print_operators(self, file):
        """For people: every operator with images, formats shortened, '~' for slices."""
        def show(tensors):
            return ", ".join(f"{'x'.join(map(str, t['shape']))}:{(order(t) or '?')[:4]}"
                             f"{'~' if format_of(t['shape'], t['strides']) == STRIDED else ''}#{t['storage']}"
                             for t in tensors if t["strides"] is not None and len(t["shape"]) >= 3)
        for index, op in enumerate(self.ops):
            if show(op["in"]) or show(op["out"]):
                marks = [c["kind"] for c in self.conversions if c["op"] == index]
                marks += ["born"] * (index in self.born) + ["CULPRIT"] * (index in self.culprits)
                print(index, "B" if op["backward"] else "F", "view" if op["view"] else "", op["name"], show(op["in"]), "->",
                      show(op["out"]), *marks, file=file)


# ---- running a job --------------------------------------------------------------------------------------------------
class DispatchStep:
    """Records one step under the dispatch mode."""

    def __init__(self, folder):
        self.folder, self.recorder = folder, Recorder()

    def enter(self):
        self.recorder.__enter__()

    def leave(self):
        self.recorder.__exit__(None, None, None)
        steps = Steps(self.recorder.ops)
        with open(os.path.join(self.folder, "expected.tsv"), "w", encoding="utf-8") as file:
            for key, count in sorted(steps.figures().items()):
                print(*key, count, sep="\t", file=file)
        with open(os.path.join(self.folder, "operators.txt"), "w", encoding="utf-8") as file:
            steps.print_operators(file)


class ProfiledStep:
    """Records one step as users do, with torch.profiler, optionally with an ExecutionTrace beside it."""

    def __init__(self, folder, name, execution_trace):
        self.path = os.path.join(folder, name)
        self.execution_trace = execution_trace

    def enter(self):
        self.observer = None
        if self.execution_trace:
            self.observer = torch.profiler.ExecutionTraceObserver().register_callback(self.path + ".et.json")
        self.profiler = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True,
                                               execution_trace_observer=self.observer)
        self.profiler.start()

    def leave(self):
        self.profiler.stop()
        if self.observer:
            self.observer.unregister_callback()
        self.profiler.export_chrome_trace(self.path + ".json")


def run(script, arguments, recordings):
    """Runs `script` as __main__; step number (from 0, cut at optimizer steps) -> what records that step."""
    done = 0

    def after_step(optimizer, args, kwargs):
        nonlocal done
        if done in recordings:
            recordings[done].leave()
        done += 1
        if done in recordings:
            recordings[done].enter()

    register_optimizer_step_post_hook(after_step)
    with open(script, encoding="utf-8") as file:
        if "fastai" in file.read():  # an optimizer that is none of torch.optim
            import fastai.optimizer
            step = fastai.optimizer.Optimizer.step

            def step_and_tell(self, *args, **kwargs):
                step(self, *args, **kwargs)
                after_step(self, args, kwargs)

            fastai.optimizer.Optimizer.step = step_and_tell
    sys.argv = [script, *arguments]
    sys.path.insert(0, os.path.dirname(script))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    script, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    run(script, sys.argv[3:], {4: DispatchStep(folder), 8: ProfiledStep(folder, "plain", False), 10: ProfiledStep(folder, "both", True)})
