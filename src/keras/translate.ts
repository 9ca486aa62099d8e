import { ArgumentError, show } from '../errors.js';
import { isObject, isShallow, type Json } from '../json.js';
import { printable } from '../printable.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import { numberedIdentities } from '../weights/keras-names.js';
import { operations } from './arithmetic.js';
import { type Fail, failAt, type KerasModel, readModel } from './config.js';
import type { Output } from './calls.js';
import { TfjsGraph } from './graph.js';
import { layers as layerRules } from './layers.js';
import { LayerNames } from './names.js';
import { callKey, inOrder, type OrderedCall } from './order.js';
import { refuseUnknown, requirePlain } from './refusals.js';
import type { KerasSource, Scope, WeightLookup } from './scope.js';

/** NASNetLarge, the longest of Keras Applications, calls its layers 1,041 times. */
const MAX_CALLS = 10_000;

/** A Keras 3 model in TensorFlow.js's format. */
export interface Translation {
  /** For `tf.models.modelFromJSON`. */
  readonly topology: Json;
  /** The Keras layer whose weights a layer gets, by the layer's name. */
  readonly sources: ReadonlyMap<string, KerasSource>;
  /** Weights of layers that the translation added, by the layer's name. */
  readonly constants: ReadonlyMap<string, readonly NamedArray[]>;
}

/** A model, and its place in the models around it. */
interface Place {
  readonly model: KerasModel;
  /** Path of its layers in an archive. */
  readonly path: string;
  /** Whether the model and all models around it are trainable. */
  readonly trainable: boolean;
}

class Translator {
  readonly #graph = new TfjsGraph();
  readonly #sources = new Map<string, KerasSource>();
  readonly #constants = new Map<string, readonly NamedArray[]>();
  readonly #names: LayerNames;
  #callsLeft = MAX_CALLS;

  constructor(
    private readonly root: KerasModel,
    private readonly subject: string,
    private readonly lookup: WeightLookup,
    private readonly fail: Fail,
  ) {
    this.#names = new LayerNames(root.layers);
  }

  translate(): Translation {
    const { root: model } = this;
    const inputs = model.inputs.map(({ layer }) => this.#input(layer));
    const given = this.#run({ model, path: '', trainable: true }, inputs);
    const outputs = given.map((output) => {
      // TensorFlow.js requires a layer between an input and an output.
      if (inputs.every(({ layer }) => layer !== output.layer)) return output;
      const name = this.#names.free('identity');
      return this.#graph.call(name, 'Activation', { activation: 'linear' }, [output]);
    });
    const topology = this.#graph.topology(model.name, inputs, outputs, this.fail);
    return { topology, sources: this.#sources, constants: this.#constants };
  }

  #input(name: string): Output {
    const layer = this.root.layers.find((each) => each.name === name);
    const { batch_shape: shape, sparse, ragged } = layer?.config ?? {};
    const isSize = (size: unknown) =>
      size === null || (Number.isSafeInteger(size) && Number(size) > 0);
    if (layer?.className !== 'InputLayer' || !Array.isArray(shape) || !shape.every(isSize)) {
      return this.fail(
        `${show(name)} to be an input with a batch_shape`,
        show(shape ?? layer?.className),
        'give the model an Input(shape) and save it again',
      );
    }
    if (sparse === true || ragged === true) {
      this.fail('dense inputs', `${show(name)}, sparse or ragged`);
    }
    return this.#graph.input(name, shape);
  }

  /** Writes a model's calls. Nested models are flattened, because folding and exports don't support nesting. */
  #run(place: Place, inputs: readonly Output[]): Output[] {
    const { model, path } = place;
    if (inputs.length !== model.inputs.length) {
      this.fail(`${model.inputs.length} inputs of model ${show(model.name)}`, `${inputs.length}`);
    }
    const results = new Map<string, readonly Output[]>();
    for (const [i, { layer, call }] of model.inputs.entries()) {
      results.set(callKey(layer, call), inputs.slice(i, i + 1));
    }
    const resolve = ({ layer, call, output, shape }: KerasModel['outputs'][number]): Output => {
      const found = results.get(callKey(layer, call))?.[output];
      if (found === undefined) {
        const got = `output ${output} of call ${call} of ${show(layer)}`;
        return this.fail("outputs of the model's layers", got);
      }
      // A single channel keeps the shape of its image.
      return found.channel === undefined ? { ...found, shape: shape ?? found.shape } : found;
    };
    // Keras's numbering counts layers, not operations.
    const numbered = numberedIdentities(model.layers.filter((layer) => !layer.isOperation));
    const paths = new Map([...numbered].map(([key, { name }]) => [name, `${path}${key}`]));
    for (const ordered of inOrder(model, this.fail)) {
      const { layer, index, call } = ordered;
      const taken = call.tensors.map(resolve);
      const given = this.#call(place, ordered, taken, paths.get(layer.name) ?? '');
      results.set(callKey(layer.name, index), given);
    }
    return this.#whole(model.outputs.map(resolve));
  }

