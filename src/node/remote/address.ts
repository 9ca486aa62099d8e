import { posix } from 'node:path';

/** Web addresses and those of object storage, which stand where paths do. */
const ADDRESS = /^(https?|s3):\/\//i;
const BUCKET = /^s3:\/\//i;
const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;

export const isAddress = (place: string): boolean => ADDRESS.test(place);

export const isBucketAddress = (place: string): boolean => BUCKET.test(place);

/** Whether a place has a scheme that isn't read, such as `gs://`. */
export const isForeign = (place: string): boolean => SCHEME.test(place) && !ADDRESS.test(place);

/** Host and path of an address, or bucket and key: without the scheme and what follows a `?`. */
export function wayOf(address: string): string {
  const way = address.replace(SCHEME, '');
  return isBucketAddress(address) ? way : way.replace(/[?#].*$/, '');
}

/** Where an object is. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** The parts of `s3://bucket/key`. Keys are taken literally: `%20` isn't a space. */
export function objectPlace(address: string): ObjectPlace {
  const [bucket = '', ...rest] = wayOf(address).split('/');
  return { bucket, key: rest.join('/') };
}

/** What a line of a list at an address names: paths are relative to the list. */
export function addressIn(list: string, path: string): string {
  if (isAddress(path)) return path;
  if (!isBucketAddress(list)) return new URL(path, list).href;
  const { bucket, key } = objectPlace(list);
  const place = posix.resolve('/', posix.dirname(key), path);
  return `s3://${bucket}${place}`;
}
