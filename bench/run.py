"""Runs the benchmarks side by side with their peers and prints one line per claim: name, ours, peer, ratio, goal.

Each pair alternates (A B A B ...), so that a machine whose speed drifts is fair to both; the median of the pairwise
ratios is what counts. --record appends to results.tsv.
"""
import contextlib
import datetime
import json
import os
import pathlib
import resource
import shutil
import sqlite3
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


def zoo(results, folder):
    """
    Every model beside PyTorch, peer and clprof, then clprof and peer, the better figure of each; then the geometric mean. One pair
    would let whatever else the machine did in one of the two runs decide. BENCH_ZOO_BATCH, BENCH_ZOO_SIZE: smaller machines;
    BENCH_ZOO_MODELS: names with spaces between, some of them.
    """
    batch, size = os.environ.get("BENCH_ZOO_BATCH", "16"), os.environ.get("BENCH_ZOO_SIZE", "224")
    command = f"BENCH_ZOO_BATCH={batch} BENCH_ZOO_SIZE={size} bench/run.sh zoo"
    names = [line.split()[0] for line in run([CLPROF, "models"])[0].splitlines() if line.strip()]
    names = os.environ.get("BENCH_ZOO_MODELS", "").split() or names

    def theirs(model):
        return torch_train(model, "--steps", "6", "--warmup", "2", batch=batch, size=size)[0]

    def ours(model):
        return train(model, folder, "--profile", "2:6", "--probe", "0", batch=batch, size=size)[0]

    ratios = []
    for model in names:
        peer, mine = theirs(model), ours(model)
        mine, peer = max(mine, ours(model)), max(peer, theirs(model))
        ratios.append(mine / peer)
        results.add(f"{model} bf16 channels_last vs torch eager", f"{mine:.1f} img/s", f"{peer:.1f} img/s", mine / peer, ">= 1.0",
                    mine >= peer, command)
    mean = statistics.geometric_mean(ratios)
    results.add(f"geometric mean of {len(names)} models vs torch eager", "-", "-", mean, ">= 1.3", mean >= 1.3, command)


def program(name):
    """Builds and returns a C benchmark of this folder."""
    subprocess.run(["cmake", "--build", ROOT / "build/release", "--target", f"bench_{name}", "--", "--quiet"], check=True)
    return ROOT / f"build/release/bin/bench_{name}"


def tracing(results, folder):
    del folder
    on, off, ratio = (float(x) for x in run([program("tracing"), "resnet50", "16", str(3 * PAIRS)])[0].split())
    results.add("step time traced vs untraced (resnet50)", f"{on:.1f} ms", f"{off:.1f} ms", ratio, "<= 1.01",
                ratio <= 1.01, "bench/run.sh tracing")


def start(results, folder):
    """Seconds from exec to the first step, data and build present; from the program's own log line."""
    seconds = []
    for _ in range(PAIRS):
        process = subprocess.run([CLPROF, "train", "resnet50", "--channels-last", "--quiet", "--profile", "0:1", "-o",
                                  pathlib.Path(folder) / "s.db"], capture_output=True, text=True, check=True,
                                 env={**os.environ, "CLPROF_LOG": "trainer=info"})
        line = next(x for x in process.stderr.splitlines() if "first step" in x)
        seconds.append(float(line.split()[-2]))
    value = statistics.median(seconds)
    results.add("start to first step (resnet50)", f"{value:.2f} s", "-", value, "< 2", value < 2, "bench/run.sh start")


def convert(results, folder):
    """Conversions against memcpy and oneDNN's reorder on the same buffers: the worst shape counts."""
    del folder
    text = run([program("convert")])[0]
    print(text)
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 7 and not line.startswith(("#", "shape"))]
    for column, peer, goal in ((6, "memcpy", 0.9), (7, "oneDNN reorder", 1.0)):
        worst = min(rows, key=lambda r: float(r[column]))
        ratio = float(worst[column])
        results.add(f"conversion {' '.join(worst[:3])} vs {peer} (worst shape)", f"{float(worst[3]):.1f} GB/s", f"{float(worst[column - 2]):.1f} GB/s",
                    ratio, f">= {goal}", ratio >= goal, "bench/run.sh convert")


