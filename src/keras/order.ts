import { show } from '../errors.js';
import type { Fail, KerasCall, KerasLayer, KerasModel } from './config.js';

/** A call of a layer in a model, by its number. */
export interface OrderedCall {
  readonly layer: KerasLayer;
  readonly index: number;
  readonly call: KerasCall;
}

export const callKey = (layer: string, call: number): string => `${call}#${layer}`;

/**
 * A model's calls, each after those whose results it takes: Keras lists a layer once, with all its calls, which may lie far
 * apart.
 */
export function inOrder({ layers, inputs }: KerasModel, fail: Fail): OrderedCall[] {
  const waiting = new Map<string, OrderedCall[]>();
  const missing = new Map<OrderedCall, number>();
  const ready: OrderedCall[] = [];
  for (const layer of layers) {
    for (const [index, call] of layer.calls.entries()) {
      const ordered = { layer, index, call };
      const keys = new Set(call.tensors.map((tensor) => callKey(tensor.layer, tensor.call)));
      missing.set(ordered, keys.size);
      if (keys.size === 0) fail(`layer ${show(layer.name)} to take a tensor`, 'none');
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
  // Grows while it is gone through.
  for (const { layer, index } of ready) given(callKey(layer.name, index));
  if (ready.length < missing.size) {
    const stuck = [...missing.keys()].find((ordered) => missing.get(ordered) !== 0);
    fail(
      'layers that take what others give',
      `layer ${show(stuck?.layer.name)} in a cycle, or one that takes what none gives`,
    );
  }
  return ready;
}
