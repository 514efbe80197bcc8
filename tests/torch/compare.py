"""Runs real PyTorch jobs under clprof and compares what it found with what expect.py concluded on its own.

    python compare.py CLPROF [JOB...] [--update] [--keep FOLDER]

Per job: expect.py's figures equal expected.tsv (--update writes it anew); `clprof run` passes output and exit code through and
finds the same conversions per step and the same culprits; `clprof import` of torch.profiler's files, too, as far as they tell.
Figures that differ for a stated reason stand in differences.tsv. Prints a line per job; the last one is "N passed, N failed".
"""
import collections
import concurrent.futures
import os
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CODES = {"no_steps": 5}
ARGUMENTS = {"no_steps": ["--epochs", "two words"]}
SOURCES = ("run", "both", "plain")  # clprof run; import of Kineto and ExecutionTrace; import of Kineto alone


def read_table(path, width):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    for row in rows:
        assert len(row) == width, f"{path}: {row}"
    return rows


def call(command, **options):
    environment = dict(os.environ, OMP_NUM_THREADS="1")  # other jobs on the machine would make OpenMP's threads wait
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, **options)


# ---- the two sides --------------------------------------------------------------------------------------------------
def same_name(name, phase):
    """Autograd adds gradients up in place where it may; a dispatch mode holds on to them, so it may not there."""
    return "aten::add" if (name, phase) == ("aten::add_", "backward") else name


def expected_conversions(figures, kinds=("explicit", "inner", "weight", "silent", "mixed")):
    """(operator, phase, from, to) -> per step."""
    counts = collections.Counter()
    for (kind, name, phase, before, after), count in figures.items():
        if kind in kinds:
            counts[same_name(name, phase), phase, before, after] += count
    return counts


def expected_culprits(figures):
    """Forward operators that undo channels_last; a backward one counts as the operator whose gradient it computes."""
    return {forward_name(name) for kind, name, _, _, _ in figures if kind == "culprit"}


def forward_name(name):
    return name.removesuffix("_data").removesuffix("_backward")


def found_conversions(database, recorded):
    """The same of a trace, over its recorded steps; a trace of one step without steps counts as one."""
    where = "step_id IN (SELECT step_id FROM steps WHERE mode = 'recorded')" if recorded else "1"
    steps = database.execute(f"SELECT max(count(*), 1) FROM steps WHERE {where}").fetchone()[0]
    rows = database.execute(
        "SELECT op_name, CASE phase WHEN 'backward' THEN 'backward' ELSE 'forward' END, from_format, to_format, count(*) "
        f"FROM conversions WHERE {where} GROUP BY 1, 2, 3, 4")
    counts = collections.Counter()
    for name, phase, before, after, count in rows:
        counts[same_name(name, phase), phase, before, after] += count / steps
    return counts


def found_culprits(database):
    return {name for name, in database.execute("SELECT op_name FROM findings WHERE scope = 'operator' AND verdict = 'thrash'")}


