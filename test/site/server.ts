import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A subfolder, as of a project's page on a host that many share: absolute paths lead nowhere. */
const PREFIX = '/a/subfolder/';

export interface StaticServer {
  /** Ends in a slash. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** Serves the files of a folder and nothing else; whatever isn't there is a 404. */
export async function serveFolder(folder: string): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(pathname);
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const file = join(folder, normalize(name.slice(PREFIX.length)));
    const isInside = path.startsWith(PREFIX) && file.startsWith(folder);
    (isInside ? readFile(file) : Promise.reject(new Error(path))).then(
      (bytes) => {
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
        response.end(bytes);
      },
      () => {
        response.writeHead(404).end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${PREFIX}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
