# clprof run without PyTorch: the command's own code, output and signals pass; why nothing was recorded is one line.
export TMPDIR="$PWD/private"
mkdir private
run run
run run python3 train.py
run run --profile 0:5 -- true
run run -- no-such-command
run run -- ./private
run run -- sh -c 'echo out; echo err >&2; exit 7'
run run -- python3 -c 'import sys; print(sys.stdin.read(), end=""); sys.exit(4)' -o not-ours <<'IN'
read from stdin
IN
run run -- python3 -Ic 'print("isolated")'
run run -- python3 -W ignore -sE -c 'print("isolated")'
run run -- env -u PYTHONPATH python3 -c 'print("cleared")'
run run -- sh -c 'kill -KILL $$'

# A signal sent to clprof alone reaches the command, which may do with it what it likes.
"$CLPROF" run -- sh -c 'trap "echo told; exit 9" TERM; echo >ready; while :; do sleep 0.1; done' &
pid=$!
for wait in $(seq 300); do [ -e ready ] || sleep 0.1; done
kill -TERM $pid
wait $pid
echo "exit $?"

# The agent leaves no trace in a Python: the path is the user's, and so is the distribution's own sitecustomize.
mkdir own
echo 'print("the own sitecustomize")' >own/sitecustomize.py
PYTHONPATH=$PWD/own run run -- python3 -c 'import sys, os, sitecustomize
print(os.path.relpath(sys.path[1]), os.path.relpath(sitecustomize.__file__), "torch" in sys.modules)'

# A torch that the agent can't work with: told once, and the job goes on.
mkdir odd odd/torch
echo '__version__ = "0.4.1"' >odd/torch/__init__.py
PYTHONPATH=$PWD/odd run run -- python3 -c 'import torch; print(torch.__version__); raise SystemExit(6)'
ls private
ls *.db 2>&1 | grep -c trace
