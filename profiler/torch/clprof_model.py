"""What the agent sees of the user's modules: the batch size, facts of the model, and ranges around each module's forward.

All through PyTorch's global module hooks, which leave the modules themselves alone (they may be pickled or copied while we
look). Where torch.compile is at work there are no hooks at all, since they would change what it compiles. Modules are known
by their ids while a step is watched; no module, tensor or parameter is kept alive.
"""
import contextlib
import sys
import threading
import weakref

LOOKS = 64  # calls of modules to look at for a batch, then it is unknown

# Wrappers that are no part of a model's own paths: class name -> attribute of the model inside.
WRAPPERS = {"DistributedDataParallel": "module", "DataParallel": "module", "OptimizedModule": "_orig_mod"}


def images(inputs, depth=0):
    """The batch size that a model's inputs tell: of 4-D tensors the largest first dimension, of a list of 3-D ones its
    length (detection); None when they tell none."""
    found = []
    for value in inputs.values() if isinstance(inputs, dict) else inputs:
        dims = getattr(value, "dim", None)
        if callable(dims) and hasattr(value, "size"):
            if dims() == 4:
                found.append(value.size(0))
        elif isinstance(value, (list, tuple)) and value and all(getattr(each, "ndim", 0) == 3 for each in value):
            found.append(len(value))
        elif isinstance(value, (list, tuple, dict)) and depth < 2:
            found.append(images(value, depth + 1) or 0)
    return max(found, default=0) or None


class FirstLook:
    """A look at the inputs of the first module called for training, then the hook is gone."""

    def __init__(self, model):
        self.model, self.batch, self.calls, self.handle = model, None, 0, None
        self.evaluated = False  # an evaluation pass ran in the step

    def __enter__(self):
        if not self.model.compiled():
            self.handle = self.model.module.register_module_forward_pre_hook(self.look)
        return self

    def look(self, module, inputs):
        if self.model.evaluates(module):
            self.evaluated = True
            self.__exit__()
            self.model.evaluation()
            return
        self.calls += self.model.torch.is_grad_enabled()
        if self.model.trains(module):
            self.model.sees(module)
            self.batch = images(inputs)
        if self.batch or self.calls >= LOOKS:
            self.__exit__()

    def __exit__(self, *_):
        if self.handle is not None:
            self.handle.remove()
            self.handle = None


class Ranges:
    """A range named clprof.module:<dotted path>:<class> around each module's forward, for one step."""

    def __init__(self, model):
        self.model, self.batch = model, None
        self.stack = threading.local()  # DataParallel calls modules on threads of its own
        self.paths = {}                 # id(module) -> path; ids hold since the step's modules are alive
        self.handles = []
        self.forwards_begin = True      # no forward of the model since the last backward pass
        self.evaluated = False          # an evaluation pass ran in the step
        self.in_optimizer = False       # LBFGS calls the model from there, with the same batch
        self.batches = 0

    def __enter__(self):
        if self.model.compiled():
            self.model.regions = True
            return self
        module = self.model.module
        optimizer = sys.modules["torch.optim.optimizer"]
        self.handles = [module.register_module_forward_pre_hook(self.enter),
                        module.register_module_forward_hook(self.leave, always_call=True),
                        optimizer.register_optimizer_step_pre_hook(self.optimizer_begins),
                        optimizer.register_optimizer_step_post_hook(self.optimizer_ends)]
        self.autograd = self.model.torch.autograd
        self.backward = self.autograd.backward
        self.autograd.backward = self.counted_backward
        return self

    def __exit__(self, *_):
        if not self.handles:
            return
        for handle in self.handles:
            handle.remove()
        self.handles = []
        if self.autograd.backward == self.counted_backward:
            self.autograd.backward = self.backward
        self.model.micro_batches = max(self.batches, 1)

    def counted_backward(self, *args, **kwargs):
        self.forwards_begin = True
        return self.backward(*args, **kwargs)

    def optimizer_begins(self, optimizer, args, kwargs):
        self.in_optimizer = True

    def optimizer_ends(self, optimizer, args, kwargs):
        self.in_optimizer = False

    def enter(self, module, inputs):
        stack = self.stack.__dict__.setdefault("ranges", [])
        if not stack and self.model.evaluates(module):
            self.evaluated = True
            self.model.evaluation()  # closes us
            return
        if not stack:
            self.model_called(module)
        if self.batch is None and self.model.trains(module):
            self.batch = images(inputs)
        self.model.see_autocast()
        path = self.paths.get(id(module))
        range_ = None
        if path is not None:
            name = "clprof.module:%s:%s" % (path, type(module).__name__)
            range_ = self.model.torch.profiler.record_function(name)
            range_.__enter__()
        stack.append((id(module), range_))

    def leave(self, module, inputs, output):
        stack = self.stack.__dict__.get("ranges", [])
        if not any(key == id(module) for key, _ in stack):
            return
        key = None
        while key != id(module):
            key, range_ = stack.pop()
            if range_ is not None:
                range_.__exit__(None, None, None)

    def model_called(self, root):
        """An outermost module: names for all in it. The first one that trains is the model, others carry their class."""
        is_model = self.model.sees(root)
        if is_model and self.forwards_begin and self.model.torch.is_grad_enabled():
            self.forwards_begin = False
            self.batches += not self.in_optimizer
        if id(root) in self.paths:
            return
        inner = unwrapped(root)
        prefix = "" if is_model else type(inner).__name__
        for path, module in inner.named_modules(prefix=prefix):
            self.paths.setdefault(id(module), path)


