"""Writes test/goldens/onnx: two small networks with random weights as torch's two exporters write them, and goldens.json with
torch's own answers, shapes and counts. Needs torch, onnx and onnxscript beside requirements.txt:

    python scripts/goldens/torch_onnx_goldens.py
"""

import json
import pathlib

import onnx
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

OUT = pathlib.Path(__file__).parents[2] / "test/goldens/onnx"
SIZE = 32
# Of the features, each so-many-th is kept.
STEP = 7


class Maps(nn.Module):
    """A convolutional network: [batch, channels, height, width]."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU(), nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        )
        self.depthwise = nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.Hardswish())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 4, 1), nn.ReLU(), nn.Conv2d(4, 8, 1), nn.Hardsigmoid())
        self.last = nn.Sequential(nn.Conv2d(8, 12, 1), nn.ReLU6())
        self.scores = nn.Linear(12, 5)

    def forward(self, x):
        x = self.depthwise(self.stem(x))
        x = self.last(x * self.squeeze(x))
        x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear")
        return x, self.scores(x.mean((2, 3)))


class Tokens(nn.Module):
    """A transformer of one block with a class token: [batch, tokens, channels]."""

    def __init__(self, channels=16, patch=8, heads=2):
        super().__init__()
        self.heads = heads
        self.patches = nn.Conv2d(3, channels, patch, patch)
        self.cls = nn.Parameter(torch.empty(1, 1, channels))
        self.positions = nn.Parameter(torch.empty(1, (SIZE // patch) ** 2 + 1, channels))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.positions
        batch, tokens, channels = x.shape
        qkv = self.qkv(self.norms[0](x)).reshape(batch, tokens, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        attended = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, tokens, channels))
        x = x + self.mlp(self.norms[1](x))
        return self.norms[2](x)


def drawn(model):
    # Not torch's initial values: exporters share weights that are equal, and leave out biases of zeros.
    with torch.no_grad():
        for p in [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]:
            p.copy_(torch.rand(p.shape) * 0.5 + 0.1 if p.ndim < 2 else torch.randn(p.shape) * 0.3)
    return model.eval()


def export(model, images, name, dynamo):
    path = OUT / f"{name}.onnx"
    if dynamo:
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            model, (images,), path, dynamo=True, external_data=False, verbose=False, input_names=["images"], dynamic_shapes=shapes
        )
    else:
        axes = {0: "batch", 2: "height", 3: "width"} if isinstance(model, Maps) else {0: "batch"}
        torch.onnx.export(
            model, (images,), path, dynamo=False, opset_version=17, input_names=["images"], dynamic_axes={"images": axes}
        )
    file = onnx.load(path)
    # Where in torch's source a node comes from: most of the file.
    for node in file.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*file.graph.value_info, *file.graph.input, *file.graph.output]:
        del value.metadata_props[:]
    onnx.checker.check_model(file, full_check=True)
    onnx.save(file, path)
    inferred = onnx.shape_inference.infer_shapes(file)
    return [output.name for output in inferred.graph.output]


OUT.mkdir(exist_ok=True)
torch.manual_seed(20)
goldens = {}
for kind, model in {"maps": drawn(Maps()), "tokens": drawn(Tokens())}.items():
    images = (torch.arange(2 * 3 * SIZE * SIZE) * 7919 % 1009 / 1009).reshape(2, 3, SIZE, SIZE)
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        answers = model(images)
    features = answers[0] if isinstance(answers, tuple) else answers
    outputs = {
        writer: export(model, images, f"{kind}-{writer}", writer == "dynamo") for writer in ("torchscript", "dynamo")
    }
    goldens[kind] = {
        "outputs": outputs,
        "params": sum(p.numel() for p in model.parameters()),
        "macs": flops.get_total_flops() // 2 // len(images),
        "shape": list(features.shape),
        "features": [round(float(x), 5) for x in features.flatten()[::STEP]],
    }
(OUT / "goldens.json").write_text(json.dumps(goldens) + "\n")
