"""Write what torch computes with the weights of resnet-mini, for test/backbone/resnet-mini.test.ts.

    python scripts/resnet-mini/golden.py OUTPUT/model.safetensors test/goldens/resnet-mini.json

The picture is made by arithmetic: the byte of channel c at row y, column x is (7 x + 13 y + 29 c) mod 256.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

from train import DEVIATION, FULL, MEAN, STAGES, WIDTH, ResNet

SHOWN = 40  # features of the pooled vector


@torch.no_grad()
def main():
    weights, output = map(pathlib.Path, sys.argv[1:])
    model = ResNet(STAGES, WIDTH, 10)
    model.load_state_dict({name: each.float() for name, each in load_file(weights).items()}, strict=False)
    model.eval()
    c, y, x = torch.meshgrid(torch.arange(3), torch.arange(FULL), torch.arange(FULL), indexing="ij")
    pixels = ((7 * x + 13 * y + 29 * c) % 256).float() / 255
    image = ((pixels - MEAN) / DEVIATION)[None]
    pooled = {}
    model.fc.register_forward_hook(lambda _, inputs, __: pooled.update(value=inputs[0][0]))
    probabilities = model(image)[0].softmax(0)
    golden = {
        "features": pooled["value"][:SHOWN].tolist(),
        "probabilities": probabilities.tolist(),
        "parameters": sum(each.numel() for each in model.parameters()),
    }
    output.write_text(json.dumps(golden, indent=2) + "\n")


main()
