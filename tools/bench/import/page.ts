import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { Bench } from '../measurement.ts';
import type { PageImportResult } from './page/import-worker.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? new URL('../../../../shared', import.meta.url).pathname;
const folder = join(shared, 'vectors/bench/erc20-import');

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };
/** Files of the recorded chain that the page fetches. */
const recorded = ['/chain.rlp.gz', '/genesis.json'];

/** Builds the page and serves it beside the recorded chain, on the loopback. */
async function serve(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'isoquorum-page-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'page'),
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    worker: { format: 'es' },
    build: { outDir: directory, emptyOutDir: true, target: 'es2024', modulePreload: false },
  });
  const server = createServer((request, response) => {
    const path = request.url === '/' || request.url === undefined ? '/index.html' : request.url;
    readFile(join(recorded.includes(path) ? folder : directory, path)).then(
      (content) => {
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
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** `import.page`: the recorded ERC-20 chain in a page's Worker, into IndexedDB, whole node rules, in a headless browser. */
export const benchPageImport: Bench = async function* () {
  const { chromium } = await import('playwright');
  const executablePath =
    process.env['CHROMIUM_PATH'] ?? (await (await import('@sparticuz/chromium')).default.executablePath());
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
    readonly final: { readonly hash: string };
  };
  const served = await serve();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    for (const { evm, threads } of [
      { evm: 'fast', threads: 1 },
      { evm: 'fast', threads: 0 },
      { evm: 'reference', threads: 1 },
    ] as const) {
      const page = await browser.newPage();
      await page.goto(served.url);
      const options = {
        chainUrl: `${served.url}/chain.rlp.gz`,
        genesisUrl: `${served.url}/genesis.json`,
        storeName: `chain ${evm} ${threads}`,
        evm,
        threads,
      };
      const result: PageImportResult = await page.evaluate((given) => globalThis.importInWorker(given), options);
      if (result.headHash !== expected.final.hash) throw new Error(`the page came to ${result.headHash}`);
      yield {
        name: 'import.page',
        value: result.transactionsPerSecond,
        unit: 'tx/s',
        engine: evm,
        recoveryWorkers: threads,
        megagasPerSecond: Math.round(result.megagasPerSecond),
      };
      await page.close();
    }
  } finally {
    await browser.close();
    await served.close();
  }
};
