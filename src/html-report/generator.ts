import { name } from '../../package.json';

/** What marks a file as a report of this package. */
export const GENERATOR = name;