def unwrapped(module):
    while type(module).__name__ in WRAPPERS and hasattr(module, WRAPPERS[type(module).__name__]):
        module = getattr(module, WRAPPERS[type(module).__name__])
    return module


class Model:
    """The user's model, as far as steps showed it."""

    def __init__(self, torch):
        self.torch = torch
        self.module = torch.nn.modules.module
        self.root = None          # weak reference to the outermost module that trains
        self.micro_batches = 1    # forward passes of the model a step, each with its backward
        self.regions = False      # torch.compile is at work
        self.autocast = None
        self.seen = {}
        self.evaluates_always = False   # in every step, so it is part of them
        self.evaluation = lambda: None  # called where an evaluation pass begins

    def first_look(self):
        return FirstLook(self)

    def ranges(self):
        return Ranges(self)

    def compiled(self):
        """True when torch.compile has compiled anything so far."""
        utils = sys.modules.get("torch._dynamo.utils")
        return bool(utils) and sum(utils.counters["frames"].values()) > 0

    def trains(self, module):
        return self.torch.is_grad_enabled() and any(each.requires_grad for each in module.parameters())

    def evaluates(self, module):
        """The model itself, in evaluation mode and without gradients: not what a training step does."""
        return (not self.evaluates_always and self.root is not None and self.root() is module and not module.training
                and not self.torch.is_grad_enabled())

    def sees(self, root):
        """True when this outermost module is the model. The first one that trains is."""
        if self.root is None and self.trains(root):
            self.root = weakref.ref(root)
            self.look_at(unwrapped(root))
        return self.root is not None and self.root() is root

    def look_at(self, model):
        formats = {"channels_last": 0, "contiguous": 0}
        for parameter in model.parameters():
            if parameter.dim() == 4:
                last = parameter.is_contiguous(memory_format=self.torch.channels_last)
                plain = parameter.is_contiguous()
                formats["channels_last"] += last and not plain
                formats["contiguous"] += plain and not last
        self.seen = {"model": type(model).__name__, "formats": formats}

    def see_autocast(self):
        if self.autocast is not None:
            return
        torch = self.torch
        for device in ("cuda", "cpu"):
            with contextlib.suppress(Exception):
                on, dtype = autocast_of(torch, device)
                if on:
                    self.autocast = str(dtype).replace("torch.", "")
                    return

    def facts(self):
        formats = self.seen.get("formats", {})
        known = sum(formats.values())
        return {
            "model": self.seen.get("model"),
            "autocast_dtype": self.autocast,
            "memory_format": max(formats, key=formats.get) if known else None,
        }

    def notes(self):
        notes = []
        if self.evaluates_always:
            notes.append("the model is run for evaluation in most steps: that is part of their operators")
        formats = self.seen.get("formats", {})
        if formats.get("channels_last") and formats.get("contiguous"):
            notes.append("of the model's 4-D parameters %d are channels_last and %d contiguous" % (
                formats["channels_last"], formats["contiguous"]))
        if self.regions:
            notes.append("torch.compile is at work: compiled regions are recorded as regions; of what runs inside only those "
                         "operators are seen that the compiler left as they are, and modules and the batch size are not")
        return notes


def autocast_of(torch, device):
    """Of PyTorch 2.4 and later, else of the older functions by device."""
    try:
        return torch.is_autocast_enabled(device), torch.get_autocast_dtype(device)
    except (TypeError, AttributeError):
        if device == "cuda":
            return torch.is_autocast_enabled(), torch.get_autocast_gpu_dtype()
        return torch.is_autocast_cpu_enabled(), torch.get_autocast_cpu_dtype()
