import type { Settings } from '../choice.js';

/** The project: all but the pictures, which are stored one by one. */
export interface ProjectRecord {
  readonly version: 1;
  readonly settings: Settings;
  readonly classes: readonly {
    readonly name: string;
    /** Keys of the store of pictures. */
    readonly pictures: readonly number[];
  }[];
}

export interface PictureRecord {
  readonly name: string;
  /** A PNG file. */
  readonly png: Uint8Array<ArrayBuffer>;
}

export interface ClassifierRecord {
  /** By name. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The classes in training as JSON, if it was trained here. */
  readonly lesson?: string;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isClass = (value: unknown): boolean =>
  isFields(value) &&
  typeof value['name'] === 'string' &&
  Array.isArray(value['pictures']) &&
  value['pictures'].every((key) => Number.isSafeInteger(key));

/** Whether a record is a project that this page can restore. */
export const isProject = (value: unknown): value is ProjectRecord =>
  isFields(value) &&
  value['version'] === 1 &&
  isFields(value['settings']) &&
  Object.values(value['settings']).every((each) => typeof each === 'string') &&
  Array.isArray(value['classes']) &&
  value['classes'].every(isClass);

export const isPicture = (value: unknown): value is PictureRecord =>
  isFields(value) && typeof value['name'] === 'string' && value['png'] instanceof Uint8Array;

export const isClassifier = (value: unknown): value is ClassifierRecord =>
  isFields(value) &&
  isFields(value['files']) &&
  Object.values(value['files']).every((each) => each instanceof Uint8Array) &&
  ['string', 'undefined'].includes(typeof value['lesson']);
