"""How the agent of `clprof run` behaves inside real PyTorch jobs: which steps it finds, what it leaves alone, how it leaves.

    python agent.py CLPROF [CASE...]

What it finds of layouts is compare.py's business. Each case is a script, and what its trace, output and exit code must be. Prints a
line per case; the last one is "N passed, N failed".
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

HEAD = """
import os, sys, torch, torch.nn as nn
torch.manual_seed(0)
def net():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
def loss(model, batch=4):
    return nn.functional.cross_entropy(model(torch.randn(batch, 3, 16, 16)), torch.randint(0, 10, (batch,)))
"""
PLAIN = HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(STEPS):
    loss(model).backward(); optimizer.step(); optimizer.zero_grad()
"""
# As in a PyTorch without ExecutionTraceObserver: a channels_last model that copies to contiguous in its middle.
DISPATCHED = HEAD + """
import torch.profiler, torch.utils._python_dispatch as dispatch
del torch.profiler.ExecutionTraceObserver
class Copies(nn.Module):
    def forward(self, x): return x.contiguous()
def modes(): return [type(mode).__name__ for mode in dispatch._get_current_dispatch_mode_stack()]
body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), Copies(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
model = nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), 0.01, foreach=True)
def step():
    x = torch.randn(4, 3, 16, 16).to(memory_format=torch.channels_last)
    value = nn.functional.cross_entropy(model(x), torch.randint(0, 10, (4,)))
    value.backward(); optimizer.step(); optimizer.zero_grad()
    return value
"""
CULPRITS = "SELECT group_concat(op_name) FROM findings WHERE scope = 'operator' AND verdict = 'thrash'"
NO_MODE = "SELECT count(*) FROM note WHERE text LIKE 'no dispatch mode stands in%'"
# The window 3:10: 2 steps undisturbed, one for the profiler to start in, 2 recorded, another one, 4 timed, 2 undisturbed.
FULL = "undisturbed 3,4 recorded 6,7 timed 9,10,11,12 undisturbed 13,14"


def plain(steps=20):
    return PLAIN.replace("STEPS", str(steps))


class Case:
    def __init__(self, script, steps=FULL, code=0, images=4, out="", err="", options=(), command=(), check=()):
        self.script = script
        self.steps = steps      # of the trace, by mode; None: there is no trace
        self.code = code        # the script's own
        self.images = images    # of each step; None: unknown
        self.out = out          # the script's stdout stands first
        self.err = err          # stands in stderr, "" = stderr is empty
        self.options = options  # of clprof run
        self.command = command  # after python, before the script
        self.check = check      # (SQL, what it gives)


CASES = {
    "plain": Case(plain() + "print('done', len(model._forward_pre_hooks), 'step' in optimizer.__dict__, sys.path[1:2] != sys.path[:1])\n",
                  out="done 0 False True\n", check=[
                      ("SELECT group_concat(DISTINCT module_path) FROM (SELECT * FROM operators WHERE module_path != '' ORDER BY op_id)", "0,1,2,3,4,5"),
                      ("SELECT count(*) FROM operators WHERE name = 'aten::convolution_backward' AND module_path = '0' AND forward_op_id > 0", 6),
                      ("SELECT group_concat(DISTINCT input_format) FROM operators WHERE name = 'aten::convolution'", "contiguous"),
                      ("SELECT memory_format || ' ' || model || ' ' || device || ' ' || batch_size FROM runs", "contiguous Sequential cpu 4"),
                      ("SELECT count(*) FROM note", 0),
                  ]),
    "hooks are gone": Case(plain(30) + """
from torch.nn.modules import module as m
from torch.optim import Optimizer
gone = [m._global_forward_pre_hooks, m._global_forward_hooks, sys.modules["torch.optim.optimizer"]._global_optimizer_post_hooks,
        sys.modules["torch.optim.optimizer"]._global_optimizer_pre_hooks]
print([len(hooks) for hooks in gone], any("clprof_" in type(finder).__module__ for finder in sys.meta_path),
      "clprof_" in torch.amp.GradScaler.update.__code__.co_filename, "clprof_" in torch.autograd.backward.__code__.co_filename)
""", out="[0, 0, 0, 0] False False False\n"),
    "no tensor is kept": Case(HEAD + """
import gc, weakref
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01); seen = []
for step in range(20):
    value = loss(model); value.backward(); optimizer.step(); optimizer.zero_grad()
    seen.append(weakref.ref(value)); del value
    assert all(each() is None for each in seen), step
reference = weakref.ref(model); del model, optimizer; gc.collect()
print(reference() is None)
""", out="True\n"),
    "scaler skips steps": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01); scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 40)
