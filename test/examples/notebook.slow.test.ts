import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../examples/notebooks');

interface Cell {
  readonly cell_type: 'code' | 'markdown';
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly output_type: string; readonly text?: readonly string[] }[];
}

const { cells } = JSON.parse(readFileSync(join(FOLDER, 'heads.ipynb'), 'utf8')) as {
  cells: readonly Cell[];
};

/** The cell as it stands in a script of the percent format. */
function inScript({ cell_type, source }: Cell): string {
  const text = source.join('');
  if (cell_type === 'code') return `// %%\n${text}`;
  return `// %% [markdown]\n${text.replaceAll(/^/gm, '// ').replaceAll(/^\/\/ $/gm, '//')}`;
}

describe('the saved notebook', () => {
  it('has the cells of the script, and no other', () => {
    const script = readFileSync(join(FOLDER, 'heads.ts'), 'utf8');
    expect(`${cells.map(inScript).join('\n\n')}\n`).toBe(script);
  });

  it('shows what the script prints, and three pictures', () => {
    const outputs = cells.flatMap((cell) => cell.outputs ?? []);
    const args = ['--import', 'tsx', join(FOLDER, 'heads.ts')];
    expect(outputs.flatMap(({ text = [] }) => text).join('')).toBe(
      execFileSync(process.execPath, args, { encoding: 'utf8' }),
    );
    expect(outputs.filter(({ output_type }) => output_type === 'display_data')).toHaveLength(3);
  });
});
