/** What the programs find around them: a backend, and hashes of the weights that this test serves. */
import { pretrainedWeights, type PretrainedWeights, useFastestBackend } from 'resnet-heads';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

await useFastestBackend();
for (const { withTop, withoutTop } of pretrainedWeights() as Writable<PretrainedWeights>[]) {
  for (const file of [withTop, withoutTop])
    delete (file as { integrity?: unknown } | undefined)?.integrity;
}
