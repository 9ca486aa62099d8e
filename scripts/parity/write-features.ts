/**
 * Writes features of drawn pictures as Parquet files, and what is in them, for scripts/parity/check_features.py.
 *
 *     tsx scripts/parity/write-features.ts DIR
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  extractFeatures,
  loadBackbone,
  openFeatures,
  pooledHead,
  useFastestBackend,
} from 'resnet-heads';

const COUNT = 40;
const LABELS = ['cat', 'dog', 'Ziesel, Erdmännchen'];

const folder = process.argv[2] ?? '.';
const pictures: { picture: string; label: string }[] = [];
for (let i = 0; i < COUNT; i++) {
  const label = LABELS[i % LABELS.length] ?? '';
  const picture = join(folder, 'pictures', label, `${i} "é".png`);
  mkdirSync(join(picture, '..'), { recursive: true });
  const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 151) % 256 };
  await sharp({ create: { width: 24, height: 32, channels: 3, background } }).toFile(picture);
  pictures.push({ picture, label });
}
await useFastestBackend();
const backbone = await loadBackbone('resnet-mini', { inputSize: [32, 32] });
const head = pooledHead({ numClasses: LABELS.length });
const cases: object[] = [];
for (const { name, dtype, options } of [
  { name: 'float32', dtype: 'float32', options: { head } },
  { name: 'float16', dtype: 'float16', options: { head } },
  { name: 'maps', dtype: 'float16', options: {} },
  { name: 'views', dtype: 'float32', options: { head, views: ['mirror'] } },
] as const) {
  const out = join(folder, name);
  await extractFeatures(backbone, pictures, { ...options, dtype, out });
  // From memory: what the files hold is compared with it, not with itself.
  const { values, files = [], views = 1 } = await extractFeatures(backbone, pictures, options);
  const rows = await values.array();
  const { labels, classes } = await openFeatures(out);
  cases.push({
    ...{ name, dtype, size: values.size / labels.length },
    rows: files.flatMap(({ path, label }, i) =>
      Array.from({ length: views }, (_, view) => ({
        ...{ path, label: classes[label] },
        sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
        features: [rows].flat()[i * views + view],
      })),
    ),
  });
  values.dispose();
}
writeFileSync(join(folder, 'features.json'), JSON.stringify(cases));
