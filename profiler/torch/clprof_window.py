"""The profiled window of a training job: a few steps untouched, a few recorded, a few timed; and the files of it.

The window is one generator. What stands between two `yield`s happens at a step's end; the user's step runs at the `yield`.
Closing the generator (the script ends, steps aside, fails) runs the same clean-up as its end.

    undisturbed  nothing watches; only the wall time is taken (a look at the first model call tells the batch size)
    recorded     torch.profiler with shapes, ExecutionTraceObserver (clprof_dispatch without it), a range around each
                 module's forward
    timed        torch.profiler without shapes: the times of operators and kernels, nearly as they are
    settle       before each profiled part one step for the profiler to start in, which is thrown away
"""
import contextlib
import os
import platform
import sys
import time
import warnings

import clprof_dispatch
import clprof_model
import clprof_order
import clprof_quiet


ATTEMPTS = 3  # sessions of a mode in which an evaluation came before a whole step


class Evaluation(Exception):
    """Thrown into the window where the job begins to evaluate: that may take long, and is no training step."""


def plan(active):
    """Steps of each mode, in order: untouched ones on both sides, so that a drift shows."""
    recorded = 2 if active >= 5 else 1
    timed = (active - recorded + 1) // 2
    undisturbed = active - recorded - timed
    before = (undisturbed + 1) // 2
    return [("undisturbed", before), ("recorded", recorded), ("timed", timed), ("undisturbed", undisturbed - before)]


