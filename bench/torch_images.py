"""torchvision's ImageFolder and transforms, the peer of bench_images.

    torch_images.py make FOLDER IMAGES             two classes of 500x375 JPEGs of about 90 kB, as many as IMAGES for training
    torch_images.py time FOLDER SIDE EPOCHS        images per second, and per second of a core, without worker processes
    torch_images.py compare FOLDER SIDE PROGRAM    pixels of the evaluation's samples that differ from PROGRAM's (bench_images)
"""
import pathlib
import subprocess
import sys
import time

import numpy
import torch
from PIL import Image
from torchvision import datasets, transforms

NORMALISE = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]


def picture(random, width, height):
    """Octaves of noise and some grain, which compress about as photographs do."""
    image = numpy.zeros((height, width, 3))
    for octave in range(2, 8):
        noise = random.random((height // 2**octave + 2, width // 2**octave + 2, 3)) * 255
        image += numpy.asarray(Image.fromarray(noise.astype("uint8")).resize((width, height), Image.BICUBIC), dtype=float) * 2**octave
    image = (image - image.min()) / (image.max() - image.min()) * 255 + random.normal(size=(height, width, 1)) * 9
    return Image.fromarray(image.clip(0, 255).astype("uint8"))


def make(folder, images):
    random = numpy.random.default_rng(0)
    for split, count in (("train", int(images)), ("val", 32)):
        for i in range(count):
            path = pathlib.Path(folder) / split / "ab"[i % 2] / f"{i:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture(random, *((500, 375) if i % 3 else (375, 500))).save(path, quality=90 + i % 6)


def measure(folder, side, epochs):
    steps = [transforms.RandomResizedCrop(int(side)), transforms.RandomHorizontalFlip(), *NORMALISE]
    data = datasets.ImageFolder(f"{folder}/train", transforms.Compose(steps))
    loader = torch.utils.data.DataLoader(data, 16, shuffle=True, drop_last=True)
    next(iter(loader))
    wall, core, images = time.perf_counter(), time.process_time(), 0
    for _ in range(int(epochs)):
        images += sum(len(labels) for _, labels in loader)
    print(images / (time.perf_counter() - wall), images / (time.process_time() - core), sep="\t")


def compare(folder, side, program):
    side = int(side)
    steps = [transforms.Resize(side * 256 // 224), transforms.CenterCrop(side), *NORMALISE]
    data = datasets.ImageFolder(f"{folder}/val", transforms.Compose(steps))
    ours = subprocess.run([program, folder, str(side)], capture_output=True, check=True).stdout
    ours = numpy.frombuffer(ours, "float32").reshape(len(data), 3, side, side)
    print(sum(int((ours[i] != data[i][0].numpy()).sum()) for i in range(len(data))), ours.size, sep="\t")


torch.set_num_threads(1)
{"make": make, "time": measure, "compare": compare}[sys.argv[1]](*sys.argv[2:])
