import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, loadTfjsNode } from 'resnet-heads';
import { cli } from '../setup/cli';
import { miniClassifier } from '../setup/mini-resnet';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-export-'));
  const known = { classes: ['cat', 'dog'], preprocessing: 'caffe' } as const;
  const classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
  await classifier.save(at('classifier'));
  classifier.dispose();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('export to a SavedModel', () => {
  it('hands on what it is told', async () => {
    const args = ['--input', 'pixels', '--out', at('served'), '--model-version', '3'];
    const { code } = await cli('export', at('classifier'), '--to', 'savedmodel', ...args);
    expect(code).toBe(0);
    const native = await loadTfjsNode();
    const [graph] = await native.node.getMetaGraphsFromSavedModel(at('served/3'));
    expect(Object.keys(graph!.signatureDefs['serving_default']!.inputs)).toEqual(['pixels']);
  });
});