class Window:
    def __init__(self, torch, folder, index, active):
        self.torch = torch
        self.index = index        # of the step that runs
        self.active = active
        self.starting = False     # our own profiler is being started: no user's
        self.observing = False    # an ExecutionTraceObserver is at work
        self.recorder = None      # a clprof_dispatch.Recorder is, instead of one
        self.closed = False
        self.rows = []            # (mode, index, start, duration, batch) of finished steps
        self.notes = []
        self.facts = {}
        self.model = clprof_model.Model(torch)
        self.folder = self.claim(folder)
        self.script = self.steps()
        self.profiling = False    # a step runs under the profiler
        self.base = None          # clprof_order.settle's
        self.model.evaluation = self.evaluation

    def claim(self, folder):
        """Ranks record apart; of processes of the same rank, the first one to open its window does."""
        rank, world = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
        distributed = self.torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            rank, world = str(distributed.get_rank()), str(distributed.get_world_size())
        if rank.isdigit() and world.isdigit() and int(world) > 1:
            self.facts.update(rank=rank, world_size=world)
        path = os.path.join(folder, "rank%d" % int(self.facts.get("rank", 0)))
        try:
            os.mkdir(path)
        except FileExistsError:
            with open(os.path.join(folder, "second.%d" % os.getpid()), "w"):
                self.closed = True
        return path

    def boundary(self):
        """A step has ended: the next one's preparations."""
        if self.closed:
            return
        try:
            next(self.script)
        except StopIteration:
            self.close("")

    def close(self, reason):
        if self.closed:
            return
        self.closed = True
        self.script.close()
        if reason:
            self.notes.append("the window was not closed by its last step: %s" % reason)
        self.write()
        with open(os.path.join(self.folder, "done"), "w"):
            pass
        self.model = None

    def step_aside(self):
        self.notes.append("step %d: the script started a profiler of its own, so clprof's left" % self.index)

    def forked(self):
        """In a child of fork: the profilers' callbacks came along, and a file that is the parent's."""
        self.closed = True
        torch = self.torch
        torch._C._autograd._enable_record_function(False)
        if self.recorder is not None:
            self.recorder.leave()
        if self.observing:
            with clprof_quiet.quiet(os.path.join(self.folder, "stderr.%d" % os.getpid())):
                torch._C._profiler._disable_execution_trace_observer()

    # ---- the steps

    def steps(self):
        for mode, count in plan(self.active):
            if count and mode == "undisturbed":
                yield from self.undisturbed(count)
            elif count:
                yield from self.profiled(mode, count)

    def undisturbed(self, count):
        self.synchronize()
        tries = ATTEMPTS * count
        while count and tries:
            count, tries = count - 1, tries - 1
            with self.model.first_look() as look:
                start_unix, start = time.time_ns(), time.perf_counter_ns()
                yield
                if not count:
                    self.synchronize()
                duration = time.perf_counter_ns() - start
            count += look.evaluated
            self.step_ended("undisturbed", start_unix, duration, look)
        self.write()

    def profiled(self, mode, count):
        while self.torch.autograd._profiler_enabled():  # the user's: wait until it is done
            yield
            self.index += 1
        for left in reversed(range(ATTEMPTS)):
            if not left:  # evaluations come so often that they are part of the steps
                self.model.evaluates_always = True
            if (yield from self.session(mode, count)):
                return

    def session(self, mode, count):
        """One start of the profiler; returns how many whole steps it saw."""
        with self.ours():
            profile, observer = self.profile(mode)
        started, whole, running, evaluated = False, 0, "", False
        try:
            with self.ours():
                profile.prepare_trace()
            yield
            self.index += 1
            with self.ours():
                profile.start_trace()
            started, self.observing = True, observer is not None
            if mode == "recorded" and observer is None:
                self.dispatch_begins()
            while whole < count and not evaluated:
                running = "ProfilerStep#%d" % self.index
                watch = self.model.ranges() if mode == "recorded" else self.model.first_look()
                start_unix, start = time.time_ns(), time.perf_counter_ns()
                with self.torch.profiler.record_function(running), watch:
                    evaluated = yield from self.unless_evaluated()
                if not evaluated:
                    whole, running = whole + 1, ""
                    self.step_ended(mode, start_unix, time.perf_counter_ns() - start, watch)
        finally:
            if self.recorder is not None:
                self.recorder.leave()
            self.finish(profile, observer, started)
            if whole:
                self.export(profile, mode, running)
                self.write()
            self.recorder = None
        if evaluated:  # of the step of the evaluation the rest passes
            yield
            self.index += 1
        return whole

    def dispatch_begins(self):
        """Never beside torch.compile: under a mode, what is compiled runs as if it weren't."""
        recorder = clprof_dispatch.Recorder(self.torch)
        if self.model.compiled():
            self.notes.append("no dispatch mode stands in for the execution trace, since torch.compile is at work")
        elif not recorder.enter():
            self.notes.append("no dispatch mode stands in for the execution trace, since the script has one open")
        else:
            self.recorder = recorder
            self.notes.append(clprof_dispatch.NOTE % self.torch.__version__)

    def unless_evaluated(self):
        """A step under the profiler; True when it was left where an evaluation began in it."""
        self.profiling = True
        try:
            yield
        except Evaluation:
            return True
        finally:
            self.profiling = False
        return False

    def evaluation(self):
        """From a hook, in the middle of a step."""
        if self.profiling:
            self.script.throw(Evaluation())

    def finish(self, profile, observer, started):
        """Also where the script ended while the profiler was only prepared: it takes no other way back."""
        self.observing = False
        with self.ours():
            if not started:
                profile.start_trace()
            profile.stop_trace()
            if observer is not None:
                observer.unregister_callback()

    def step_ended(self, mode, start_unix, duration, look):
        if not look.evaluated:
            self.rows.append((mode, self.index, start_unix, duration, look.batch))
        self.index += 1

    @contextlib.contextmanager
    def ours(self):
        """Around calls of our own profiler: they are no user's, and what they print is not the job's."""
        self.starting = True
        try:
            with clprof_quiet.quiet(os.path.join(self.folder, "stderr")), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            self.starting = False

    def synchronize(self):
        if self.torch.cuda.is_initialized():
            self.torch.cuda.synchronize()

    def profile(self, mode):
        profiler = self.torch.profiler
        activities = [profiler.ProfilerActivity.CPU]
        if self.torch.cuda.is_initialized():
            activities.append(profiler.ProfilerActivity.CUDA)
        if mode == "timed":
            return profiler.profile(activities=activities), None
        observe = getattr(profiler, "ExecutionTraceObserver", None)
        if observe is not None:
            with contextlib.suppress(TypeError):  # 2.0 and 2.1 can't have both at once
                observer = observe()
                profile = profiler.profile(activities=activities, record_shapes=True, execution_trace_observer=observer)
                observer.register_callback(os.path.join(self.folder, "recorded.et.json"))
                return profile, observer
        return profiler.profile(activities=activities, record_shapes=True), None

    # ---- the files

    def export(self, profile, mode, unfinished):
        """Whole or not at all; a step that was cut off is no step."""
        path = os.path.join(self.folder, mode + ".json")
        with self.ours():
            profile.export_chrome_trace(path + ".part.json")
        if unfinished:
            with open(path + ".part.json", errors="surrogateescape") as file:
                text = file.read()
            with open(path + ".part.json", "w", errors="surrogateescape") as file:
                file.write(text.replace('"%s"' % unfinished, '"clprof: a step cut off"'))
        self.base = clprof_order.settle(path + ".part.json", self.base)
        if mode == "recorded" and self.recorder is not None:
            self.dispatch_ends(path)
        os.rename(path + ".part.json", path)

    def dispatch_ends(self, path):
        self.recorder.cut_out(path + ".part.json")
        if self.recorder.broken:
            self.notes.append("the dispatch mode failed: %s" % self.recorder.broken)
        else:
            self.recorder.write(path[:-len(".json")] + ".et.json")

    def write(self):
        """steps.tsv, as things stand; lines `fact`, `step` and `note`."""
        self.facts.update(self.job_facts())
        self.facts.update(self.model.facts())
        lines = ["fact\t%s\t%s" % (name, value) for name, value in sorted(self.facts.items()) if value not in (None, "")]
        for mode, index, start, duration, batch in self.rows:
            images = batch * self.model.micro_batches if batch else -1
            lines.append("step\t%s\t%d\t%d\t%d\t%d" % (mode, index, start, duration, images))
        lines += ["note\t%s" % note for note in self.notes + self.model.notes()]
        path = os.path.join(self.folder, "steps.tsv")
        with open(path + ".part", "w", errors="replace") as file:
            file.write("".join(" ".join(line.splitlines()) + "\n" for line in lines))
        os.rename(path + ".part", path)

    def job_facts(self):
        torch = self.torch
        cuda = torch.cuda.is_initialized()
        versions = ["torch " + torch.__version__, "python " + platform.python_version()]
        if cuda and torch.backends.cudnn.is_available():
            versions.append("cudnn %s" % torch.backends.cudnn.version())
        return {
            "device": "cuda" if cuda else "cpu",
            "device_name": torch.cuda.get_device_name() if cuda else cpu_name(),
            "library_versions": ", ".join(versions),
            "threads": torch.get_num_threads(),
            "command_line": " ".join(getattr(sys, "orig_argv", sys.argv)),
        }


def cpu_name():
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return names[0] if names else None
    except OSError:
        return None