def accuracy(results, folder):
    """Fashion-MNIST, resnet18 at 64x64, one epoch: channels_last bf16 against contiguous float32."""
    top1 = []
    for flags in (["--channels-last"], ["--contiguous", "--amp", "off"]):
        process = subprocess.run([CLPROF, "train", "resnet18", *flags, "--image-size", "64", "--batch", "64", "--epochs", "1",
                                  "--schedule", "onecycle", "--lr", "0.05", "-o", pathlib.Path(folder) / "a.db"],
                                 capture_output=True, text=True, check=True)
        line = next(x for x in process.stderr.splitlines() if "top-1" in x)
        top1.append(float(line.split("top-1")[1].split()[0]))
    results.add("Fashion-MNIST top-1, resnet18 64x64, 1 epoch", f"{top1[0]:.2f} %", f"{top1[1]:.2f} %", top1[0] / top1[1],
                ">= 85 %", top1[0] >= 85 and abs(top1[0] - top1[1]) <= 1, "bench/run.sh accuracy")


def import_trace(folder, trace):
    """(seconds, peak MB) of an import with its analysis and report."""
    _, seconds, peak = run([CLPROF, "import", trace, "-o", pathlib.Path(folder) / "import.db"])
    return seconds, peak


def import_kineto(results, folder):
    """
    BENCH_KINETO_TRACE (a short Kineto trace) repeated to 1.2 million events: clprof imports and analyses it,
    HolisticTraceAnalysis loads it. Then ten times as much, for memory, and the .gz, for inflation.
    """
    source = os.environ.get("BENCH_KINETO_TRACE")
    if not source:
        print("import_kineto: skipped; BENCH_KINETO_TRACE must name a Kineto trace (.json or .json.gz) to repeat")
        return
    command = "bench/run.sh import_kineto"
    copies = int(os.environ.get("BENCH_KINETO_COPIES", "21"))
    alone = pathlib.Path(folder) / "hta"
    alone.mkdir()
    trace, long, packed = alone / "rank0.json", pathlib.Path(folder) / "long.json", pathlib.Path(folder) / "packed.json.gz"
    make = [sys.executable, ROOT / "bench/make_kineto.py", source]
    run(make + [trace, copies])
    size = f"{trace.stat().st_size / 1e6:.0f} MB"
    hta = run([ROOT / "scripts/deps.sh", "bench-peers"])[0].strip()

    ours, peers = [], []
    for _ in range(PAIRS):
        peers.append(run([hta, ROOT / "bench/hta_load.py", alone])[1:])
        ours.append(import_trace(folder, trace))
    seconds, peak = (statistics.median(x[i] for x in ours) for i in (0, 1))
    peer_seconds, peer_peak = (statistics.median(x[i] for x in peers) for i in (0, 1))
    faster, leaner = (statistics.median(p[i] / o[i] for o, p in zip(ours, peers)) for i in (0, 1))
    results.add(f"import and analysis of Kineto JSON, {size}", f"{seconds:.2f} s", "-", seconds, "<= 1.5", seconds <= 1.5, command)
    results.add("the same vs HolisticTraceAnalysis 0.5.0 loading", f"{seconds:.2f} s", f"{peer_seconds:.1f} s", faster, ">= 13",
                faster >= 13, command)
    results.add("import: peak resident memory", f"{peak:.0f} MB", "-", peak, "<= 200", peak <= 200, command)
    results.add("the same vs HolisticTraceAnalysis 0.5.0", f"{peak:.0f} MB", f"{peer_peak:.0f} MB", leaner, ">= 9", leaner >= 9,
                command)

    run(make + [packed, copies])
    inflated, inflate, ratio = (float(x) for x in run([program("source"), packed])[0].split())
    results.add("byte source on the .gz vs zlib's inflate", f"{inflated:.0f} ms", f"{inflate:.0f} ms", ratio, "<= 1.1", ratio <= 1.1,
                command)
    pairs = [(import_trace(folder, packed)[0], import_trace(folder, trace)[0]) for _ in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    results.add("import of the .gz vs of the plain file", f"{statistics.median(a for a, _ in pairs):.2f} s",
                f"{statistics.median(b for _, b in pairs):.2f} s", ratio, "<= 1.1", ratio <= 1.1, command)

    run(make + [long, 10 * copies])
    long_seconds, long_peak = import_trace(folder, long)
    results.add("import: peak memory, ten times the file", f"{long_peak:.0f} MB", f"{peak:.0f} MB", long_peak / peak, "<= 1.2",
                long_peak / peak <= 1.2, command)
    results.add("import: time, ten times the file", f"{long_seconds:.1f} s", f"{seconds:.2f} s", long_seconds / seconds, "<= 11",
                long_seconds / seconds <= 11, command)


def estimate_error(results, folder):
    """Estimates against what training with the findings fixed wins, for every model: bench/estimate-error prints the table."""
    del folder
    command = [ROOT / "bench/estimate-error", "--clprof", CLPROF, "--threads", THREADS]
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    misses = sum(line.endswith("MISS") or " FAILED: " in line for line in done.stdout.splitlines())
    results.add("estimates off by > 3 points and outside the interval", f"{misses}", "0", float(misses), "0", done.returncode == 0,
                "bench/run.sh estimate_error")


def images(results, folder):
    """Training samples of 500x375 JPEGs at 224 on one core, by seconds of it; the evaluation's pixels must be equal."""
    data, peer, ours = pathlib.Path(folder) / "images", [sys.executable, ROOT / "bench/torch_images.py"], program("images")
    run([*peer, "make", data, 400])
    pairs = []
    for _ in range(PAIRS):
        theirs = float(run([*peer, "time", data, 224, 2])[0].split()[1])
        pairs.append((float(run([ours, data, 224, 1, 2])[0].split()[1]), theirs))
    ratio = statistics.median(a / b for a, b in pairs)
    mine, theirs = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    results.add("JPEG 500x375 to samples of 224 vs torchvision", f"{mine:.0f} img/s", f"{theirs:.0f} img/s", ratio, ">= 1", ratio >= 1,
                "bench/run.sh images")
    different, values = (int(x) for x in run([*peer, "compare", data, 224, ours])[0].split())
    results.add("values of evaluation samples unlike torchvision's", f"{different}", f"{values}", different / values, "0",
                different == 0, "bench/run.sh images")


WITHOUT_STEPS = ("UPDATE op SET step_id = NULL; UPDATE kernel SET step_id = NULL; UPDATE conversion SET step_id = NULL;"
                 "DELETE FROM step; REINDEX; ANALYZE")


def report_page(results, trace, page, steps, command):
    """Time, CPU time (other work on the machine does not count), the most memory; the page's size and how soon it is ready."""
    run([CLPROF, "analyze", trace])
    seconds, cpu_seconds, peaks = [], [], []
    for _ in range(PAIRS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _, wall, peak = run([CLPROF, "report", trace, "--format", "html", "-o", page])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(wall), peaks.append(peak)
        cpu_seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    value, used, peak, size = statistics.median(seconds), statistics.median(cpu_seconds), max(peaks), page.stat().st_size / 1e6
    name = f"HTML report of 1 M kernels{steps}"
    results.add(name, f"{value:.2f} s", "-", value, "<= 2", value <= 2, command)
    results.add(f"{name}: CPU time", f"{used:.2f} s", "-", used, "<= 2", used <= 2, command)
    results.add(f"{name}: peak memory", f"{peak:.0f} MB", "-", peak, "<= 200", peak <= 200, command)
    results.add(f"{name}: the page", f"{size:.2f} MB", "-", size, "<= 5", size <= 5, command)
    if shutil.which("chromium"):
        sys.path.insert(0, str(ROOT / "tests/reports"))
        import chromium
        ready = statistics.median(chromium.seconds_to_interactive(page) for _ in range(PAIRS))
        results.add(f"the page interactive in Chromium{steps}", f"{ready:.2f} s", "-", ready, "<= 1", ready <= 1, command)


def report(results, folder):
    """The HTML report of a million kernels, with steps and without (as a job that never called profiler.step() leaves it)."""
    folder, command = pathlib.Path(folder), "bench/run.sh report"
    short, trace, whole, page = (folder / name for name in ("short.db", "million.db", "whole.db", "report.html"))
    run([CLPROF, "train", "resnet50_gn", "--channels-last", "--policy", "torch-2.14-cuda", "--data", "synthetic", "--image-size", "64",
         "--batch", "4", "--profile", "2:6", "--threads", THREADS, "--quiet", "-o", short])
    run([sys.executable, ROOT / "bench/make_steps.py", short, 1000000, trace])
    shutil.copy(trace, whole)
    with contextlib.closing(sqlite3.connect(whole)) as db:
        db.executescript(WITHOUT_STEPS)
    report_page(results, trace, page, "", command)
    report_page(results, whole, page, " without steps", command)


BENCHMARKS = {
    "resnet50_eager": lambda r, f: throughput(r, f, "resnet50", [], 1.5, "eager"),
    "resnet50_compile": lambda r, f: throughput(r, f, "resnet50", ["--compile"], 1.3, "compile"),
    "resnet18_eager": lambda r, f: throughput(r, f, "resnet18", [], 1.5, "eager"),
    "zoo": zoo,
    "tracing": tracing,
    "start": start,
    "convert": convert,
    "accuracy": accuracy,
    "estimate_error": estimate_error,
    "images": images,
    "import_kineto": import_kineto,
    "report": report,
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
