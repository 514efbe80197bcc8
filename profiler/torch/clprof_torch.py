"""The agent of `clprof run` inside a Python process: waits for PyTorch, finds the steps, opens the window.

It imports nothing on the user's behalf, touches no tensor, and keeps none alive. Until the window opens there is one call
per optimizer step; after it, nothing of the agent is left in PyTorch. Everything that PyTorch or the user's code calls is
guarded: the first failure is told once on stderr and the agent removes itself.

What ends a step: the end of optimizer.step(). With a GradScaler, which may skip that, its update(). Of several optimizers
(or scalers) the one that steps least often, the last of the round among equals: one boundary an iteration.
"""
import contextlib
import functools
import os
import sys
import threading
import types
import weakref

# Optimizers that are none of torch.optim: module, class. Their step() ends like an optimizer's.
OTHER_OPTIMIZERS = (("fastai.optimizer", "Optimizer"),)

# Profilers of the user's: where theirs begins, ours must be gone, since PyTorch allows one at a time.
USER_PROFILERS = (("profile", "_prepare_trace"), ("emit_nvtx", "__enter__"), ("emit_itt", "__enter__"))

# An optimizer that has not stepped while others did so many times is no part of the iteration (any more).
PATIENCE = 64


class AfterImport:
    """A finder that finds nothing itself, but calls back once a module of `callbacks` (name -> function) is imported."""

    def __init__(self, callbacks):
        self.callbacks = callbacks

    def find_spec(self, name, path=None, target=None):
        if name not in self.callbacks:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                return self.watched(name, spec)
        return None

    def watched(self, name, spec):
        """The spec's own loader stays, since packages look at it; only this one loading of it calls back."""
        loader = spec.loader

        def exec_module(module):
            del loader.exec_module
            loader.exec_module(module)
            callback = self.callbacks.pop(name, None)
            if callback:
                callback(module)

        try:
            loader.exec_module = exec_module
        except AttributeError:
            pass  # a loader that can't be watched (built in): the module is none of ours
        return spec


class Patches:
    """Methods wrapped in other people's classes, each with the way back."""

    def __init__(self):
        self.undo = []

    def wrap(self, owner, name, before=None, around=contextlib.nullcontext, after=None):
        """All get the method's self; `after` runs when it returned, not when it raised."""
        original = getattr(owner, name, None)
        if original is None:
            return

        @functools.wraps(original)
        def wrapper(self, *args, **kwargs):
            if before:
                before(self)
            with around(self):
                result = original(self, *args, **kwargs)
            if after:
                after(self)
            return result

        setattr(owner, name, wrapper)
        self.undo.append(lambda: setattr(owner, name, original) if owner.__dict__.get(name) is wrapper else None)

    def wrap_step(self, optimizer, after):
        """One optimizer's step. A bound method, since schedulers made meanwhile look at its __func__."""
        own = optimizer.__dict__.get("step")
        original = optimizer.step

        @functools.wraps(original)
        def step(self, *args, **kwargs):
            result = original(*args, **kwargs)
            after()
            return result

        bound = types.MethodType(step, optimizer)
        optimizer.step = bound

        def undo():
            if optimizer.__dict__.get("step") is bound:
                del optimizer.__dict__["step"]
                if own is not None:
                    optimizer.__dict__["step"] = own

        self.undo.append(undo)

    def remove(self):
        while self.undo:
            self.undo.pop()()


class Source:
    """Something whose steps may end an iteration."""

    def __init__(self, thing):
        self.reference = weakref.ref(thing)
        self.count = 0
        self.last = 0  # number of the call that was its last


class Steps:
    """Learns from the calls of optimizers and scalers which of them ends an iteration, and how many there were."""

    def __init__(self):
        self.sources = {}     # id -> Source
        self.scaled = False   # a GradScaler is at work: it ends the steps, since it may skip the optimizer's
        self.chosen = None    # Source, once chosen for the window
        self.calls = 0        # of optimizers and scalers
        self.optimizer_calls = 0

    def called(self, thing, scaler):
        """True when this call ends an iteration."""
        self.optimizer_calls += not scaler
        if self.scaled and not scaler:
            return False
        self.calls += 1
        source = self.source(thing)
        source.count, source.last = source.count + 1, self.calls
        if self.chosen is None:
            return source.count == self.completed()
        if source is not self.chosen and self.calls - self.chosen.last > PATIENCE:
            self.chosen = source
        return source is self.chosen

    def source(self, thing):
        source = self.sources.get(id(thing))
        if source is None or source.reference() is not thing:
            source = self.sources[id(thing)] = Source(thing)
        return source

    def scaler_steps(self):
        if not self.scaled:
            self.scaled = True
            self.sources.clear()

    def choose(self, thing):
        self.chosen = self.source(thing)

    def completed(self):
        """Iterations so far: calls of the one that calls least often among those still at work."""
        return min((each.count for each in self.sources.values() if self.calls - each.last <= PATIENCE), default=0)


def guarded(method):
    """For all that runs inside of the user's calls: no failure of the agent gets out."""

    @functools.wraps(method)
    def call(self, *args):
        if self.gone:
            return
        try:
            method(self, *args)
        except Exception as error:
            self.fail(error)

    return call


