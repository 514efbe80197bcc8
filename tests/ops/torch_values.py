"""Writes torch_values.tsv: what PyTorch makes of small images by upsampling, pads, shuffles and transposed convolution.

Element i of every input tensor is ((i * 37 + 11) % 101) / 50 - 1, float32, contiguous. A row: case (test_torch_values.c), then the
output's elements in order; rows named <case>.grad hold the input's gradient for grad_output made in the same way.

    python torch_values.py > torch_values.tsv
"""
import torch
import torch.nn.functional as F


def numbers(*shape):
    count = torch.Size(shape).numel()
    return (((torch.arange(count) * 37 + 11) % 101) / 50 - 1).float().reshape(shape)


CASES = {
    "nearest_2": ((1, 2, 3, 4), lambda x: F.interpolate(x, scale_factor=2, mode="nearest")),
    "nearest_size": ((1, 2, 3, 4), lambda x: F.interpolate(x, size=(5, 3), mode="nearest")),
    "bilinear_2": ((1, 2, 3, 4), lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
    "bilinear_1.7": ((1, 2, 3, 4), lambda x: F.interpolate(x, scale_factor=1.7, mode="bilinear")),
    "bilinear_corners": ((1, 2, 3, 4), lambda x: F.interpolate(x, size=(5, 3), mode="bilinear", align_corners=True)),
    "bicubic_2": ((1, 2, 3, 4), lambda x: F.interpolate(x, scale_factor=2, mode="bicubic")),
    "bicubic_corners": ((1, 2, 3, 4), lambda x: F.interpolate(x, size=(5, 3), mode="bicubic", align_corners=True)),
    "reflect": ((1, 2, 3, 4), lambda x: F.pad(x, (3, 1, 2, 1), mode="reflect")),
    "replicate": ((1, 2, 3, 4), lambda x: F.pad(x, (3, 1, 2, 4), mode="replicate")),
    "constant": ((1, 2, 3, 4), lambda x: F.pad(x, (2, 0, -1, 1), value=0.25)),
    "pixel_shuffle": ((1, 8, 2, 3), lambda x: F.pixel_shuffle(x, 2)),
    "pixel_unshuffle": ((1, 2, 4, 6), lambda x: F.pixel_unshuffle(x, 2)),
    "channel_shuffle": ((1, 6, 2, 2), lambda x: F.channel_shuffle(x, 2)),
    "transposed": ((1, 4, 2, 3), lambda x: F.conv_transpose2d(x, numbers(4, 1, 3, 3), numbers(2), 2, 1, 1, 2)),
}


def main():
    print("# Written by torch_values.py with PyTorch", torch.__version__.split("+")[0])
    for name, (shape, function) in CASES.items():
        x = numbers(*shape).requires_grad_()
        y = function(x)
        y.backward(numbers(*y.shape))
        for key, tensor in ((name, y), (name + ".grad", x.grad)):
            print(key, *(f"{v:.7g}" for v in tensor.flatten().tolist()), sep="\t")


if __name__ == "__main__":
    main()
