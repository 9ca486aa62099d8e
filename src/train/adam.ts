import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { weightsOf } from '../model/weights.js';
import type { NamedArray } from '../weights/formats/named-array.js';

/** Kingma and Ba's defaults (arXiv 1412.6980), with Keras's epsilon. */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

const KINDS = ['first', 'second'] as const;

type Moments = Readonly<Record<(typeof KINDS)[number], tf.Variable>>;

/** A weight by the name under which its moments are kept. */
export interface Trainable {
  readonly name: string;
  readonly variable: tf.Variable;
}

/** What of a model learns. */
export const trainableWeights = (model: tf.LayersModel): readonly Trainable[] =>
  model.layers.flatMap((layer) =>
    weightsOf(layer)
      .filter(({ variable }) => layer.trainableWeights.includes(variable))
      // A layer's variable wraps the engine's, which gradients are taken by.
      .map(({ name, variable }) => ({ name, variable: variable.read() as unknown as tf.Variable })),
  );

/**
 * Adam, one variable at a time. TensorFlow.js's own holds 14 numbers for each parameter until its step
 * ends, this one seven for those of the variable at hand; and its state can be saved and had back
 * bit by bit, which the other's decayed betas, kept as float32, can't.
 */
export class Adam {
  private readonly moments = new Map<string, Moments>();

  private taken = 0;

  constructor(private readonly learningRate: number) {}

  /** Steps taken so far. */
  get steps(): number {
    return this.taken;
  }

  /** Takes one step down the gradients, which stay the caller's. */
  apply(weights: readonly Trainable[], gradients: Readonly<Record<string, tf.Tensor>>): void {
    this.taken += 1;
    const correction = Math.sqrt(1 - BETA_2 ** this.steps) / (1 - BETA_1 ** this.steps);
    const rate = this.learningRate * correction;
    for (const { name, variable } of weights) {
      const { first, second } = this.momentsOf(name, variable);
      const gradient = gradients[variable.name];
      // A weight that the loss doesn't follow from, as a layer of someone's own may have.
      if (gradient === undefined) continue;
      tf.tidy(() => {
        first.assign(first.mul(BETA_1).add(gradient.mul(1 - BETA_1)));
        second.assign(second.mul(BETA_2).add(gradient.square().mul(1 - BETA_2)));
        variable.assign(variable.sub(first.mul(rate).div(second.sqrt().add(EPSILON))));
      });
    }
  }

  /** What it takes to go on elsewhere: steps, and two moments for each weight. */
  async state(): Promise<{ readonly steps: number; readonly arrays: readonly NamedArray[] }> {
    const arrays: NamedArray[] = [];
    for (const [name, moments] of this.moments) {
      for (const kind of KINDS) {
        const data = Float32Array.from(await moments[kind].data());
        arrays.push({ name: `${name}/${kind}`, shape: moments[kind].shape, data });
      }
    }
    return { steps: this.steps, arrays };
  }

  /** Goes on where {@link state} was taken. */
  restore(
    weights: readonly Trainable[],
    steps: number,
    arrays: ReadonlyMap<string, NamedArray>,
  ): void {
    this.taken = steps;
    for (const { name, variable } of weights) {
      const moments = this.momentsOf(name, variable);
      for (const kind of KINDS) {
        const { data, shape } = present(arrays.get(`${name}/${kind}`), `${kind} moment of ${name}`);
        tf.tidy(() => {
          moments[kind].assign(tf.tensor(data, [...shape]));
        });
      }
    }
  }

  dispose(): void {
    for (const { first, second } of this.moments.values()) tf.dispose([first, second]);
    this.moments.clear();
  }

  private momentsOf(name: string, variable: tf.Variable): Moments {
    const known = this.moments.get(name);
    if (known !== undefined) return known;
    const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
    const moments = { first: zeros(), second: zeros() };
    this.moments.set(name, moments);
    return moments;
  }
}
