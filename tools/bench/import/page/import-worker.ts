import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';
import { importChain } from '@isoquorum/node/import/import-chain';
import { noPayloads } from '@isoquorum/node/private/payload-resolver';
import { createClock } from '@isoquorum/platform/browser/clock';
import { installFastestCrypto } from '@isoquorum/platform/browser/crypto';
import { openPackedStore } from '@isoquorum/platform/browser/packed-store';
import { createRecoveryPool } from '@isoquorum/platform/browser/recovery-pool';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';

export interface PageImportOptions {
  readonly chainUrl: string;
  readonly genesisUrl: string;
  /** Workers that recover senders beside the importing one. */
  readonly threads: number;
  readonly evm: 'fast' | 'reference';
  readonly storeName: string;
}

export interface PageImportResult {
  readonly transactionsPerSecond: number;
  readonly megagasPerSecond: number;
  readonly head: number;
  readonly headHash: string;
}

async function* unpacked(url: string): AsyncGenerator<Uint8Array, void, undefined> {
  const { body } = await fetch(url);
  if (body === null) throw new Error(`${url} has no body`);
  const reader = body.pipeThrough(new DecompressionStream('gzip')).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
}

async function run(options: PageImportOptions): Promise<PageImportResult> {
  const recovery = createRecoveryPool({ threads: options.threads });
  recovery.warmUp();
  await installFastestCrypto();
  const genesis = parseGenesis(await (await fetch(options.genesisUrl)).text());
  const store = await openPackedStore(options.storeName);
  const { transactionsPerSecond, megagasPerSecond, head } = await importChain({
    genesis,
    source: unpacked(options.chainUrl),
    payloads: noPayloads,
    store,
    rules: 'strict',
    evm: options.evm === 'reference' ? createReferenceEvm() : createFastEvm(),
    recovery,
    clock: createClock(),
    logger: silentLogger,
  });
  await recovery.close();
  await store.close();
  return { transactionsPerSecond, megagasPerSecond, head: head.number, headHash: head.hash };
}

addEventListener('message', (event: MessageEvent<PageImportOptions>) => {
  run(event.data).then(
    (result) => postMessage(result),
    (error: unknown) => postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
