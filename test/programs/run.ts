import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { resnet, saveWeights } from 'resnet-heads';
import sharp from 'sharp';
import { drawPictures } from '../setup/picture-folder';

/** The programs that the package is made for, as their users type them: see docs/getting-started.md. */
export const IN_NODE = ['classify', 'train', 'compare', 'build'] as const;

export const ROOT = join(__dirname, '../..');
export const fileOf = (name: string): string => join(__dirname, `${name}.ts`);

/** A user's folder of pictures, and a host of weights on this machine. */
export class Surroundings {
  private constructor(
    readonly folder: string,
    private readonly host: Server,
  ) {}

  static async make(): Promise<Surroundings> {
    const folder = mkdtempSync(join(tmpdir(), 'programs-'));
    await drawPictures(join(folder, 'photos/train'), 6);
    await drawPictures(join(folder, 'photos/val'), 3);
    await sharp({ create: { width: 60, height: 50, channels: 3, background: '#864' } })
      .jpeg()
      .toFile(join(folder, 'cat.jpg'));
    mkdirSync(join(folder, 'cache'));
    const model = resnet({ includeTop: true, seed: 1 });
    const weights = await saveWeights(model);
    model.dispose();
    const host = createServer((_, response) => {
      response.writeHead(200, { 'content-length': weights.length }).end(weights);
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    return new Surroundings(folder, host);
  }

  /** What a program prints in a process of its own. */
  async run(name: (typeof IN_NODE)[number]): Promise<string> {
    const { port } = this.host.address() as AddressInfo;
    const preload = [require.resolve('tsx'), fileOf('setting')].map((path) => pathToFileURL(path));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...preload.flatMap(({ href }) => ['--import', href]), fileOf(name)],
      {
        cwd: this.folder,
        env: {
          ...process.env,
          TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json'),
          RESNET_HEADS_MIRROR: `http://127.0.0.1:${port}`,
          XDG_CACHE_HOME: join(this.folder, 'cache'),
        },
      },
    );
    return stdout;
  }

  async remove(): Promise<void> {
    await new Promise((resolve) => this.host.close(resolve));
    rmSync(this.folder, { recursive: true });
  }
}
