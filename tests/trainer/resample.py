"""
Writes resample.tsv: what PIL makes of small pictures of test_value (support_image.c) when it resizes them bilinearly, and
what torchvision's evaluation transforms make of them. Run with the Python of `scripts/deps.sh torch`:

    python tests/trainer/resample.py >tests/trainer/resample.tsv

Pillow goes across first, then down; from 13 on the other way round where the height shrinks much more than the width, which
changes last bits. No such case is below, so that every Pillow writes the same file.

Columns: kind (resize or test), width, height, to width (or side), to height (or 0), FNV-1a of the RGB bytes, the first 24 of them.
"""
import numpy
from PIL import Image
from torchvision import transforms

RESIZES = [(61, 45, 20, 20), (61, 45, 61, 45), (61, 45, 7, 33), (61, 45, 100, 90), (90, 33, 11, 32), (3, 2, 9, 8), (1, 1, 4, 4),
           (97, 2, 1, 5), (200, 150, 64, 64), (97, 61, 1, 1), (500, 375, 224, 224), (61, 200, 61, 40), (640, 3, 5, 3)]
TESTS = [(61, 45, 32), (45, 61, 32), (500, 375, 224), (100, 100, 64), (33, 200, 65), (7, 5, 8), (300, 299, 1), (1, 50, 16)]


def picture(width, height):
    y, x, c = numpy.meshgrid(range(height), range(width), range(3), indexing="ij")
    return Image.fromarray(((x * (3 + c) + y * (5 - c) + 40 * c) % 190 + 60 * (x > 20 + 3 * c)).astype("uint8"))


def row(kind, width, height, a, b, image):
    data, value = numpy.asarray(image).tobytes(), 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    print(kind, width, height, a, b, f"{value:016x}", ",".join(map(str, data[:24])), sep="\t")


print("# written by resample.py with PIL", Image.__version__)
for width, height, to_width, to_height in RESIZES:
    row("resize", width, height, to_width, to_height, picture(width, height).resize((to_width, to_height), Image.BILINEAR))
for width, height, side in TESTS:
    steps = transforms.Compose([transforms.Resize(side * 256 // 224), transforms.CenterCrop(side)])
    row("test", width, height, side, 0, steps(picture(width, height)))
