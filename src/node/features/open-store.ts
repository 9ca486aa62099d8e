import { reject } from '../../errors.js';
import { requireOutside } from '../pictures.js';
import { isAddress, isBucketAddress } from '../remote/address.js';
import { localStore } from './local-store.js';
import { requireFeatureNames } from './manifest.js';
import type { Store } from './store.js';
import { requireFeatureFolder } from './write.js';

/**
 * Opens the place of features that a user names: a folder, or a prefix in object storage.
 *
 * @throws ArgumentError if it is a web address
 */
export async function openStore(subject: string, place: string): Promise<Store> {
  if (isBucketAddress(place)) {
    const { s3Store } = await import('./s3-store.js');
    return s3Store(place);
  }
  if (isAddress(place)) {
    const remedy = 'the web can be read, but not written: write to a folder, or to object storage';
    reject(subject, 'a folder or an s3:// address', place, remedy);
  }
  return localStore(place);
}

/**
 * Opens a place that features are to be written to.
 *
 * @param pictures what they are of, which must be elsewhere
 * @throws ArgumentError if other files are there, or nothing can be written
 */
export async function openOutput(out: string, pictures: string): Promise<Store> {
  if (!isAddress(out)) {
    const folder = await requireFeatureFolder(out);
    if (!isAddress(pictures)) await requireOutside('out', folder, pictures);
    return localStore(folder);
  }
  const store = await openStore('out', out);
  if (`${store.name}/`.startsWith(`${pictures.replace(/\/*$/, '')}/`)) {
    reject('out', 'a place outside the pictures', out, 'it would be taken for a class');
  }
  requireFeatureNames(await store.names());
  return store;
}
