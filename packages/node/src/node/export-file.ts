import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { silentLogger } from '@isoquorum/platform/memory/logger';
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

/** `isoquorum export`: what `geth export` writes, from the data directory of a node that is not running. @throws STORE_*, GENESIS_* */
export async function exportFile(options: ExportFileOptions): Promise<{ blocks: number; first: number; last: number }> {
  const store = await openChainStore(options.dataDir);
  try {
    const { chain } = await openChain({
      genesis: parseGenesis(options.genesis),
      store,
      logger: silentLogger,
      onWriteFailure: () => undefined,
    });
    const first = options.first ?? 0;
    const last = Math.min(options.last ?? chain.reader.headNumber(), chain.reader.headNumber());
    const file = createWriteStream(options.file);
    const packer = options.file.endsWith('.gz') ? createGzip() : undefined;
    packer?.pipe(file);
    const target = packer ?? file;
    for (const bytes of exportChain(chain.reader, first, last)) {
      if (!target.write(bytes)) await once(target, 'drain');
    }
    target.end();
    await finished(file);
    return { blocks: Math.max(0, last - first + 1), first, last };
  } finally {
    await store.close();
  }
}
