import { BACKBONES_HELP } from './backbone-flags.js';

/** The end of `train --help`, after the options. */
export const TRAIN_HELP = `
Pictures:
  a folder with one subfolder per class; one picture in five is held out for
    validation
  a folder with \`train\` and \`val\` (or \`valid\`, \`validation\`, \`dev\`), each with
    one subfolder per class (a \`test\` folder beside them is not used)
  a .csv file with the columns path, label and, optionally, split: train, val or
    test; without split, one picture in five is held out
With --multi-label, the same picture in several class folders has all these
labels. In a .csv file labels are separated by |, such as cat|indoor; an empty
label stands for none of the classes.

--exclude takes a .csv file with the column path, such as \`review\` writes. Paths
are relative to the file; one that isn't among the pictures is an error.

--from takes a classifier that \`train\` has written and adds pictures, or classes, to
it: a new classifier is trained on its pictures and on the new ones, with its
backbone and a head of the same layers. The old pictures aren't needed while their
features are in the cache (see below); otherwise pass a folder with the old and the
new pictures, which are told apart by their content. Held-out pictures stay held
out, and the command prints what became of the accuracy of the old classes. Other
options, such as --views, --l2 and --seed, are not taken over. --out can be the
same folder.

--features takes a folder that \`extract\` has written, with the same backbone. Up to
512 MB of the features are in memory at a time. Validation pictures are those of the
part \`val\`, or one in five, as with the pictures themselves.

${BACKBONES_HELP}
--int8 quantises the backbone to int8 before features are computed (requires
onnxruntime-node): a quarter of the size, two to three times as fast on recent
processors. It is calibrated on 64 training pictures, and the command prints what
it costs on held-out ones. An .onnx file can't be quantised again.

Features are kept in ~/.cache/resnet-heads/features, or below $XDG_CACHE_HOME, so
that a later run computes those of new pictures only: 8 kB per picture for a
ResNet-50 and a pooled head. Delete the folder to free the space.

--out receives a TensorFlow.js layers model (model.json, weights.bin),
metadata.json and familiarity.safetensors, which \`resnet-heads classify\` and
loadClassifier() read. An ONNX backbone, such as with --int8, is a file of its own,
backbone.onnx. They are written when training ends, then history.json, with the
course of training, and report.html, which contains pictures. An existing
classifier is overwritten; a folder with any other files in it is an error.

Examples:
  $ resnet-heads train photos --out cats-and-dogs
  $ resnet-heads train photos --out model --backbone resnet-mini
  $ resnet-heads train photos --out model --backbone mobilenet/ --preprocessing tf
  $ resnet-heads train photos --out model --backbone dino.onnx --preprocessing torch
  $ resnet-heads train photos --out model --int8
  $ resnet-heads train photos --out model --exclude suspicious.csv
  $ resnet-heads train photos --out model --resume  # continues a run
  $ resnet-heads train --features features --out model
  $ resnet-heads train new-photos --from model --out model2
`;
