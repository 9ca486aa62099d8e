import { Option } from 'commander';
import { ArgumentError, reject } from '../errors.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import type { OpenedFeatures } from '../pictures/opened-features.js';
import { type BackboneFlags, isModelName } from './backbone-flags.js';

interface WithFeatures {
  readonly features?: string;
}

/** `--features`, in place of pictures. */
export const featuresOption = (what: string, excluded: string[]): Option =>
  new Option('--features <dir>', what).conflicts(excluded);

/** The place of the pictures, or of their features: exactly one of both is needed. */
export function placeOf(pictures: string | undefined, { features }: WithFeatures): string {
  const place = pictures ?? features;
  if (place === undefined || (pictures !== undefined && features !== undefined)) {
    throw new ArgumentError(
      `pictures: expected either pictures or --features, got ${place === undefined ? 'none' : 'both'}; pass one of them`,
    );
  }
  return place;
}

/** The pictures, or their features. */
export async function picturesOr(
  place: string,
  { features }: WithFeatures,
): Promise<string | FeatureFiles> {
  if (features === undefined) return place;
  const { openFeatures } = await import('../pictures/feature-files.js');
  return openFeatures(features);
}

/**
 * The options of a backbone, of which the features name the default.
 *
 * @param isGiven whether --backbone was given
 * @throws ArgumentError if another published backbone is given, or none for features of a file
 */
export function backboneOfFeatures<Flags extends BackboneFlags>(
  features: FeatureFiles,
  flags: Flags,
  isGiven: boolean,
): Flags {
  const { name = '', inputSize } = (features as OpenedFeatures).backbone;
  const isKnown = isModelName(name);
  if (!isGiven && !isKnown) {
    reject('--backbone', `the one that computed the features, ${name}`, 'none', 'pass its path');
  }
  if (!isGiven) return { ...flags, backbone: name, input: flags.input ?? [...inputSize, 3] };
  if (isKnown && isModelName(flags.backbone) && flags.backbone !== name) {
    const expected = `${name}, which computed the features`;
    reject('--backbone', expected, flags.backbone, 'leave --backbone out');
  }
  return flags;
}
