# Image folders: what is found is said; a broken file is named and replaced; too many end the run; the classes set the last layer.
python3 - <<'P'
import os, struct, zlib

def png(path, width, height, seed):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((seed * 31 + x * 3 + y * c) % 256 for x in range(width) for c in (1, 2, 5)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

for i in range(8):
    png(f"data/train/{'ab'[i % 2]}/{i}.png", 40 + i, 50, i)
for i in range(4):
    png(f"data/val/{'ab'[i % 2]}/{i}.png", 40 + i, 50, i)
cut = open("data/train/a/4.png", "rb").read()
open("data/train/a/4.png", "wb").write(cut[:len(cut) // 2])
open("data/train/b/5.png", "w").write("GIF89a")
P
echo "notes" >data/train/a/notes.txt
small="resnet18 --data data --image-size 32 --batch 4 --no-profile --threads 2"
run train $small --steps 2 --workers 3 >3.out
sed '/step/d' 3.out | sort
# The same loss whatever the workers.
run train $small --steps 2 --workers 1 >1.out
for workers in 1 3; do
    sed -n 's|^! step 2/2  \(loss [^ ]*\).*|\1|p' $workers.out >loss.$workers
done
cmp loss.1 loss.3 && wc -l <loss.1
run train $small --epochs 1 --quiet --max-broken 1
run train $small --steps 1 --classes 1
run train $small --steps 1 --batch 9 --quiet
run train resnet18 --classes 5 --image-size 32
cp -r data/val only
run train resnet18 --data only --image-size 32 --batch 2 --no-profile --threads 2 --epochs 1 2>&1 | sed -n 's/loss .*5 /loss and top-1, top-5 /; /only\|test split\|exit/p'
