"""Times torchvision's ResNet-50 on the GPU, from decoded tensors in the host's memory to pooled features there.

    python3 torch_reference.py

Prints a line of JSON for each batch size: medians in ms, with and without TF32, channels last.
"""

import json
import statistics
import time

import torch
import torchvision

BATCHES = (1, 8, 32, 128)
ROUNDS = 7
SIZE = 224


def median_ms(model, pixels, mean):
    times = []
    for round_ in range(ROUNDS + 1):
        start = time.perf_counter()
        images = pixels.cuda().to(torch.float32).sub(mean).permute(0, 3, 1, 2)
        model(images).cpu()
        if round_ > 0:
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


@torch.inference_mode()
def main():
    model = torchvision.models.resnet50()
    model.fc = torch.nn.Identity()
    model = model.cuda().eval().to(memory_format=torch.channels_last)
    mean = torch.tensor([103.939, 116.779, 123.68], device="cuda")
    for batch in BATCHES:
        pixels = torch.randint(0, 256, (batch, SIZE, SIZE, 3), dtype=torch.uint8)
        line = {"batch": batch, "torch": torch.__version__}
        for name, tf32 in (("tf32", True), ("float32", False)):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            torch.backends.cudnn.allow_tf32 = tf32
            line[name] = round(median_ms(model, pixels, mean), 2)
        print(json.dumps(line), flush=True)


main()