for step in range(30):
    if step == 5: scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    with torch.autocast("cpu", torch.float16): value = loss(model)
    scaler.scale(value).backward(); scaler.step(optimizer); scaler.update(); optimizer.zero_grad()
""", check=[("SELECT autocast_dtype FROM runs", "float16")]),
    "scheduler made in the window": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(20):
    loss(model).backward(); optimizer.step(); optimizer.zero_grad()
    if step == 6: scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    if step > 6: scheduler.step()
import copy, pickle; pickle.dumps(optimizer.state_dict()); copy.deepcopy(optimizer)
"""),
    "two optimizers": Case(HEAD + """
D = net(); G = nn.Sequential(nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh())
first = torch.optim.Adam(D.parameters()); second = torch.optim.Adam(G.parameters())
for step in range(20):
    fake = G(torch.randn(4, 4, 8, 8))
    first.zero_grad(); (D(torch.randn(4, 3, 16, 16)).mean() - D(fake.detach()).mean()).backward(); first.step()
    second.zero_grad(); D(fake).mean().backward(); second.step()
""", check=[("SELECT count(DISTINCT module_path) FROM operators WHERE module_path LIKE 'Sequential.%'", 6)]),
    "accumulation": Case(HEAD + """
model = net(); optimizer = torch.optim.AdamW(model.parameters())
for batch in range(80):
    loss(model).backward()
    if batch % 4 == 3: optimizer.step(); optimizer.zero_grad()
""", images=16),
    "closures": Case(HEAD + """
model = net(); optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
def closure():
    optimizer.zero_grad(); value = loss(model); value.backward(); return value
for step in range(20): assert isinstance(optimizer.step(closure), torch.Tensor)
"""),
    "evaluation": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(30):
    loss(model).backward(); optimizer.step(); optimizer.zero_grad()
    if step % 7 == 6:
        model.eval()
        with torch.no_grad():
            for batch in range(20): model(torch.randn(7, 3, 16, 16))
        model.train()
""", steps="undisturbed 3,4 recorded 6 timed 9,10,11,12 undisturbed 13,15",
                       check=[("SELECT count(*) FROM op_tensors JOIN operators USING (op_id) WHERE step_id > 0 AND shape LIKE '[7, 3%'", 0)]),
    "loader forks": Case(HEAD + """
from torch.utils.data import DataLoader, TensorDataset
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
data = TensorDataset(torch.randn(12, 3, 16, 16), torch.randint(0, 10, (12,)))
for epoch in range(7):
    for x, y in DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context="fork"):
        nn.functional.cross_entropy(model(x), y).backward(); optimizer.step(); optimizer.zero_grad()
print("done")
""", out="done\n"),
    "loader spawns": Case("if __name__ == '__main__':\n    " + (HEAD + """
from torch.utils.data import DataLoader, TensorDataset
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
data = TensorDataset(torch.randn(60, 3, 16, 16), torch.randint(0, 10, (60,)))
for x, y in DataLoader(data, batch_size=4, num_workers=1, multiprocessing_context="spawn"):
    nn.functional.cross_entropy(model(x), y).backward(); optimizer.step(); optimizer.zero_grad()
""").strip().replace("\n", "\n    "), steps="undisturbed 3,4 recorded 6,7 timed 9,10,11,12 undisturbed 13,14"),
    "profiles itself first": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
def step(): loss(model).backward(); optimizer.step(); optimizer.zero_grad()
with torch.profiler.profile() as profile:
    for _ in range(8): step()
print(len(profile.events()) > 0)
for _ in range(15): step()
""", out="True\n", err="profiler_start", steps="undisturbed 3,4 recorded 10,11 timed 13,14,15,16 undisturbed 17,18"),
    "profiles itself later": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
