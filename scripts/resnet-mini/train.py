"""Train resnet-mini, the backbone that comes with the package, on CIFAR-10.

    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 scripts/resnet-mini/train.py cifar10-train.zip OUTPUT

Each process trains on its share of every batch; two processes of one thread are faster than two threads in one.
(The train.log beside this file is of one process up to epoch 46, then of two.)
The zip file holds CIFAR-10's 50,000 training pictures as CLASS/0000.jpg. The last 500 of each class are held out: nothing
is trained on them. Each cycle after the first, and the averaging, was added when their accuracy was known.

The result is the mean of the weights at the ends of the last two cycles (stochastic weight averaging, arXiv 1803.05407), whose
BatchNorm statistics are measured on one epoch of training pictures.

Writes OUTPUT/model.safetensors (float16, torchvision's names), OUTPUT/resnet-mini-weights.cjs, the same as base64 for
src/backbone, and OUTPUT/train.log, which ends with the held-out accuracy of the rounded weights. An interrupted run
resumes at its last complete epoch.
"""

import argparse
import base64
import io
import pathlib
import sys
import time
import zipfile
from typing import NamedTuple

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import distributed, nn
from torch.nn import functional as F

SEED = 1
STAGES, WIDTH = [2, 2, 2], 32
HELD_OUT_PER_CLASS = 500
BATCH = 128  # of all processes together
MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
WARM_UP = 0.15  # share of a cycle's steps


class Cycle(NamedTuple):
    """Epochs in which the rate rises in a line to a peak and falls to zero."""

    sides: list  # input side of each epoch: small pictures take less time
    peak: float
    recolour: bool  # besides crops and mirror images
    cutout: float  # share of pictures


FULL = 96  # input side in use
CYCLES = (
    Cycle([48] * 6 + [64] * 10 + [80] * 20, 0.15, True, 0),
    Cycle([FULL] * 10, 0.05, False, 0),
    Cycle([64] * 26 + [80] * 16 + [FULL] * 8, 0.1, True, 0.5),
    Cycle([FULL] * 8, 0.03, True, 0.5),
)
PAD = 4  # random crops, of pictures mirrored outwards by so many pixels
GREY, INVERT = 0.05, 0.03  # shares of pictures
CONTRAST, BRIGHTNESS = 0.2, 0.1  # largest change; brightness as a share of the full range
HOLE = 5  # cutout greys a square that reaches so many of 32 pixels from its middle
AVERAGED = 2  # cycles whose final weights are averaged
PLAN = [(cycle, at) for cycle in CYCLES for at in range(len(cycle.sides))]
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]  # as torchvision scales pixels
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


class Bottleneck(nn.Module):
    """torchvision's block (variant v1.5): the stride is on the 3x3."""

    def __init__(self, channels, filters, stride, project):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv3 = nn.Conv2d(filters, 4 * filters, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * filters)
        self.downsample = nn.Identity()
        if project:
            shortcut = nn.Conv2d(channels, 4 * filters, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * filters))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x), inplace=True)


