#!/usr/bin/env python3
"""Types command lines into a real shell on a terminal, asks it to insert all completions, and compares what stands there.

Usage: completions.py SHELL FILE: SHELL is bash or zsh, FILE the completion made by clprof_shell. `clprof` is a function that
writes its arguments down, so that the words are those that the program would get. Exit code 77: no such shell, no terminals.
"""
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

ALL = "\x18a"  # Ctrl-x a: insert all completions, in both shells

# What is typed before the key; words that must be among the completions; words that must not.
HOSTILE = "$(touch owned);it's `touch owned`.db"
CASES = [
    ("clprof ", ["train", "devices", "help", "check"], ["--channels-last", "trace.db"]),
    ("clprof tra", ["train"], ["run"]),
    ("clprof help ex", ["export"], ["train"]),
    ("clprof train ", ["resnet50", "mobilenet_v2"], ["trace.db", "train"]),
    ("clprof train resnet5", ["resnet50", "resnet50_gn"], ["resnet18"]),
    ("clprof train resnet50 --amp ", ["auto", "fp16", "bf16", "off"], ["cuda", "trace.db"]),
    ("clprof train resnet50 --amp=b", ["bf16", "--amp=bf16"], ["fp16", "--amp=fp16"]),
    ("clprof train resnet50 --policy torch-2.14", ["torch-2.14-cuda"], ["native"]),
    ("clprof train --chan", ["--channels-last"], ["--contiguous"]),
    ("clprof train --data ", ["fashion-mnist", "synthetic", "photos/"], ["trace.db", "notes.txt"]),
    ("clprof train --batch 4 --profile 1:2 --data ph", ["photos/"], []),
    ("clprof train --batch 4 --profile 1:2 resnet1", ["resnet18"], []),
    ("clprof train --batch ", [], ["resnet18", "trace.db"]),
    ("clprof report ", ["trace.db", "with blank.db", "photos/", HOSTILE], ["notes.txt"]),
    ("clprof report trace.db --for", ["--format"], []),
    ("clprof report trace.db --format ", ["text", "html", "json", "csv"], ["trace.db"]),
    ("clprof report trace.db -f j", ["json"], ["html"]),
    ("clprof report trace.db -o no", ["notes.txt"], []),
    ("clprof compare trace.db wi", ["with blank.db"], []),
    ("clprof query trace.db --name operator_t", ["operator_time"], []),
    ("clprof export trace.db --view conv", ["conversions"], []),
    ("clprof export trace.db --format csv --view al", ["all"], []),
    ("clprof import notes.txt tr", ["trace.db"], []),
    ("clprof layouts resnet18 resnet3", ["resnet34"], []),
    ("clprof run --prof", ["--profile"], []),
    ("clprof run -- clprof_job_", ["clprof_job_of_the_test"], []),
    ("clprof run -o x.db -- clprof_job_of_the_test no", ["notes.txt"], ["--profile"]),
    ("clprof models ", [], ["trace.db", "resnet18"]),
]

BASH = r"""
PS1='READY> '; PS2=''; HISTFILE=
bind 'set enable-bracketed-paste off' 2>/dev/null
bind '"\C-xa": insert-completions'
clprof() { printf '%s\0' "$@" >"$OUT.part"; mv "$OUT.part" "$OUT"; }
. "$COMPLETION"
"""

ZSH = r"""
PS1='READY> '; PS2=''; RPS1=''; HISTFILE=
unsetopt zle_bracketed_paste prompt_sp prompt_cr beep; unset zle_bracketed_paste
fpath=("$FPATH_OF_TEST" $fpath)
autoload -Uz compinit; compinit -u -D
zle -C all-matches complete-word _generic
bindkey '^Xa' all-matches
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
clprof() { printf '%s\0' "$@" >"$OUT.part"; mv "$OUT.part" "$OUT"; }
"""


class Terminal:
    """A shell on a pseudo terminal, fed line by line: nothing is sent before its prompt is there."""

    def __init__(self, command, environment, folder):
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.seen = b""

    def wait_until(self, done, seconds=60):
        """Reads what the shell shows until done(), and the prompt is the last thing shown."""
        end = time.monotonic() + seconds
        while not (self.seen.endswith(b"READY> ") and done()):
            if time.monotonic() > end:
                raise TimeoutError(f"the shell hangs; it shows {self.seen[-400:]!r}")
            if select.select([self.descriptor], [], [], 0.02)[0]:
                self.seen += os.read(self.descriptor, 65536)

    def send(self, text):
        os.write(self.descriptor, text.encode())

    def close(self):
        os.close(self.descriptor)
        os.waitpid(self.process, 0)


def start(shell, completion, folder):
    setup = os.path.join(folder, ".setup")
    with open(setup, "w") as file:
        file.write(BASH if shell == "bash" else ZSH)
    functions = os.path.join(folder, ".functions")
    os.mkdir(functions)
    shutil.copy(completion, os.path.join(functions, "_clprof"))
    tools = os.path.join(folder, ".tools")
    os.mkdir(tools)
    job = os.path.join(tools, "clprof_job_of_the_test")
    with open(job, "w") as file:
        file.write("#!/bin/sh\n")
    os.chmod(job, 0o755)
    environment = {
        "PATH": tools + ":/usr/bin:/bin", "HOME": folder, "TERM": "dumb", "LC_ALL": "C", "INPUTRC": "/dev/null",
        "OUT": os.path.join(folder, ".out"), "COMPLETION": completion, "FPATH_OF_TEST": functions,
    }
    command = ["bash", "--norc", "--noprofile", "-i"] if shell == "bash" else ["zsh", "-f", "-i"]
    terminal = Terminal(command, environment, folder)
    terminal.send(f". {setup}\n")
    terminal.wait_until(lambda: True)
    return terminal, environment["OUT"]


def completed(terminal, out, line):
    """The arguments of clprof after all completions of the last word were inserted."""
    if os.path.exists(out):
        os.remove(out)
    terminal.seen = b""
    terminal.send(line + ALL + "\n")
    terminal.wait_until(lambda: os.path.exists(out))
    with open(out, "rb") as file:
        return file.read().decode().split("\0")[:-1]


def main():
    shell, completion = sys.argv[1], os.path.abspath(sys.argv[2])
    if shutil.which(shell) is None:
        print(f"skipped: no {shell} (apt-get install {shell})")
        return 77
    try:
        for descriptor in os.openpty():
            os.close(descriptor)
    except OSError as error:
        print(f"skipped: no pseudo terminal here: {error}")
        return 77
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([shell, "-n", completion], check=True)
        os.mkdir(os.path.join(folder, "photos"))
        for name in ("trace.db", "with blank.db", "notes.txt", HOSTILE):
            open(os.path.join(folder, name), "w").close()
        terminal, out = start(shell, completion, folder)
        for line, wanted, unwanted in CASES:
            words = completed(terminal, out, line)
            spelled = {word.rstrip("/") for word in words}
            missing = [word for word in wanted if word.rstrip("/") not in spelled and not ("=" in wanted[-1] and spelled & set(wanted))]
            typed = set(line.split())
            present = [word for word in unwanted if word in spelled - typed]
            if os.environ.get("SHOW"): print(line, words)
            if missing or present:
                print(f"{line!r}: missing {missing}, unwanted {present}; got {words}")
                failed += 1
        if os.path.exists(os.path.join(folder, "owned")):
            print("a file's name was run")
            failed += 1
        terminal.send("exit\n")
        terminal.close()
    print(f"{len(CASES) - failed} of {len(CASES)} command lines")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
