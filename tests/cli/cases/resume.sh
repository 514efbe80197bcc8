# Six steps in one go, and three, a checkpoint, three more: the same file. What does not fit is refused before anything is written.
still="--data synthetic --image-size 32 --batch 4 --classes 10 --quiet --no-profile --threads 2 --lr 0.05"
trained() { "$CLPROF" train mobilenet_v2 $still "$@" 2>&1; echo "exit $?"; }
trained --steps 6 --checkpoint whole.safetensors
trained --steps 3 --checkpoint half.safetensors
trained --steps 6 --resume half.safetensors --checkpoint resumed.safetensors
python3 - <<'PY'
import json, struct
def parts(name):
    raw = open(name, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + size]), raw[8 + size:]
(a, x), (b, y) = parts("whole.safetensors"), parts("resumed.safetensors")
print("same bytes" if x == y else "other bytes", a == b, a["__metadata__"]["clprof.step"])
PY
trained --steps 6 --resume resumed.safetensors
trained --steps 9 --resume half.safetensors --seed 43
trained --steps 9 --weights half.safetensors --classes 11 | sed 's/, [0-9]* of another dtype.*//'
head -c 100000 half.safetensors >cut.safetensors
trained --steps 9 --resume cut.safetensors | sed 's/bytes [0-9]* to [0-9]* of [^ ]*/bytes A to B of X/; s/byte [0-9]*: /byte N: /; s/file.s [0-9]* bytes/file'"'"'s N bytes/'
trained --steps 9 --resume half.safetensors --weights half.safetensors
trained --steps 9 --resume nowhere.safetensors
ls