def step(): loss(model).backward(); optimizer.step(); optimizer.zero_grad()
for _ in range(8): step()
with torch.profiler.profile(schedule=torch.profiler.schedule(wait=0, warmup=1, active=2)) as profile:
    for _ in range(4): step(); profile.step()
print(len(profile.events()) > 0)
for _ in range(15): step()
""", out="True\n", err="profiler_start", steps="undisturbed 3,4 recorded 6,7",
                                  check=[("SELECT count(*) FROM note WHERE text LIKE '%a profiler of its own%'", 1)]),
    "compiled": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01); compiled = torch.compile(model, backend="aot_eager")
for step in range(20): loss(compiled).backward(); optimizer.step(); optimizer.zero_grad()
import torch._dynamo.utils as utils; print(dict(utils.counters["frames"]))
""", out="{'total': 1, 'ok': 1}\n", images=None, check=[
        ("SELECT count(*) FROM note WHERE text LIKE 'torch.compile is at work%'", 1),
        ("SELECT count(*) > 0 FROM operators WHERE name LIKE 'Torch-Compiled Region%'", 1)]),
    # A backward pass that makes a graph itself: its operators are backward ones, of the module that they belong to.
    "gradient penalty": Case(HEAD + """
model = net(); optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(20):
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    gradient, = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    (gradient.flatten(1).norm(dim=1) - 1).square().mean().backward(); optimizer.step(); optimizer.zero_grad()
""", check=[("SELECT count(*) FROM operators JOIN steps USING (step_id) WHERE name = 'aten::convolution_backward' AND mode IN ('recorded', 'timed')", 12),
            ("SELECT count(*) FROM operators WHERE name = 'aten::convolution_backward' AND (forward_op_id IS NULL OR module_path != '0')", 0)]),
    # What checkpointing computes again is nobody's backward, but the module's.
    "checkpointing": Case(HEAD + """
from torch.utils.checkpoint import checkpoint
class Again(nn.Module):
    def __init__(self, reentrant): super().__init__(); self.reentrant, self.conv = reentrant, nn.Conv2d(8, 8, 3)
    def forward(self, x): return checkpoint(lambda y: self.conv(y).relu(), x, use_reentrant=self.reentrant)
model = net(); model.insert(1, Again(True)); model.insert(2, Again(False)); optimizer = torch.optim.SGD(model.parameters(), 0.01)
for step in range(20): loss(model).backward(); optimizer.step(); optimizer.zero_grad()
""", check=[("SELECT group_concat(name || ' ' || n) FROM (SELECT name, count(*) AS n FROM operators JOIN steps USING (step_id) WHERE mode = 'recorded' "
             "AND operators.phase = 'backward' AND name IN ('aten::convolution', 'aten::convolution_backward') GROUP BY name)",
             "aten::convolution 4,aten::convolution_backward 6"),
            ("SELECT count(*) FROM operators WHERE phase = 'backward' AND name = 'aten::convolution' AND forward_op_id IS NOT NULL", 0),
            ("SELECT count(*) FROM operators WHERE name = 'aten::convolution_backward' AND forward_op_id IS NULL", 0)]),
    "dispatch mode": Case(DISPATCHED + """
import weakref
for _ in range(20):
    torch.empty(0).set_(torch.empty(1 << 24).untyped_storage(), 0, (4,), (1,))  # as workers send tensors
    reference = weakref.ref(step()); assert reference() is None
print(modes()); sys.exit(3)
""", code=3, out="[]\n", check=[
        (CULPRITS, "aten::clone"),
        ("SELECT group_concat(DISTINCT module_path) FROM operators JOIN steps USING (step_id) WHERE name = 'aten::clone' "
         "AND input_format = 'channels_last' AND output_format = 'contiguous' AND mode IN ('recorded', 'timed')", "0.2"),
        ("SELECT group_concat(path) FROM (SELECT DISTINCT forward.module_path AS path FROM operators o JOIN operators forward "
         "ON forward.op_id = o.forward_op_id WHERE o.name = 'aten::convolution_backward' ORDER BY path)", "0.0,0.3"),
        # Each name as often in recorded steps, cut free of the mode, as in timed ones.
        ("SELECT count(*) FROM (SELECT name, sum(mode = 'recorded') r, sum(mode = 'timed') t FROM operators JOIN steps "
         "USING (step_id) GROUP BY name HAVING 2 * r != t)", 0),
        ("SELECT count(*) FROM operators WHERE name LIKE '%Dispatch%'", 0),
        ("SELECT count(*) FROM note WHERE text NOT LIKE '%exit code was 3'", 1),
        ("SELECT count(*) FROM note WHERE text LIKE '%a dispatch mode instead%'", 1)]),
    # Operators made of several reach no mode; those with a name of their own among culprits must be found all the same.
    "dispatch mode, composites": Case(DISPATCHED.replace(
        "Copies(), nn.Conv2d(8, 8, 3, padding=1)", "nn.InstanceNorm2d(8, affine=True), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 3, padding=1, "
        "padding_mode='circular')") + """
for _ in range(20): step()
print(modes(), torch.instance_norm.__name__, hasattr(torch.instance_norm, "__wrapped__"), hasattr(torch._C._nn.pad, "__wrapped__"))
""", out="[] instance_norm False False\n", check=[
        ("SELECT group_concat(op_name) FROM (SELECT op_name FROM findings WHERE scope = 'operator' AND verdict = 'thrash' ORDER BY op_name)",
         "aten::_pad_circular,aten::copy_,aten::instance_norm"),
        ("SELECT group_concat(formats) FROM (SELECT DISTINCT name || ' ' || output_format AS formats FROM operators WHERE name IN "
         "('aten::instance_norm', 'aten::_pad_circular') ORDER BY name)", "aten::_pad_circular contiguous,aten::instance_norm contiguous"),
        ("SELECT count(*) FROM note WHERE text LIKE '%no counterpart%'", 0)]),
    "dispatch mode in another": Case(DISPATCHED + """
from torch.utils.flop_counter import FlopCounterMode
with FlopCounterMode(display=False):
    for _ in range(20): step()
    print(modes())
print(modes())
""", out="['_FlopCounterMode']\n[]\n", check=[(NO_MODE, 1)]),
    "dispatch mode under another": Case(DISPATCHED + """
class Theirs(dispatch.TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None): return function(*args, **(kwargs or {}))
for number in range(20):
    if number == 6: theirs = Theirs(); theirs.__enter__()
    step()
    if number == 8: print(modes()); theirs.__exit__(None, None, None)
print(modes())
""", out="['Theirs']\n[]\n", check=[(NO_MODE, 0)]),
    "dispatch mode and torch.compile": Case(DISPATCHED + """
whole, model = model, torch.compile(model, backend="aot_eager")
for _ in range(20): step()
import torch._dynamo.utils as utils; print(dict(utils.counters["frames"]))
""", out="{'total': 1, 'ok': 1}\n", images=None, check=[(NO_MODE, 1)]),
    "ends in the window": Case(plain(9) + "sys.exit(7)\n", code=7, steps="undisturbed 3,4 recorded 6,7"),
    "raises": Case(plain(7) + "raise ValueError('mine')\n", code=1, steps="undisturbed 3,4 recorded 6", err="ValueError: mine"),
    "killed": Case(plain(8) + "os.kill(os.getpid(), 9)\n", code=137, steps="undisturbed 3,4 recorded 6,7", err="signal 9"),
    "too short": Case(plain(2), steps=None, err="took 2 optimizer steps, and the window opens after 3"),
    "shortest window": Case(plain(4), steps="recorded 3", options=["--profile", "1:1"]),
    "no optimizer": Case(HEAD + "loss(net()).backward()\nprint('done')\n", steps=None, out="done\n", err="no optimizer took a step"),
    "isolated": Case(plain(), steps=None, command=["-I"], err="run it without -I"),
    "arguments and input": Case(plain() + "print(sys.argv[1:], repr(sys.stdin.read()))\n", out="['--profile', 'two words'] 'typed'\n"),
    "ranks": Case(HEAD + """
import gc, torch.distributed as dist, torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel
def train(rank, store):
    dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=2)
    model = DistributedDataParallel(net()); optimizer = torch.optim.SGD(model.parameters(), 0.01)
    for step in range(20): loss(model).backward(); optimizer.step(); optimizer.zero_grad()
    del model, optimizer; gc.collect() # else gloo's threads outlive Python, and PyTorch aborts now and then
    dist.destroy_process_group()
if __name__ == "__main__": mp.spawn(train, (os.path.abspath("store"),), 2)
""", check=[("SELECT group_concat(rank || '/' || world_size) FROM runs", "0/2,1/2"),
            ("SELECT count(DISTINCT module_path) FROM operators WHERE module_path LIKE 'module%'", 0)],
                  steps=FULL + " " + FULL),
    "an agent that fails": Case("import sys; sys.modules['clprof_model'] = None\n" + plain(), steps=None,
                                err="clprof: the agent failed and has left the job"),
}


