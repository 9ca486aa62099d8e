"""Holds scripts/goldens/torch_forward.py, and the counts in test/analyze/plan.test.ts, to torchvision itself.

    python3 -m venv venv && venv/bin/pip install torch torchvision -r scripts/goldens/requirements.txt
    venv/bin/python scripts/parity/write_weights.py DIR
    venv/bin/python scripts/parity/check_torch_forward.py DIR

Apart from `npm run test:parity`, since torch takes several gigabytes.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import load_file
from torch.utils.flop_counter import FlopCounterMode

sys.path.append(str(Path(__file__).parents[1] / "goldens"))
from keras_goldens import draw

TOLERANCE = 1e-5
SIZES = ((224, 224), (320, 240))


def check(folder, case, image):
    model = torchvision.models.get_model(f"resnet{case['depth']}", weights=None).eval()
    model.load_state_dict(load_file(folder / case["file"]), strict=True)
    with torch.no_grad():
        answer = model(image).softmax(1).numpy().ravel()
        macs = []
        for size in SIZES:
            with FlopCounterMode(display=False) as counter:
                model(torch.zeros(1, 3, *size))
            # Two for a multiply-accumulate, of convolutions and matrix products alone.
            macs.append(counter.get_total_flops() // 2)
    expected = np.array(case["probabilities"])
    error = np.abs(answer - expected).max() / expected.max()
    parameters = sum(each.numel() for each in model.parameters())
    print(case["file"], f"error {error:.1e}", "parameters", parameters, "MACs", dict(zip(SIZES, macs)))
    return error < TOLERANCE


def main():
    folder = Path(sys.argv[1])
    pixels = (2 * draw("image", (1, 224, 224, 3)) - 1).astype("float32")
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
    cases = json.loads((folder / "expected.json").read_text())
    passed = [check(folder, case, image) for case in cases if case["file"].endswith(".safetensors")]
    sys.exit(0 if passed and all(passed) else 1)


if __name__ == "__main__":
    main()
