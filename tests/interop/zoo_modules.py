"""The networks of the zoo as PyTorch modules, written from their published definitions and not from
our C: the other side of the comparison in zoo_torch.py. Module names make the state dicts that the
public implementations have."""

import torch
from torch import nn
from torch.nn import functional as F


def conv_bn(n_in, n_out, k=3, stride=1, pad=1, bias=False):
    return nn.Conv2d(n_in, n_out, k, stride, pad, bias=bias), nn.BatchNorm2d(n_out)


class LeNet5(nn.Module):
    def __init__(self, classes, channels, size):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2 if size < 32 else 0)
        self.conv2 = nn.Conv2d(6, 16, 5)
        side = ((size if size < 32 else size - 4) // 2 - 4) // 2
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class CnnSmall(nn.Module):
    def __init__(self, classes, channels, size):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(channels, 32)
        self.conv2, self.bn2 = conv_bn(32, 64)
        self.conv3, self.bn3 = conv_bn(64, 128)
        self.conv4, self.bn4 = conv_bn(128, 128)
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.relu(self.bn3(self.conv3(x)))
        x = F.relu(self.bn4(self.conv4(x)))
        return self.fc(x.mean((2, 3)))


VGG = {
    11: [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    13: [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    16: [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
    19: [64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M",
         512, 512, 512, 512, "M"],
}


class Vgg(nn.Module):
    def __init__(self, depth, head, classes, channels):
        super().__init__()
        layers = []
        for width in VGG[depth]:
            if width == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [*conv_bn(channels, width, bias=True), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(7 if head == "224" else 1)
        if head == "linear":
            self.classifier = nn.Linear(512, classes)
        else:
            n = 512 * 49 if head == "224" else 512
            self.classifier = nn.Sequential(
                nn.Linear(n, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
                nn.Dropout(), nn.Linear(4096, classes))

    def forward(self, x):
        return self.classifier(self.pool(self.features(x)).flatten(1))


class Residual(nn.Module):
    """Basic block, or bottleneck when expansion is 4."""

    def __init__(self, n_in, width, stride, expansion, shortcut):
        super().__init__()
        if expansion == 1:
            self.conv1, self.bn1 = conv_bn(n_in, width, stride=stride)
            self.conv2, self.bn2 = conv_bn(width, width)
            self.count = 2
        else:
            self.conv1, self.bn1 = conv_bn(n_in, width, 1, 1, 0)
            self.conv2, self.bn2 = conv_bn(width, width, stride=stride)
            self.conv3, self.bn3 = conv_bn(width, 4 * width, 1, 1, 0)
            self.count = 3
        self.shortcut_name = shortcut if stride > 1 or n_in != expansion * width else None
        if self.shortcut_name:
            projection = nn.Sequential(*conv_bn(n_in, expansion * width, 1, stride, 0))
            self.add_module(shortcut, projection)

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (getattr(self, self.shortcut_name)(x) if self.shortcut_name else x))


class ResNet(nn.Module):
    def __init__(self, depth, stem, shortcut, head, classes, channels):
        super().__init__()
        blocks = [2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]
        expansion = 4 if depth == 50 else 1
        k, stride, pad = (7, 2, 3) if stem == 7 else (3, 1, 1)
        self.conv1, self.bn1 = conv_bn(channels, 64, k, stride, pad)
        self.pooled = shortcut == "downsample"
        n, self.head = 64, head
        for stage in range(4):
            layer = []
            for i in range(blocks[stage]):
                layer.append(Residual(n, 64 << stage, 2 if stage and i == 0 else 1, expansion,
                                      shortcut))
                n = expansion * (64 << stage)
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
        self.add_module(head, nn.Linear(n, classes))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.pooled:
            x = F.max_pool2d(x, 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return getattr(self, self.head)(x.mean((2, 3)))


class CifarBlock(nn.Module):
    def __init__(self, n_in, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(n_in, width, stride=stride)
        self.conv2, self.bn2 = conv_bn(width, width)
        self.stride, self.missing = stride, width - n_in

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            half = self.missing // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return F.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, depth, classes, channels):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(channels, 16)
        n = 16
        for stage in range(3):
            layer = []
            for i in range((depth - 2) // 6):
                layer.append(CifarBlock(n, 16 << stage, 2 if stage and i == 0 else 1))
                n = 16 << stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class AlexNet(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(channels, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.conv2 = nn.Sequential(nn.Conv2d(96, 256, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.conv3 = nn.Sequential(nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU())
        self.conv4 = nn.Sequential(nn.Conv2d(384, 384, 3, 1, 1), nn.ReLU())
        self.conv5 = nn.Sequential(nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.fc1 = nn.Linear(9216, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.fc3 = nn.Linear(4096, classes)

    def forward(self, x):
        x = self.conv5(self.conv4(self.conv3(self.conv2(self.conv1(x))))).flatten(1)
        return F.log_softmax(self.fc3(F.relu(self.fc2(F.relu(self.fc1(x))))), 1)


class BasicConv(nn.Module):
    def __init__(self, n_in, n_out, kernel, stride=1, pad=0):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, pad, bias=False)
        self.bn = nn.BatchNorm2d(n_out, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """An Inception block: chains of convolutions next to each other, and a pooled branch.

    A chain is a list of (name, width, kernel, stride); a list inside it forks."""

    def __init__(self, n_in, chains, pool):
        super().__init__()
        self.chains, self.pool = chains, pool
        for chain in chains:
            n = n_in
            for step in chain:
                for name, width, kernel, stride in step if isinstance(step, list) else [step]:
                    kh, kw = kernel
                    pad = (kh // 2, kw // 2) if stride == 1 else 0
                    self.add_module(name, BasicConv(n, width, kernel, stride, pad))
                n = width
        if pool:
            self.branch_pool = BasicConv(n_in, pool, 1)

    def forward(self, x):
        parts = []
        for chain in self.chains:
            y = x
            for step in chain:
                if isinstance(step, list):
                    y = torch.cat([getattr(self, fork[0])(y) for fork in step], 1)
                else:
                    y = getattr(self, step[0])(y)
            parts.append(y)
        if self.pool:
            parts.append(self.branch_pool(F.avg_pool2d(x, 3, 1, 1)))
        else:
            parts.append(F.max_pool2d(x, 3, 2))
        return torch.cat(parts, 1)


ONE, THREE, ROW7, COL7, ROW3, COL3 = (1, 1), (3, 3), (1, 7), (7, 1), (1, 3), (3, 1)


def mixed_a(n, pool):
    return Mixed(n, [
        [("branch1x1", 64, ONE, 1)],
        [("branch5x5_1", 48, ONE, 1), ("branch5x5_2", 64, (5, 5), 1)],
        [("branch3x3dbl_1", 64, ONE, 1), ("branch3x3dbl_2", 96, THREE, 1),
         ("branch3x3dbl_3", 96, THREE, 1)]], pool)


def mixed_b(n):
    return Mixed(n, [
        [("branch3x3", 384, THREE, 2)],
        [("branch3x3dbl_1", 64, ONE, 1), ("branch3x3dbl_2", 96, THREE, 1),
         ("branch3x3dbl_3", 96, THREE, 2)]], 0)


def mixed_c(n, c):
    return Mixed(n, [
        [("branch1x1", 192, ONE, 1)],
        [("branch7x7_1", c, ONE, 1), ("branch7x7_2", c, ROW7, 1), ("branch7x7_3", 192, COL7, 1)],
        [("branch7x7dbl_1", c, ONE, 1), ("branch7x7dbl_2", c, COL7, 1),
         ("branch7x7dbl_3", c, ROW7, 1), ("branch7x7dbl_4", c, COL7, 1),
         ("branch7x7dbl_5", 192, ROW7, 1)]], 192)


def mixed_d(n):
    return Mixed(n, [
        [("branch3x3_1", 192, ONE, 1), ("branch3x3_2", 320, THREE, 2)],
        [("branch7x7x3_1", 192, ONE, 1), ("branch7x7x3_2", 192, ROW7, 1),
         ("branch7x7x3_3", 192, COL7, 1), ("branch7x7x3_4", 192, THREE, 2)]], 0)


def mixed_e(n):
    return Mixed(n, [
        [("branch1x1", 320, ONE, 1)],
        [("branch3x3_1", 384, ONE, 1),
         [("branch3x3_2a", 384, ROW3, 1), ("branch3x3_2b", 384, COL3, 1)]],
        [("branch3x3dbl_1", 448, ONE, 1), ("branch3x3dbl_2", 384, THREE, 1),
         [("branch3x3dbl_3a", 384, ROW3, 1), ("branch3x3dbl_3b", 384, COL3, 1)]]], 192)


class Inception(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.Conv2d_1a_3x3 = BasicConv(channels, 192, 3, 1, 1)
        blocks = [("5b", mixed_a(192, 32)), ("5c", mixed_a(256, 64)), ("5d", mixed_a(288, 64)),
                  ("6a", mixed_b(288)), ("6b", mixed_c(768, 128)), ("6c", mixed_c(768, 160)),
                  ("6d", mixed_c(768, 160)), ("6e", mixed_c(768, 192)), ("7a", mixed_d(768)),
                  ("7b", mixed_e(1280)), ("7c", mixed_e(2048))]
        self.order = [f"Mixed_{name}" for name, _ in blocks]
        for name, block in blocks:
            self.add_module(f"Mixed_{name}", block)
        self.fc = nn.Linear(2048, classes)

    def forward(self, x):
        x = self.Conv2d_1a_3x3(x)
        for name in self.order:
            x = getattr(self, name)(x)
        return self.fc(x.mean((2, 3)))


def conv_bn_relu6(n_in, n_out, k, stride, groups=1):
    return nn.Sequential(nn.Conv2d(n_in, n_out, k, stride, k // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(n_out), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, n_in, n_out, stride, expand):
        super().__init__()
        wide = n_in * expand
        layers = [conv_bn_relu6(n_in, wide, 1, 1)] if expand > 1 else []
        layers += [conv_bn_relu6(wide, wide, 3, stride, wide), *conv_bn(wide, n_out, 1, 1, 0)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and n_in == n_out

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        layers, n = [conv_bn_relu6(channels, 32, 3, 2)], 32
        for t, c, count, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                               (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
            for i in range(count):
                layers.append(InvertedResidual(n, c, s if i == 0 else 1, t))
                n = c
        layers.append(conv_bn_relu6(320, 1280, 1, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Generator(nn.Module):
    """NeuralFuse's convolutional generators: a list of (layer name, width) and "down", "up"."""

    def __init__(self, plan, last, channels):
        super().__init__()
        self.plan, self.last, n = plan, last, channels
        for step in plan + [last]:
            if step in ("down", "up"):
                continue
            name, width = step
            if name.startswith("d"):
                layer = nn.ConvTranspose2d(n, width, 4, 2, 1)
            else:
                layer = nn.Conv2d(n, width, 3, 1, 1)
            self.add_module(name, layer)
            self.add_module(self.norm(name), nn.BatchNorm2d(width))
            n = width

    @staticmethod
    def norm(name):
        return "bn" + name.removeprefix("d").removeprefix("conv")

    def layer(self, name, x):
        return getattr(self, self.norm(name))(getattr(self, name)(x))

    def forward(self, x):
        for step in self.plan:
            if step == "down":
                x = F.max_pool2d(x, 2)
            elif step == "up":
                x = F.interpolate(x, scale_factor=2)
            else:
                x = F.relu(self.layer(step[0], x))
        return torch.tanh(self.layer(self.last[0], x))


LARGE = [("conv1_1", 32), ("conv1_2", 32), "down", ("conv2_1", 64), ("conv2_2", 64), "down",
         ("conv3_1", 128), ("conv3_2", 128), "down"]
SMALL = [("conv1_1", 32), "down", ("conv2_1", 64), "down", ("conv3_1", 64), "down"]


class DoubleConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.double_conv = nn.Sequential(*conv_bn(n_in, n_out), nn.ReLU(), *conv_bn(n_out, n_out),
                                         nn.ReLU())

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(n_in, n_out))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.up = nn.ConvTranspose2d(n_in, n_in // 2, 2, 2, 1)
        self.conv = DoubleConv(n_in, n_out)

    def forward(self, x, skip):
        x = self.up(x)
        dy, dx = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = F.pad(x, (dx // 2, dx - dx // 2, dy // 2, dy - dy // 2))
        return self.conv(torch.cat([skip, x], 1))


class Head(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    def __init__(self, a, channels):
        super().__init__()
        self.inc = DoubleConv(channels, a)
        self.down1, self.down2, self.down3 = Down(a, 2 * a), Down(2 * a, 4 * a), Down(4 * a, 8 * a)
        self.up1, self.up2, self.up3 = Up(8 * a, 4 * a), Up(4 * a, 2 * a), Up(2 * a, a)
        self.outc = Head(a, channels)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x = self.up1(self.down3(x3), x3)
        return self.outc(self.up3(self.up2(x, x2), x1))


def make(name, classes, channels, size):
    """The module of a network of the zoo."""
    generators = {
        "convl": (LARGE + [("conv4_1", 128), "up", ("conv4_2", 128), ("conv5_1", 64), "up",
                           ("conv5_2", 64), ("conv6_1", 32), "up", ("conv6_2", 32)],
                  ("convout", channels)),
        "convs": (SMALL + [("conv4_1", 64), "up", ("conv5_1", 32), "up", ("conv6_1", channels),
                           "up"], ("convout", channels)),
        "deconvl": (LARGE + [("conv_mid", 128), ("dconv4_1", 64), ("conv4_2", 64), ("dconv5_1", 32),
                             ("conv5_2", 32)], ("dconv6_1", channels)),
        "deconvs": (SMALL + [("dconv4_1", 64), ("dconv5_1", 32)], ("dconv6_1", channels)),
    }
    if name in generators:
        return Generator(*generators[name], channels)
    if name.startswith("unet"):
        return UNet(16 if name == "unetl" else 8, channels)
    depth = int("".join(c for c in name.split("-")[0] if c.isdigit()) or 0)
    if name.startswith("vgg"):
        head = "224" if name.endswith("-224") else "wide" if name.endswith("-fc") else "linear"
        return Vgg(depth, head, classes, channels)
    if name.startswith("resnet"):
        if depth in (18, 34, 50):
            own = "-" not in name
            return ResNet(depth, 7 if name.endswith("-224") else 3,
                          "shortcut" if own else "downsample", "linear" if own else "fc", classes,
                          channels)
        return CifarResNet(depth, classes, channels)
    if name in ("lenet5", "cnn-small"):
        return (LeNet5 if name == "lenet5" else CnnSmall)(classes, channels, size)
    return {"alexnet": AlexNet, "inception": Inception, "mobilenetv2": MobileNetV2}[name](
        classes, channels)
