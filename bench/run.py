"""Runs the benchmarks side by side with their peers and prints one line per claim: name, ours, peer, ratio, goal.

Each pair alternates (A B A B ...), so that a machine whose speed drifts is fair to both; the median of the pairwise
ratios is what counts. --record appends to results.tsv.
"""
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLPROF = ROOT / "build/release/bin/clprof"
PAIRS = int(os.environ.get("BENCH_PAIRS", "3"))
THREADS = os.environ.get("BENCH_THREADS", str(os.cpu_count()))


def cpu():
    names = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    devices = subprocess.run([CLPROF, "devices"], capture_output=True, text=True, check=True).stdout
    return f"{names[0]}; {devices.splitlines()[0].split(None, 1)[1]}"


def run(command, **kwargs):
    """(stdout, seconds, peak MB) of a command; stops the benchmark when it fails."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err, **kwargs)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        text, errors = out.read(), err.read()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{errors[-2000:]}")
    return text, time.perf_counter() - start, usage.ru_maxrss / 1024


def train(model, folder, *flags, batch=16, size=224):
    """(img/s, peak MB) of clprof's steady steps, traced."""
    trace = pathlib.Path(folder) / "bench.db"
    _, _, peak = run([CLPROF, "train", model, "--channels-last", "--data", "synthetic", "--batch", batch, "--image-size", size,
                      "--threads", THREADS, "--quiet", "-o", trace, *flags])
    report = json.loads(run([CLPROF, "report", trace, "--format", "json"])[0])
    return report["throughput"]["images_per_s"], peak


def torch_train(model, *flags, batch=16, size=224):
    text, _, peak = run([sys.executable, ROOT / "bench/torch_train.py", model, "--batch", batch, "--image-size", size,
                         "--threads", THREADS, *flags])
    return float(text.split("\t")[4]), peak


class Results:
    def __init__(self, record):
        self.record, self.cpu, self.failed = record, cpu(), False

    def add(self, name, ours, peer, ratio, goal, met, command):
        print(f"{name:44s} {ours:>12s} {peer:>12s} {ratio:8.3f}  goal {goal:>8s}  {'met' if met else 'MISSED'}", flush=True)
        if self.record:
            date = datetime.date.today().isoformat()
            with (ROOT / "bench/results.tsv").open("a") as f:
                f.write(f"{date}\t{self.cpu}\t{name}\t{ours}\t{peer}\t{ratio:.3f}\t{goal}\t{'met' if met else 'missed'}\t{command}\n")


def throughput(results, folder, model, flags, goal, label):
    ours, peers, ratios, ours_mb, peer_mb = [], [], [], [], []
    for _ in range(1 if "--compile" in flags else PAIRS):
        peer, peak = torch_train(model, *flags)
        mine, my_peak = train(model, folder)
        ours.append(mine), peers.append(peer), ratios.append(mine / peer)
        ours_mb.append(my_peak), peer_mb.append(peak)
    ratio = statistics.median(ratios)
    results.add(f"{model} bf16 channels_last vs torch {label}", f"{statistics.median(ours):.1f} img/s",
                f"{statistics.median(peers):.1f} img/s", ratio, f">= {goal}", ratio >= goal, f"bench/run.sh {model}_{label}")
    if label == "eager":
        memory = statistics.median(ours_mb) / statistics.median(peer_mb)
        results.add(f"{model} peak resident memory vs torch", f"{statistics.median(ours_mb):.0f} MB",
                    f"{statistics.median(peer_mb):.0f} MB", memory, "<= 1", memory <= 1, f"bench/run.sh {model}_{label}")


def tracing(results, folder):
    """Traced against untraced steps of one process each, alternating; seconds per step from the steps' own clock."""
    ratios, on, off = [], [], []
    for _ in range(2 * PAIRS):
        seconds = []
        for flags in (["--profile", "0:20"], ["--no-profile", "--steps", "20"]):
            text, _, _ = run([CLPROF, "train", "resnet50", "--channels-last", "--data", "synthetic", "--threads", THREADS, "--quiet",
                              "-o", pathlib.Path(folder) / "t.db", "--time-steps", *flags])
            times = [float(x) for line in text.splitlines() if line.startswith("step_ms") for x in line.split()[1:]]
            seconds.append(statistics.median(times[3:]))
        on.append(seconds[0]), off.append(seconds[1]), ratios.append(seconds[0] / seconds[1])
    ratio = statistics.median(ratios)
    results.add("step time traced vs untraced (resnet50)", f"{statistics.median(on):.1f} ms", f"{statistics.median(off):.1f} ms",
                ratio, "<= 1.01", ratio <= 1.01, "bench/run.sh tracing")


def start(results, folder):
    trace, first = pathlib.Path(folder) / "s.db", []
    for _ in range(PAIRS):
        begin = time.time_ns()
        run([CLPROF, "train", "resnet50", "--channels-last", "--quiet", "--profile", "0:1", "-o", trace])
        sql = "SELECT started_unix_ns + (SELECT min(start_ns) FROM steps) - (SELECT value FROM clock_origin) FROM runs"
        first.append((begin, sql))
    del first
    results.add


BENCHMARKS = {
    "resnet50_eager": lambda r, f: throughput(r, f, "resnet50", [], 1.5, "eager"),
    "resnet50_compile": lambda r, f: throughput(r, f, "resnet50", ["--compile"], 1.3, "compile"),
    "resnet18_eager": lambda r, f: throughput(r, f, "resnet18", [], 1.5, "eager"),
    "tracing": tracing,
}


def main():
    record = "--record" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("--")] or list(BENCHMARKS)
    results = Results(record)
    print(results.cpu)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            BENCHMARKS[name](results, folder)


main()
