import type { ResnetDepth, ResnetVariant } from '../base/architecture.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { Integrity } from './download/integrity.js';

/** Weights that others have trained on ImageNet-1k and published. */
export interface PretrainedWeights {
  readonly name: string;
  readonly depth: ResnetDepth;
  readonly variant: ResnetVariant;
  readonly preprocessing: Preprocessing;
  readonly license: string;
  /** Share of ImageNet's validation pictures named rightly, by its publisher, in per cent. */
  readonly top1: number;
  readonly host: string;
  readonly withTop: {
    /** Path below the host, or below a mirror of it. */
    readonly path: string;
    /** Absent where the publisher names none. */
    readonly integrity?: Integrity;
  };
  /** Absent where only the file with its top is published. */
  readonly withoutTop?: PretrainedWeights['withTop'];
}

type PublishedFile = PretrainedWeights['withTop'];

/** The name for the first of {@link PRETRAINED} that fits a model: Keras's where there are any, else timm's A1. */
const IMAGENET = 'imagenet';
const KERAS_HOST = 'https://storage.googleapis.com/tensorflow/keras-applications/resnet';
const HUGGING_FACE = 'https://huggingface.co';

const kerasFile = (depth: ResnetDepth, suffix: string, md5: string): PublishedFile => ({
  path: `resnet${depth}_weights_tf_dim_ordering_tf_kernels${suffix}.h5`,
  integrity: { algorithm: 'md5', hex: md5 },
});

/** By `keras.applications.resnet`: files, MD5 and the accuracy of its table of models. */
const keras = (
  depth: ResnetDepth,
  top1: number,
  md5: string,
  md5WithoutTop: string,
): PretrainedWeights => ({
  name: `keras/resnet${depth}`,
  depth,
  variant: 'v1',
  preprocessing: 'caffe',
  license: 'MIT',
  top1,
  host: KERAS_HOST,
  withTop: kerasFile(depth, '', md5),
  withoutTop: kerasFile(depth, '_notop', md5WithoutTop),
});

/** timm's and torchvision's weights as timm publishes them; it names no hash. */
const timm = (
  depth: ResnetDepth,
  recipe: string,
  top1: number,
  license: string,
): PretrainedWeights => ({
  name: `timm/resnet${depth}.${recipe}`,
  depth,
  variant: 'v1.5',
  preprocessing: 'torch',
  license,
  top1,
  host: HUGGING_FACE,
  withTop: { path: `timm/resnet${depth}.${recipe}/resolve/main/model.safetensors` },
});

/**
 * Accuracies at 224 × 224: Keras's table of applications; torchvision's metadata of its weights (`tv`, `tv2`); for A1 those
 * of arXiv 2110.00476 at depth 50, and of the comparison in timm's model cards at depth 18 and 34.
 */
const PRETRAINED: readonly PretrainedWeights[] = [
  keras(50, 74.9, '2cb95161c43110f7111970584f804107', '4d473c1dd8becc155b73f8504c6f6626'),
  keras(101, 76.4, 'f1aeb4b969a6efcfb50fad2f0c20cfc5', '88cf7a10940856eca736dc7b7e228a21'),
  keras(152, 76.6, '100835be76be38e30d865e96f2aaae62', 'ee4c566cf9a93f14d82f913c2dc6dd0c'),
  timm(18, 'a1_in1k', 71.49, 'Apache-2.0'),
  timm(18, 'tv_in1k', 69.758, 'BSD-3-Clause'),
  timm(34, 'a1_in1k', 76.42, 'Apache-2.0'),
  timm(34, 'tv_in1k', 73.314, 'BSD-3-Clause'),
  timm(50, 'a1_in1k', 80.4, 'Apache-2.0'),
  timm(50, 'tv2_in1k', 80.858, 'BSD-3-Clause'),
  timm(50, 'tv_in1k', 76.13, 'BSD-3-Clause'),
];

/**
 * The weights that `loadWeights` knows by name. `'imagenet'` stands for the first that fits the model's depth and variant:
 * Keras's for v1, timm's A1 for v1.5.
 */
export function pretrainedWeights(): readonly PretrainedWeights[] {
  return PRETRAINED;
}

/** The ResNet that comes with the package; `loadBackbone` and `loadClassifier` take it by this name. */
export const RESNET_MINI = 'resnet-mini';

/** Published weights by their own name, for which `'imagenet'` does not stand. */
export const publishedAs = (name: unknown): PretrainedWeights | undefined =>
  PRETRAINED.find((each) => each.name === name);

/** Whether a name stands for these weights. */
export const isCalled = (weights: PretrainedWeights, name: string): boolean =>
  name === IMAGENET || weights.name === name;

/** Weights by their name; `'imagenet'` without a model stands for Keras's ResNet-50. */
export function pretrainedByName(name: string): PretrainedWeights | undefined {
  return PRETRAINED.find((each) => isCalled(each, name));
}

/** A file's address, and its hash where its publisher names one. */
export interface Located {
  readonly url: string;
  readonly integrity: Integrity | undefined;
}

/** Where a file is. Where no file without the top is published, the one with it serves. */
export function locate(
  { withTop, withoutTop, host }: PretrainedWeights,
  top: boolean,
  mirror?: string,
): Located {
  const { path, integrity } = (top ? undefined : withoutTop) ?? withTop;
  return { url: `${(mirror ?? host).replace(/\/+$/, '')}/${path}`, integrity };
}
