import { Option } from 'commander';
import { ArgumentError } from '../errors.js';
import type { FeatureFiles } from '../pictures/feature-files.js';

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
