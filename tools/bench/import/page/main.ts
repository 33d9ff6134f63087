import type { PageImportOptions, PageImportResult } from './import-worker.ts';

declare global {
  /** Called by the bench that opened the page. */
  var importInWorker: (options: PageImportOptions) => Promise<PageImportResult>;
}

/** Imports in a dedicated Worker, as a page's core runs. */
globalThis.importInWorker = (options) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./import-worker.ts', import.meta.url), { type: 'module', name: 'import' });
    worker.addEventListener('message', (event: MessageEvent<PageImportResult | { readonly error: string }>) => {
      worker.terminate();
      if ('error' in event.data) reject(new Error(event.data.error));
      else resolve(event.data);
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.postMessage(options);
  });