  #call(place: Place, ordered: OrderedCall, taken: readonly Output[], path: string): Output[] {
    this.#callsLeft -= 1;
    if (this.#callsLeft < 0) this.fail(`at most ${MAX_CALLS} calls of layers`, 'more');
    const { layer, call } = ordered;
    const { className, isOperation, name, model } = layer;
    const fail = failAt(`${this.subject}: layer ${show(name)} (${printable(className)})`);
    if (!isOperation) requirePlain(layer, call.kwargs, fail);
    const inputs = isOperation && className === 'Stack' ? taken : this.#whole(taken);
    if (model !== undefined) {
      const trainable = place.trainable && layer.trainable;
      return this.#run({ model, path: `${path}/layers/`, trainable }, inputs);
    }
    const rules = isOperation ? operations : layerRules;
    const rule = Object.hasOwn(rules, className) ? rules[className] : undefined;
    if (rule === undefined) return refuseUnknown(layer, fail);
    return [rule(this.#scope(place, ordered, inputs, path, fail))];
  }

  #scope(
    place: Place,
    { layer, index, call }: OrderedCall,
    taken: readonly Output[],
    path: string,
    fail: Fail,
  ): Scope {
    const { name, isOperation } = layer;
    const source = { path, name };
    const key = LayerNames.key(place.path, name);
    const trainable = place.trainable && layer.trainable;
    return {
      layer,
      call,
      inputs: taken,
      fail,
      weight: (number, variable) => this.lookup(source, number, variable),
      emit: (type, config, { inputs = taken, suffix = '', shape, constants } = {}) => {
        const own = this.#names.nameOf(key, name, `${place.model.name}_${name}`);
        // Each call of an operation may have other numbers, so it becomes a separate layer.
        const part = isOperation && index > 0 ? `${suffix}_${index}` : suffix;
        const target = part === '' ? own : this.#names.nameOf(`${key}\0${part}`, `${own}${part}`);
        if (constants !== undefined) this.#constants.set(target, constants);
        else if (part === '') this.#sources.set(target, source);
        return this.#graph.call(target, type, { trainable, ...config }, inputs, shape);
      },
    };
  }

  /** Checks that none is a single channel, which only `Stack` accepts. */
  #whole(outputs: readonly Output[]): Output[] {
    if (outputs.some(({ channel }) => channel !== undefined)) {
      this.fail(
        'whole tensors',
        'x[..., channel] without a Stack',
        'reorder the channels in the preprocessing',
      );
    }
    return [...outputs];
  }
}

/**
 * Translates the configuration of a functional or Sequential Keras 3 model to TensorFlow.js's format. Nested models are
 * flattened. Layers that act in training only, such as augmentation, are left out.
 *
 * @param config `config.json` of a `.keras` archive, or the result of `to_json()`
 * @param subject name of the model in error messages
 * @param lookup finds weights in the file: those of a Normalization become part of the topology
 * @throws ArgumentError if TensorFlow.js can't compute the same
 */
export function translateTopology(
  config: unknown,
  subject: string,
  lookup: WeightLookup = () => undefined,
): Translation {
  if (!isObject(config) || !isShallow(config)) {
    const got = isObject(config) ? 'lists or objects nested too deeply' : 'something else';
    throw new ArgumentError(
      `${subject}: expected the configuration of a Keras 3 model, got ${got}; save the model again with Keras 3`,
    );
  }
  const fail = failAt(subject);
  return new Translator(readModel(config, fail), subject, lookup, fail).translate();
}
