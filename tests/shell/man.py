#!/usr/bin/env python3
"""Formats every man page with warnings on, and looks in the formatted page for what the command's -h says.

Usage: man.py CLPROF FOLDER: the program, and the folder of the pages. Exit code 77: no man here.
"""
import gzip
import os
import re
import shutil
import subprocess
import sys


def plain(text):
    """Without backquotes (bold in a page), overstrikes, and differences of blanks."""
    text = re.sub(r".\x08", "", text).replace("`", "")
    return re.sub(r"\s+", " ", text)


def formatted(page):
    """The page's text, and what the formatter has to complain about."""
    environment = dict(os.environ, MANWIDTH="2000", LC_ALL="C.UTF-8", MANPAGER="cat", MAN_KEEP_FORMATTING="")
    shown = subprocess.run(["man", "--no-hyphenation", "--no-justification", "-E", "ascii", "-l", page], env=environment,
                           capture_output=True, text=True)
    strict = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    complaints = shown.stderr + strict.stderr
    if shutil.which("mandoc"):
        with gzip.open(page) as file:
            complaints += subprocess.run(["mandoc", "-T", "lint"], input=file.read(), capture_output=True).stdout.decode()
    return plain(shown.stdout), complaints


def parts_of_help(text):
    """Paragraphs before the options, and the lines of the examples."""
    about = re.split(r"\n(?:Options|Examples):\n", text)[0]
    yield from about.split("\n\n")[2:]  # after usage and summary
    examples = text.partition("\nExamples:\n")[2]
    yield from re.findall(r"^  (clprof .*)$", examples, re.M)


def main():
    clprof, folder = sys.argv[1:]
    if shutil.which("man") is None:
        print("skipped: no man (apt-get install man-db)")
        return 77
    listed = subprocess.run([clprof, "-h"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", listed, re.M)
    failures = []
    if sorted(os.listdir(folder)) != sorted(["clprof.1.gz"] + [f"clprof-{name}.1.gz" for name in commands]):
        failures.append(f"pages are {sorted(os.listdir(folder))}, commands are {commands}")
    program, complaints = formatted(os.path.join(folder, "clprof.1.gz"))
    failures += complaints.splitlines()
    for name in commands:
        page, complaints = formatted(os.path.join(folder, f"clprof-{name}.1.gz"))
        failures += complaints.splitlines()
        helped = subprocess.run([clprof, name, "-h"], capture_output=True, text=True, check=True).stdout
        looked_for = [plain(part).strip() for part in parts_of_help(helped)]
        looked_for += re.findall(r"^ +(?:-[a-z], )?(--[a-z-]+)", helped, re.M)
        failures += [f"{name}: not in the page: {part}" for part in looked_for if part not in page]
        if len(looked_for) < 2:
            failures.append(f"{name}: its -h could not be read")
        if f"{name}" not in program:
            failures.append(f"{name} is not in clprof(1)")
    print("\n".join(failures) or f"{len(commands) + 1} pages")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
