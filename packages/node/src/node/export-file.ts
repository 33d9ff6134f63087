import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { storeFailed } from '@isoquorum/platform/store-error';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { openChain } from '../chain/open-chain.ts';
import { exportChain } from '../import/export-chain.ts';
import { openChainStore } from './data-directory.ts';

export interface ExportFileOptions {
  /** chain.rlp, or packed when the name ends in .gz. */
  readonly file: string;
  readonly genesis: unknown;
  readonly dataDir: string;
  readonly first?: number;
  readonly last?: number;
}

/** `EXPORT_RANGE_INVALID`: the blocks asked for are not all there. */
export type ExportErrorCode = 'EXPORT_RANGE_INVALID';

/** @throws EXPORT_RANGE_INVALID, as `geth export` refuses a range that it cannot write whole */
function expectRange(first: number, last: number, head: number): void {
  if (first <= last && last <= head) return;
  const reason = first > last ? 'the first is greater than the last' : `the head is ${head}`;
  const fields = { first, last, head };
  throw new IsoquorumError('EXPORT_RANGE_INVALID', `blocks ${first} to ${last}: ${reason}`, fields, 'STOP');
}

/**
 * `isoquorum export`: what `geth export` writes, from the data directory of a node that is not running.
 * @throws EXPORT_RANGE_INVALID, STORE_*, GENESIS_*
 */
export async function exportFile(options: ExportFileOptions): Promise<{ blocks: number; first: number; last: number }> {
  // An export makes no chain where there is none.
  if (!existsSync(join(options.dataDir, 'chaindata')))
    storeFailed('STORE_OPEN_FAILED', options.dataDir, 'no chain is here');
  const store = await openChainStore(options.dataDir);
  try {
    const { chain } = await openChain({
      genesis: parseGenesis(options.genesis),
      store,
      logger: silentLogger,
      onWriteFailure: () => undefined,
      // A file of blocks has nothing private.
      privateStates: [],
    });
    const first = options.first ?? 0;
    const last = options.last ?? chain.reader.headNumber();
    expectRange(first, last, chain.reader.headNumber());
    const file = createWriteStream(options.file);
    const packer = options.file.endsWith('.gz') ? createGzip() : undefined;
    packer?.pipe(file);
    const target = packer ?? file;
    for (const bytes of exportChain(chain.reader, first, last)) {
      if (!target.write(bytes)) await once(target, 'drain');
    }
    target.end();
    await finished(file);
    return { blocks: last - first + 1, first, last };
  } finally {
    await store.close();
  }
}