class ResNet(nn.Module):
    """The network of src/base/architecture.ts, with torchvision's names."""

    def __init__(self, stages, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        self.stages = [f"layer{stage + 1}" for stage in range(len(stages))]
        for stage, blocks in enumerate(stages):
            filters = width * 2**stage
            parts = []
            for index in range(blocks):
                stride = 2 if index == 0 and stage > 0 else 1
                parts.append(Bottleneck(channels, filters, stride, index == 0))
                channels = 4 * filters
            setattr(self, self.stages[stage], nn.Sequential(*parts))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        for name in self.stages:
            x = getattr(self, name)(x)
        return self.fc(x.mean((2, 3)))


def read(path):
    """Pictures uint8 [n, 3, 32, 32] and their labels, in the order of the classes' and files' names."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        classes = sorted({name.split("/")[0] for name in names})
        pictures = numpy.stack(
            [numpy.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]
        )
    labels = torch.tensor([classes.index(name.split("/")[0]) for name in names])
    held_out = torch.zeros(len(names), dtype=torch.bool)
    for label in range(len(classes)):
        held_out[(labels == label).nonzero()[-HELD_OUT_PER_CLASS:]] = True
    return classes, torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(), labels, held_out


def scale(pixels, side):
    """Pixels 0 to 1 as the network takes them."""
    pixels = F.interpolate(pixels, size=(side, side), mode="bilinear", align_corners=False)
    return ((pixels - MEAN) / DEVIATION).to(memory_format=torch.channels_last)


def chance(count, share):
    return torch.rand(count, 1, 1, 1) < share


def near(count, side):
    """Whether each of `side` positions is within HOLE of a random one."""
    return (torch.arange(side) - torch.randint(0, side, (count, 1))).abs() <= HOLE


def recolour(x):
    count = len(x)
    x = torch.where(chance(count, GREY), x.mean(1, keepdim=True), x)
    gain = 1 + CONTRAST * (2 * torch.rand(count, 1, 1, 1) - 1)
    shift = BRIGHTNESS * (2 * torch.rand(count, 1, 1, 1) - 1)
    middle = x.mean((1, 2, 3), keepdim=True)
    x = ((x - middle) * gain + middle + shift).clamp(0, 1)
    return torch.where(chance(count, INVERT), 1 - x, x)


def augment(pictures, cycle):
    count, _, side, _ = pictures.shape
    padded = F.pad(pictures.float() / 255, (PAD,) * 4, mode="reflect")
    corners = torch.randint(0, 2 * PAD + 1, (2, count))
    rows = (corners[0][:, None] + torch.arange(side))[:, None, :, None]
    columns = (corners[1][:, None] + torch.arange(side))[:, None, None, :]
    x = padded[torch.arange(count)[:, None, None, None], torch.arange(3)[None, :, None, None], rows, columns]
    x = torch.where(chance(count, 0.5), x.flip(3), x)
    if cycle.recolour:
        x = recolour(x)
    if cycle.cutout == 0:
        return x
    hole = near(count, side)[:, None, :, None] & near(count, side)[:, None, None, :]
    return torch.where(hole & chance(count, cycle.cutout), x.mean((1, 2, 3), keepdim=True), x)


@torch.no_grad()
def accuracy(model, pictures, labels, side):
    model.eval()
    right = 0
    for part in torch.arange(len(labels)).split(500):
        right += (model(scale(pictures[part].float() / 255, side)).argmax(1) == labels[part]).sum().item()
    return 100 * right / len(labels)


@torch.no_grad()
def measure_statistics(model, pictures):
    """Sets the means and variances of BatchNorms to those over augmented pictures."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    model.train()
    torch.manual_seed(SEED)
    for part in torch.randperm(len(pictures)).split(BATCH):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            model(scale(augment(pictures[part], CYCLES[-1]), FULL))


def mean(states):
    return {name: torch.stack([each[name].float() for each in states]).mean(0) for name in states[0]}


def rate(progress, peak):
    return peak * min(progress / WARM_UP, (1 - progress) / (1 - WARM_UP))


def decays(parameter):
    return parameter.ndim > 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("zip", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    distributed.init_process_group("gloo")
    rank, processes = distributed.get_rank(), distributed.get_world_size()
    options.output.mkdir(parents=True, exist_ok=True)

    def say(text):
        if rank == 0:
            print(text, flush=True)
            with (options.output / "train.log").open("a") as log:
                print(text, file=log)

    torch.manual_seed(SEED)
    network = ResNet(STAGES, WIDTH, 10).to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
    parameters = list(network.parameters())
    groups = [
        {"params": [each for each in parameters if decays(each)], "weight_decay": WEIGHT_DECAY},
        {"params": [each for each in parameters if not decays(each)], "weight_decay": 0},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, nesterov=True)
    first = 0
    checkpoint = options.output / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        network.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["epoch"]
        say(f"resumed at epoch {first + 1}")
    else:
        count = sum(each.numel() for each in parameters)
        say(f"torch {torch.__version__}, Python {sys.version.split()[0]}, {torch.backends.cpu.get_cpu_capability()}")
        say(f"{processes} processes of {torch.get_num_threads()} thread")
        say(f"seed {SEED}, stages {STAGES}, width {WIDTH}, {count:,} parameters, {len(PLAN)} epochs")

    classes, pictures, labels, held_out = read(options.zip)
    chosen = (~held_out).nonzero()[:, 0]
    say(f"{len(chosen)} pictures to train on, {int(held_out.sum())} held out: {', '.join(classes)}")
    steps = len(chosen) // BATCH
    model = nn.parallel.DistributedDataParallel(network, forward_sync_buffers=False)
    for epoch in range(first, len(PLAN)):
        cycle, at = PLAN[epoch]
        side, length = cycle.sides[at], len(cycle.sides)
        begin = time.time()
        model.train()
        torch.manual_seed(SEED + 1000 * (epoch + 1))
        order = chosen[torch.randperm(len(chosen))][rank::processes]
        torch.manual_seed(SEED + 1000 * (epoch + 1) + rank)
        total = right = 0
        parts = order.split(BATCH // processes)[:steps]
        for step, part in enumerate(parts):
            for group in optimizer.param_groups:
                group["lr"] = rate((at * steps + step) / (length * steps), cycle.peak)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = model(scale(augment(pictures[part], cycle), side)).float()
            loss = F.cross_entropy(scores, labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            right += (scores.argmax(1) == labels[part]).sum().item()
        line = f"epoch {epoch + 1}: side {side}, loss {total / steps:.4f}, training {100 * right * processes / steps / BATCH:.2f} %"
        if rank == 0:
            if (epoch + 1) % 10 == 0 or at + 1 == length:
                line += f", held out {accuracy(network, pictures[held_out], labels[held_out], side):.2f} %"
            say(f"{line}, {time.time() - begin:.0f} s")
            torch.save({"model": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch + 1}, checkpoint)
            if at + 1 == length:
                torch.save(network.state_dict(), options.output / f"cycle-{CYCLES.index(cycle)}.pt")
    distributed.destroy_process_group()
    if rank > 0:
        return

    ends = range(len(CYCLES) - AVERAGED, len(CYCLES))
    network.load_state_dict(mean([torch.load(options.output / f"cycle-{each}.pt") for each in ends]))
    measure_statistics(network, pictures[chosen])
    rounded = {
        name: value.half().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    network.load_state_dict({name: value.float() for name, value in rounded.items()}, strict=False)
    save_file(rounded, options.output / "model.safetensors", {"classes": ",".join(classes)})
    content = (options.output / "model.safetensors").read_bytes()
    module = f'// Written by scripts/resnet-mini/train.py.\nexports.base64 =\n  "{base64.b64encode(content).decode()}";\n'
    (options.output / "resnet-mini-weights.cjs").write_text(module)
    say(f"float16, {len(content):,} bytes, mean of {AVERAGED} cycles: held out {accuracy(network, pictures[held_out], labels[held_out], FULL):.2f} %")


if __name__ == "__main__":
    main()
