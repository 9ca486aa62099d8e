import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

describe('loadTfjsNode', () => {
  it('says what to install where it is missing', () => {
    const script = `
      import { loadTfjsNode } from ${JSON.stringify(join(__dirname, '../../src/node/tfjs-node.ts'))};
      await loadTfjsNode('@tensorflow/tfjs-nod').catch((e) => console.log(e.message));
    `;
    const flags = ['--import', 'tsx', '--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe(
      '@tensorflow/tfjs-nod: expected it to be installed, got none; run npm install @tensorflow/tfjs-nod\n',
    );
  });
});
