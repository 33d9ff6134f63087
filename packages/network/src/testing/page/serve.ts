import { createServer } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', map: 'application/json' };

/** Builds the test page as a product's page is built, and serves it on the loopback. */
export async function serveTestPage(): Promise<{
  readonly url: string;
  readonly bytes: number;
  close(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'isoquorum-page-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: { outDir: directory, emptyOutDir: true, target: 'es2023', modulePreload: false },
  });
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = request.url === '/' || request.url === undefined ? '/index.html' : request.url.split(/[?#]/)[0]!;
    readFile(join(directory, path)).then(
      (content) => {
        bytes += content.length;
        response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
        response.end(content);
      },
      () => {
        response.statusCode = 404;
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get bytes() {
      return bytes;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
