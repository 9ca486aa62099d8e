import { join } from 'node:path';
import ts from 'typescript';
import { fileOf, IN_NODE, ROOT, Surroundings } from './run';

const ALL = [...IN_NODE, 'page'];

describe.each([
  ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
  ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
])('under strict and %s', (_, module, moduleResolution) => {
  it('the programs compile', () => {
    const program = ts.createProgram(ALL.map(fileOf), {
      ...{ strict: true, noEmit: true, skipLibCheck: true, module, moduleResolution },
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: ['node'],
      resolveJsonModule: true,
      paths: { 'resnet-heads': [join(ROOT, 'src/index.ts')] },
    });
    const found = ALL.flatMap((name) => {
      const file = program.getSourceFile(fileOf(name));
      return ts.getPreEmitDiagnostics(program, file);
    });
    expect(
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    ).toEqual([]);
  });
});

describe('in Node', () => {
  let surroundings: Surroundings;
  beforeAll(async () => {
    surroundings = await Surroundings.make();
  });
  afterAll(() => surroundings.remove());

  it('1: what is in this picture?', async () => {
    const printed = await surroundings.run('classify');
    expect(printed.match(/className: /g)).toHaveLength(5);
  });

  it('5: the builders, as ever', async () => {
    expect(await surroundings.run('build')).toBe('23608202\n');
  });
});