class Agent:
    def __init__(self, folder, warmup, active):
        self.folder, self.warmup, self.active = folder, warmup, active
        self.gone = False
        self.torch = None
        self.thread = None    # the one that trains
        self.steps = Steps()
        self.patches = Patches()
        self.hook = None      # the handle of the optimizer hook
        self.window = None    # clprof_window.Window, once open
        self.wrapped = None   # the optimizer whose step is wrapped while the window is open
        callbacks = {name: functools.partial(self.other_optimizer, cls) for name, cls in OTHER_OPTIMIZERS}
        callbacks["torch"] = self.torch_imported
        self.finder = AfterImport(callbacks)
        sys.meta_path.insert(0, self.finder)

    def mark(self, name, text=""):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    @guarded
    def torch_imported(self, torch):
        import atexit

        self.torch = torch
        self.mark("torch", torch.__version__)
        atexit.register(self.script_ends)
        optimizer = sys.modules.get("torch.optim.optimizer")
        if not hasattr(optimizer, "register_optimizer_step_post_hook"):
            raise RuntimeError("PyTorch %s tells no optimizer steps, 2.0 and later do" % torch.__version__)
        is_compiling = getattr(getattr(torch, "compiler", None), "is_compiling", lambda: False)

        def stepped(thing, args, kwargs):
            if not is_compiling():  # a compiled optimizer leaves us out of its graph
                self.optimizer_stepped(thing)

        self.hook = optimizer.register_optimizer_step_post_hook(stepped)
        scaler = getattr(torch.amp, "GradScaler", None) or torch.cuda.amp.GradScaler
        self.patches.wrap(scaler, "step", before=self.scaler_steps)
        self.patches.wrap(scaler, "update", after=self.scaler_updated)
        for name, method in USER_PROFILERS:
            cls = getattr(torch.autograd.profiler, name, None)
            if cls:
                self.patches.wrap(cls, method, before=self.profiler_starts)
        os.register_at_fork(after_in_child=self.forked)

    @guarded
    def other_optimizer(self, name, module):
        self.patches.wrap(getattr(module, name), "step", around=self.step_range, after=self.optimizer_returned)

    def step_range(self, optimizer):
        """What torch.optim's own optimizers open around their step."""
        if self.window is None:
            return contextlib.nullcontext()
        return self.torch.profiler.record_function("Optimizer.step#%s.step" % type(optimizer).__name__)

    @guarded
    def optimizer_stepped(self, optimizer):
        if optimizer is not self.wrapped:  # that one's end is told when it has returned
            self.called(optimizer, False)

    @guarded
    def optimizer_returned(self, optimizer):
        self.called(optimizer, False)

    @guarded
    def scaler_steps(self, scaler):
        if scaler.is_enabled():
            self.steps.scaler_steps()

    @guarded
    def scaler_updated(self, scaler):
        if scaler.is_enabled():
            self.called(scaler, True)

    def called(self, thing, scaler):
        if not self.steps.called(thing, scaler) or not self.may_stop_here():
            return
        if isinstance(thing, self.torch.optim.Optimizer) and thing is not self.wrapped:
            # Inside of its step still. From the next one on its end is told: a step's last range is closed then.
            if self.steps.completed() + 1 >= self.warmup:
                self.steps.choose(thing)
                self.patches.wrap_step(thing, after=functools.partial(self.optimizer_returned, thing))
                self.wrapped = thing
            return
        if self.window is None and self.steps.completed() >= self.warmup:
            self.open(thing)
        if self.window is not None:
            self.window.boundary()
            if self.window.closed:
                self.remove("the window is closed")

    def may_stop_here(self):
        """Not in the middle of a backward pass (optimizers that step in it), of a capture, or on another thread."""
        if self.thread is None:
            self.thread = threading.get_ident()
        if threading.get_ident() != self.thread:
            return False
        in_backward = getattr(self.torch._C, "_current_graph_task_id", lambda: -1)() != -1
        cuda = self.torch.cuda
        return not in_backward and not (cuda.is_initialized() and cuda.is_current_stream_capturing())

    def open(self, thing):
        here = os.path.dirname(os.path.abspath(__file__))
        sys.path.insert(0, here)  # for this import only; what is in it imports when the window opens
        try:
            import clprof_window
        finally:
            sys.path.remove(here)
        self.steps.choose(thing)
        self.window = clprof_window.Window(self.torch, self.folder, self.steps.completed(), self.active)

    @guarded
    def profiler_starts(self, _):
        if self.window is not None and not self.window.starting:
            self.window.step_aside()
            self.remove("the script profiles itself")

    @guarded
    def script_ends(self):
        if self.window is None:
            self.mark("seen.%d" % os.getpid(), "%s\t%d\t%d\n" % (self.torch.__version__, self.steps.optimizer_calls, self.warmup))
        self.remove("the script ended")

    def forked(self):
        """A child of fork: where the parent is being recorded, it is not; else it may be the one that trains."""
        if self.window is None or self.gone:
            return
        self.gone = True
        with contextlib.suppress(Exception):
            self.window.forked()

    def remove(self, reason):
        self.gone = True
        if self.hook is not None:
            self.hook.remove()
        self.patches.remove()
        self.wrapped = None
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        if self.window is not None:
            self.window.close(reason)
        self.window = None

    def fail(self, error):
        self.gone = True
        where = error.__traceback__
        while where.tb_next:
            where = where.tb_next
        line = "the agent failed and has left the job: %s: %s (%s:%d)" % (
            type(error).__name__, error, os.path.basename(where.tb_frame.f_code.co_filename), where.tb_lineno)
        try:
            sys.stderr.write("clprof: %s\n" % line)
            self.mark("failed.%d" % os.getpid(), line)
            self.remove(line)
        except Exception:
            pass  # told once; nothing more can be done from in here


def enter(folder, window):
    warmup, active = (int(part) for part in window.split(":"))
    agent = Agent(folder, max(warmup, 1), active)
    agent.mark("entered")
