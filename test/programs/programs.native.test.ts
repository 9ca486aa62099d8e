import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Surroundings } from './run';

// On wasm, a ResNet-50's fine-tuning takes minutes, and the dense heads of 224 × 224 pictures exceed its memory.
describe('in Node, with tfjs-node', () => {
  let surroundings: Surroundings;
  beforeAll(async () => {
    surroundings = await Surroundings.make();
  });
  afterAll(() => surroundings.remove());

  it('2: from a folder to a classifier, fine-tuned, evaluated, kept', async () => {
    expect(Number(await surroundings.run('train'))).toBeGreaterThanOrEqual(0);
    const metadata: unknown = JSON.parse(
      readFileSync(join(surroundings.folder, 'my-classifier/metadata.json'), 'utf8'),
    );
    expect(metadata).toMatchObject({
      classes: ['dark', 'light'],
      preprocessing: 'caffe',
      inputSize: [224, 224],
    });
    expect(existsSync(join(surroundings.folder, 'my-classifier/model.json'))).toBe(true);
  });

  it('4: which head?', async () => {
    const printed = await surroundings.run('compare');
    expect(printed).toMatch(/pooled *\| *flattened *\| *dense *\| *mine/);
    expect(printed).toMatch(/^ *Recommended: the \w+ head\. /m);
  });
});
