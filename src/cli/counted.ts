import { integer } from '../numbers.js';

/** A number of things: `1 picture`, `2 pictures`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${integer(count)} ${count === 1 ? one : several}`;
