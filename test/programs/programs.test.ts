import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { resnet, saveWeights } from 'resnet-heads';
import sharp from 'sharp';
import ts from 'typescript';
import { drawPictures } from '../setup/picture-folder';

/** The programs that the package is made for, as their users type them: see docs/getting-started.md. */
const IN_NODE = ['classify', 'train', 'compare', 'build'] as const;
const ALL = [...IN_NODE, 'page'];

const ROOT = join(__dirname, '../..');
const fileOf = (name: string): string => join(__dirname, `${name}.ts`);

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
  let folder: string;
  let host: Server;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'));
    await drawPictures(join(folder, 'photos/train'), 6);
    await drawPictures(join(folder, 'photos/val'), 3);
    await sharp({ create: { width: 60, height: 50, channels: 3, background: '#864' } })
      .jpeg()
      .toFile(join(folder, 'cat.jpg'));
    mkdirSync(join(folder, 'cache'));
    const model = resnet({ includeTop: true, seed: 1 });
    const weights = await saveWeights(model);
    model.dispose();
    host = createServer((_, response) => {
      response.writeHead(200, { 'content-length': weights.length }).end(weights);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => host.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const run = async (name: (typeof IN_NODE)[number]): Promise<string> => {
    const { port } = host.address() as AddressInfo;
    const preload = [require.resolve('tsx'), fileOf('setting')].map((path) => pathToFileURL(path));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...preload.flatMap(({ href }) => ['--import', href]), fileOf(name)],
      {
        cwd: folder,
        env: {
          ...process.env,
          TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json'),
          RESNET_HEADS_MIRROR: `http://127.0.0.1:${port}`,
          XDG_CACHE_HOME: join(folder, 'cache'),
        },
      },
    );
    return stdout;
  };

  it('1: what is in this picture?', async () => {
    const printed = await run('classify');
    expect(printed.match(/className: /g)).toHaveLength(5);
  });

  it('2: from a folder to a classifier, fine-tuned, evaluated, kept', async () => {
    expect(Number(await run('train'))).toBeGreaterThanOrEqual(0);
    const metadata: unknown = JSON.parse(
      readFileSync(join(folder, 'my-classifier/metadata.json'), 'utf8'),
    );
    expect(metadata).toMatchObject({
      classes: ['dark', 'light'],
      preprocessing: 'caffe',
      inputSize: [224, 224],
    });
    expect(existsSync(join(folder, 'my-classifier/model.json'))).toBe(true);
  });

  it('4: which head?', async () => {
    const printed = await run('compare');
    expect(printed).toMatch(/pooled *\| *flattened *\| *dense *\| *mine/);
    expect(printed).toMatch(/on unseen pictures/);
  });

  it('5: the builders, as ever', async () => {
    expect(await run('build')).toBe('23608202\n');
  });
});
