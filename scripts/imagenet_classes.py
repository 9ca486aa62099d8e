"""Writes src/base/imagenet-classes.ts: WordNet id and name of ImageNet-1k's classes, in the order in
which models score them.

    pip download --no-deps timm==1.0.31 torchvision==0.29.2
    python scripts/imagenet_classes.py timm-*.whl torchvision-*.whl

The ids are those of timm's imagenet_synsets.txt, the names torchvision's _IMAGENET_CATEGORIES.
"""

import ast
import sys
import zipfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "base" / "imagenet-classes.ts"

timm, torchvision = (zipfile.ZipFile(path) for path in sys.argv[1:3])
ids = timm.read("timm/data/_info/imagenet_synsets.txt").decode().split()
module = ast.parse(torchvision.read("torchvision/models/_meta.py"))
names = next(
    ast.literal_eval(node.value)
    for node in module.body
    if isinstance(node, ast.Assign) and node.targets[0].id == "_IMAGENET_CATEGORIES"
)
assert len(ids) == len(names) == 1000

lines = "\n".join(f"{wnid} {name}" for wnid, name in zip(ids, names))
TARGET.write_text(
    "/**\n"
    " * WordNet id and name of ImageNet-1k's 1,000 classes, a line each, in the order in which models score\n"
    " * them. Written by scripts/imagenet_classes.py.\n"
    " */\n"
    f"export const IMAGENET_CLASSES = `\n{lines}\n`;\n"
)
