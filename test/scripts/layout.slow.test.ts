import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

describe('the drawing of how the code is laid out', () => {
  it('shows the imports that are there, which form no circle', () => {
    const tsx = join(root, 'node_modules/.bin/tsx');
    const { status, stderr } = spawnSync(tsx, ['scripts/docs/layout.ts', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
