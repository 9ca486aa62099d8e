import type { Call, Outcome, Rule } from './facts.js';

/** The outputs are those of all steps, and the last states: of an LSTM, two. */
const recurrent: Rule = (call: Call): Outcome[] => {
  const [first = 0, second = 0, channels] = call.shape(0);
  const [directions = 0, , inputs] = call.shape(1);
  const [, , hidden = 0] = call.shape(2);
  if (call.shape(0).length !== 3 || channels !== inputs) {
    call.misfit('an input [steps, batch, channels] and weights that fit');
  }
  // [batch, steps, channels] if the attribute is 1.
  const isBatchFirst = call.number('layout', 0) === 1;
  const batch = isBatchFirst ? first : second;
  const state = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  const all = isBatchFirst
    ? [batch, second, directions, hidden]
    : [first, directions, batch, hidden];
  return [{ shape: all }, { shape: state }, { shape: state }];
};

/** Recurrent layers. Weights are [directions, gates × hidden, inputs], and of the state [directions, gates × hidden, hidden]. */
export const recurrentRules = (): Readonly<Record<string, Rule>> => ({
  GRU: recurrent,
  LSTM: recurrent,
  RNN: recurrent,
});
