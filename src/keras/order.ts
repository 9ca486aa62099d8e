import { show } from '../errors.js';
import type { Fail, KerasCall, KerasLayer, KerasModel } from './config.js';

/** A call of a layer in a model, and its number. */
export interface OrderedCall {
  readonly layer: KerasLayer;
  readonly index: number;
  readonly call: KerasCall;
}

export const callKey = (layer: string, call: number): string => `${call}#${layer}`;

/** Sorts a model's calls so that each follows those that produce its inputs. Keras lists them by layer instead. */
export function inOrder({ layers, inputs }: KerasModel, fail: Fail): OrderedCall[] {
  const waiting = new Map<string, OrderedCall[]>();
  const missing = new Map<OrderedCall, number>();
  const ready: OrderedCall[] = [];
  for (const layer of layers) {
    for (const [index, call] of layer.calls.entries()) {
      const ordered = { layer, index, call };
      const keys = new Set(call.tensors.map((tensor) => callKey(tensor.layer, tensor.call)));
      missing.set(ordered, keys.size);
      if (keys.size === 0) fail(`layer ${show(layer.name)} to have an input`, 'none');
      for (const key of keys) {
        const waiters = waiting.get(key);
        if (waiters === undefined) waiting.set(key, [ordered]);
        else waiters.push(ordered);
      }
    }
  }
  const given = (key: string) => {
    for (const ordered of waiting.get(key) ?? []) {
      const left = (missing.get(ordered) ?? 0) - 1;
      missing.set(ordered, left);
      if (left === 0) ready.push(ordered);
    }
    waiting.delete(key);
  };
  for (const { layer, call } of inputs) given(callKey(layer, call));
  // `ready` grows during the loop.
  for (const { layer, index } of ready) given(callKey(layer.name, index));
  if (ready.length < missing.size) {
    const stuck = [...missing.keys()].find((ordered) => missing.get(ordered) !== 0);
    fail(
      'layers whose inputs are outputs of others',
      `layer ${show(stuck?.layer.name)}, which is in a cycle or has an unknown input`,
    );
  }
  return ready;
}