# ---- comparing ------------------------------------------------------------------------------------------------------
class Job:
    def __init__(self, name, program, folder, differences):
        self.name, self.program, self.folder = name, program, folder
        self.script = os.path.join(HERE, "jobs", name + ".py")
        self.arguments = ARGUMENTS.get(name, [])
        self.code = CODES.get(name, 0)
        self.differences = differences
        self.faults = []

    def must(self, holds, fault):
        if not holds:
            self.faults.append(fault)
        return holds

    def expect(self):
        """What the judge says, and what the script prints without anybody watching it."""
        done = call([sys.executable, os.path.join(HERE, "expect.py"), self.script, self.folder, *self.arguments])
        self.must(done.returncode == self.code, f"expect.py: exit code {done.returncode}\n{done.stderr}")
        self.output, self.errors = done.stdout, done.stderr
        path = os.path.join(self.folder, "expected.tsv")
        self.figures = {tuple(row[:5]): int(row[5]) for row in read_table(path, 6)} if os.path.exists(path) else {}

    def profile(self):
        trace = os.path.join(self.folder, "run.db")
        done = call([self.program, "run", "--profile", "2:6", "-o", trace, "--", sys.executable, self.script, *self.arguments])
        self.must(done.returncode == self.code, f"clprof run: exit code {done.returncode}, not {self.code}\n{done.stderr}")
        self.must(done.stdout.startswith(self.output), f"the script's output is not passed through:\n{done.stdout}")
        self.must(bool(self.figures) or self.errors in done.stderr, f"its stderr is not:\n{done.stderr}")
        if self.figures:
            self.compare("run", trace)
        else:
            self.must(not os.path.exists(trace) and "no optimizer took a step" in done.stderr, f"no steps:\n{done.stderr}")

    def import_files(self, source, *files):
        trace = os.path.join(self.folder, source + ".db")
        done = call([self.program, "import", "-o", trace, *(os.path.join(self.folder, file) for file in files)])
        if self.must(done.returncode == 0, f"import of {files}: exit code {done.returncode}\n{done.stderr}"):
            self.compare(source, trace)

    def compare(self, source, trace):
        if not self.must(os.path.exists(trace), f"{source}: no trace"):
            return
        database = sqlite3.connect(f"file:{trace}?mode=ro", uri=True)
        most, found = expected_conversions(self.figures), found_conversions(database, source == "run")
        # Without outputs and identities, copies are all seen, but not every silent or mixed change; never more than there are.
        least = expected_conversions(self.figures, ("explicit", "inner", "weight")) if source == "plain" else most
        for key in sorted(set(most) | set(found), key=str):
            low, high = self.differences.get((self.name, source, *key), (least[key], most[key]))
            self.must(low <= found[key] <= high, f"{source}: {' '.join(map(str, key))}: {found[key]:g} per step, expected "
                                                 f"{low:g}" + (f" to {high:g}" if high != low else ""))
        want = self.differences.get((self.name, source, "culprits", "-", "-", "-"), expected_culprits(self.figures))
        culprits = found_culprits(database)
        self.must(culprits <= want if source == "plain" else culprits == want,
                  f"{source}: culprits {sorted(culprits)}, expected {sorted(want)}")
        database.close()

    def run(self):
        os.makedirs(self.folder, exist_ok=True)
        self.expect()
        self.profile()
        if self.figures:
            self.import_files("both", "both.json", "both.et.json")
            self.import_files("plain", "plain.json")


def read_differences():
    """job, source, operator, phase, from, to, what clprof says, why -> what clprof says."""
    differences = {}
    for job, source, name, phase, before, after, says, _ in read_table(os.path.join(HERE, "differences.tsv"), 8):
        value = set(says.split(",")) - {"-"} if name == "culprits" else (0, 1e9) if says == "any" else (float(says), float(says))
        for each in SOURCES if source == "*" else source.split(","):
            differences[job, each, name, phase, before, after] = value
    return differences


def committed_figures():
    figures = collections.defaultdict(dict)
    for job, *key, count in read_table(os.path.join(HERE, "expected.tsv"), 7):
        figures[job][tuple(key)] = int(count)
    return figures


def write_figures(figures):
    with open(os.path.join(HERE, "expected.tsv"), "w", encoding="utf-8") as file:
        print("# What one training step of each job does, as expect.py concludes (PyTorch 2.15.0, CPU); compare.py --update.", file=file)
        print("# job\tkind\toperator\tphase\tfrom\tto\tper step", file=file)
        for job in sorted(figures):
            for key in sorted(figures[job]):
                print(job, *key, figures[job][key], sep="\t", file=file)


def main(arguments):
    update = "--update" in arguments
    keep = arguments[arguments.index("--keep") + 1] if "--keep" in arguments else None
    names = [a for a in arguments if not a.startswith("--") and a != keep]
    program, names = os.path.abspath(names[0]), names[1:]
    names = names or sorted(f.removesuffix(".py") for f in os.listdir(os.path.join(HERE, "jobs")) if f.endswith(".py"))
    committed, differences, failed = committed_figures(), read_differences(), 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [Job(name, program, os.path.join(keep or scratch, name), differences) for name in names]
        for job, done in zip(jobs, [pool.submit(job.run) for job in jobs]):
            done.result()
            if update:
                committed[job.name] = job.figures
            else:
                job.must(job.figures == committed[job.name], "expect.py's figures are not those of expected.tsv")
            print("FAIL" if job.faults else "ok  ", "PyTorch job", job.name, flush=True)
            for fault in job.faults:
                print("     ", fault.replace("\n", "\n        "))
            failed += bool(job.faults)
    if update:
        write_figures(committed)
    print(f"{len(names) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