def steps_of(database):
    """"undisturbed 3,4 recorded 6,7 ..."."""
    words = []
    for run, mode, index in database.execute("SELECT run_id, mode, step_index FROM steps ORDER BY run_id, step_id"):
        if words and words[-1][:2] == [run, mode]:
            words[-1][2] += ",%d" % index
        else:
            words.append([run, mode, str(index)])
    return " ".join("%s %s" % (mode, indices) for _, mode, indices in words)


def broken_rules(database):
    """Rows of profiler/sql/checks.sql: what a trace must not hold."""
    statement = ""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../profiler/sql/checks.sql"), encoding="utf-8") as file:
        for line in file:
            statement += line
            if sqlite3.complete_statement(statement):
                yield from database.execute(statement)
                statement = ""


def differences(clprof, case, folder):
    with open(os.path.join(folder, "train.py"), "w", encoding="utf-8") as file:
        file.write(case.script)
    private = os.path.join(folder, "private")
    os.mkdir(private)
    command = [clprof, "run", *case.options, "--", sys.executable, *case.command, "train.py", "--profile", "two words"]
    environment = dict(os.environ, OMP_NUM_THREADS="1", TMPDIR=private)
    ran = subprocess.run(command, cwd=folder, input="typed", capture_output=True, text=True, timeout=300, env=environment)
    trace = os.path.join(folder, "trace.db")

    def expect(what, found, expected):
        if found != expected:
            yield "%s: %r, expected %r" % (what, found, expected)

    yield from expect("exit code", ran.returncode, case.code)
    if not ran.stdout.startswith(case.out):
        yield "stdout: %r" % ran.stdout[:200]
    if case.err not in ran.stderr or (not case.err and ran.stderr):
        yield "stderr: %s" % ran.stderr[-4000:]
    yield from expect("left in TMPDIR", [name for name in os.listdir(private) if name.startswith("clprof")], [])
    yield from expect("a trace", os.path.exists(trace), case.steps is not None)
    if case.steps is None or not os.path.exists(trace):
        return
    with sqlite3.connect(trace) as database:
        yield from expect("broken rules", list(broken_rules(database)), [])
        yield from expect("steps", steps_of(database), case.steps)
        found = {row[0] for row in database.execute("SELECT DISTINCT images FROM steps WHERE mode = 'undisturbed'")}
        if "undisturbed" in case.steps:
            yield from expect("images", found, {case.images})
        for sql, expected in case.check:
            yield from expect(sql, database.execute(sql).fetchone()[0], expected)


# PyTorch's own (its issue 190489), with clprof or without: destroy_process_group leaves gloo's threads running, and one that drops the
# last reference to a broadcast's tensor while Python ends asks for the GIL, is made to exit, and aborts the process.
TORN_DOWN = "terminate called without an active exception"


def main():
    clprof, names = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(CASES)
    failed = 0
    for name in names:
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                wrong = list(differences(clprof, CASES[name], folder))
            if not any(TORN_DOWN in line for line in wrong):
                break
            print("     again %s: %s" % (name, TORN_DOWN), flush=True)
        print("%s %s" % ("FAIL" if wrong else "ok  ", name), *wrong, sep="\n     ", flush=True)
        failed += bool(wrong)
    print("%d passed, %d failed" % (len(names) - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
