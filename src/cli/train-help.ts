/** What `train --help` says after its options. */
export const TRAIN_HELP = `
The pictures are one of
  a folder with one subfolder per class; one picture in five is held out
  a folder with \`train\` and \`val\`, which have one subfolder per class
    (\`test\` beside them is not used)
  a .csv file with the columns path, label and, optionally, split

The backbone is a name from \`weights list\`, a weight file (.h5, .safetensors)
or a TensorFlow.js layers model (its folder, its model.json or a .keras file),
by its path or address. Names know their preprocessing; anything else needs
--preprocessing.

--out gets a TensorFlow.js layers model with metadata.json, for
\`resnet-heads classify\` and loadClassifier(). It is written when training has
ended. A classifier that is there already is replaced; a folder with anything
else in it is refused.

Examples:
  $ resnet-heads train photos --out cats-and-dogs
  $ resnet-heads train photos --out model --backbone mobilenet/ --preprocessing tf
  $ resnet-heads train photos --out model --resume  # continues a run
`;
