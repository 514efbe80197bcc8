"""clprof's models in PyTorch: make(name, classes) for every name of NAMES. trainer/models/ follows these definitions.

torchvision 0.29 and timm 1.0 define most. Three are written here, since no library has them as they are wanted:

alexnet_lrn    AlexNet of 2012, one device: grouped convolutions as its two halves had them, local response normalisation after
               the first two; torchvision's names (`features.N`, `classifier.N`) and its padding of 2 for 224 pixels. 60,965,224 parameters.
unet           64-base U-Net, milesial's names; up-sampling is fastai's: 1x1 convolution, ReLU, PixelShuffle(2), then
               concatenation (up-sampled map first). Its map of class scores is averaged over H and W, so that it trains on labels.
xresnet50_sa   fastai's xresnet50(sa=True) with blur pools as fastxtend's options stem_pool and block_pool put them, each timm's
               BlurPool2d (reflect pad of 1, depthwise 3x3 of stride 2): after a max pool of stride 1 in the stem, in place of
               AvgPool on identity paths. SimpleSelfAttention's Conv1d is as torch.nn.utils.remove_spectral_norm leaves it (`conv.weight`).

    python zoo.py            writes the parameters' names and shapes (1000 classes) in ../models/model_params.tsv's form
"""
import torch
from torch import nn

TORCHVISION = ("resnet18", "resnet34", "resnet50", "densenet121", "mobilenet_v2", "efficientnet_b0", "vgg16_bn", "resnext50_32x4d",
               "convnext_tiny", "shufflenet_v2_x1_0")
TIMM = ("seresnet50", "resnet50_gn", "skresnet34", "res2net50_26w_4s")


class AlexNetLRN(nn.Module):
    def __init__(self, classes):
        super().__init__()
        norm = dict(size=5, alpha=1e-4, beta=0.75, k=2.0)
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4, padding=2), nn.ReLU(inplace=True), nn.LocalResponseNorm(**norm), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(inplace=True), nn.LocalResponseNorm(**norm), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True),
            nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class DoubleConv(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(before, after))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    """`below` channels up-sampled to half as many, beside a skip of `skip` channels."""

    def __init__(self, below, skip, after):
        super().__init__()
        self.up = nn.Sequential(nn.Conv2d(below, below // 2 * 4, 1), nn.ReLU(inplace=True), nn.PixelShuffle(2))
        self.conv = DoubleConv(below // 2 + skip, after)

    def forward(self, x, skip):
        return self.conv(torch.cat([self.up(x), skip], dim=1))


class OutConv(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.conv = nn.Conv2d(before, after, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    """Sides must be multiples of 16."""

    def __init__(self, classes):
        super().__init__()
        self.inc = DoubleConv(3, 64)
        self.down1, self.down2 = Down(64, 128), Down(128, 256)
        self.down3, self.down4 = Down(256, 512), Down(512, 1024)
        self.up1, self.up2 = Up(1024, 512, 512), Up(512, 256, 256)
        self.up3, self.up4 = Up(256, 128, 128), Up(128, 64, 64)
        self.outc = OutConv(64, classes)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.up1(self.down4(x4), x4)
        x = self.up2(x, x3)
        x = self.up3(x, x2)
        return self.outc(self.up4(x, x1)).mean((2, 3))


class SimpleSelfAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        size = x.size()
        x = x.view(*size[:2], -1)
        convx = self.conv(x)
        xxT = torch.bmm(x, x.permute(0, 2, 1).contiguous())
        o = self.gamma * torch.bmm(xxT, convx) + x
        return o.view(*size).contiguous()


def conv_layer(before, after, kernel, stride=1, act=True):
    layers = [nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, *([nn.ReLU()] if act else []))


class XResBlock(nn.Module):
    def __init__(self, before, width, stride, attention):
        from timm.layers import BlurPool2d
        super().__init__()
        after = 4 * width
        path = [conv_layer(before, width, 1), conv_layer(width, width, 3, stride), conv_layer(width, after, 1, act=False)]
        self.convpath = nn.Sequential(*path, *([SimpleSelfAttention(after)] if attention else []))
        pool = [BlurPool2d(before, filt_size=3, stride=stride)] if stride != 1 else []
        self.idpath = nn.Sequential(*pool, *([conv_layer(before, after, 1, act=False)] if before != after else []))
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.convpath(x) + self.idpath(x))


def xresnet50_sa(classes):
    from timm.layers import BlurPool2d
    stem = [conv_layer(3, 32, 3, 2), conv_layer(32, 32, 3), conv_layer(32, 64, 3)]
    pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), BlurPool2d(64, filt_size=3, stride=2))
    stages, before = [], 64
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        made = []
        for i in range(blocks):
            made.append(XResBlock(before, width, 2 if stage > 0 and i == 0 else 1, stage == 0 and i == blocks - 1))
            before = 4 * width
        stages.append(nn.Sequential(*made))
    return nn.Sequential(*stem, pool, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.0), nn.Linear(before, classes))


OWN = {"alexnet_lrn": AlexNetLRN, "unet": UNet, "xresnet50_sa": xresnet50_sa}
NAMES = ("resnet18", "resnet34", "resnet50", "seresnet50", "densenet121", "mobilenet_v2", "efficientnet_b0", "vgg16_bn",
         "resnext50_32x4d", "convnext_tiny", "resnet50_gn", "shufflenet_v2_x1_0", "alexnet_lrn", "unet", "xresnet50_sa",
         "skresnet34", "res2net50_26w_4s")


def make(name, classes=10):
    """The model in training mode, weights as its library starts them."""
    if name in OWN:
        return OWN[name](classes).train()
    if name in TORCHVISION:
        import torchvision
        return torchvision.models.get_model(name, weights=None, num_classes=classes).train()
    import timm
    return timm.create_model(name, num_classes=classes).train()


def main():
    for name in NAMES:
        model = make(name, 1000)
        buffers = dict(model.named_buffers())
        for key, value in model.state_dict().items():
            shape = "x".join(map(str, value.shape)) or "scalar"
            print(name, "B" if key in buffers else "P", key, shape, sep="\t")


if __name__ == "__main__":
    main()
