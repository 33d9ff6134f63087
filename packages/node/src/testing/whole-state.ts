import { dumpState } from '@isoquorum/execution/state/dump';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { type OpenedChain, openChain } from '../chain/open-chain.ts';

/**
 * Opens a chain as after a crash and reads all of its head's state twice: from the tries and through the flat snapshot, which
 * must be there, or must have been made when `isMade`.
 * @returns the opened chain, with nothing running
 * @throws when anything differs or is missing
 */
export async function openWhole(
  store: Store,
  genesis: Genesis,
  options: { readonly isMade?: boolean; readonly logger?: Logger } = {},
): Promise<OpenedChain> {
  const failures: unknown[] = [];
  const opened = await openChain({
    genesis,
    store,
    logger: options.logger ?? silentLogger,
    onWriteFailure: (error) => void failures.push(error),
  });
  const { database } = opened;
  if (options.isMade === true) {
    opened.startUpkeep();
    await opened.snapshotMade();
    await opened.stopUpkeep();
  }
  const root = opened.chain.tip().block.header.stateRoot;
  if (database.flat?.layerOf(root) === undefined || database.flat.status.marker !== undefined)
    throw new Error('the flat snapshot is not of the head');
  const reader = createTrieReader(database, root);
  for (const dumped of dumpState(database, root)) {
    if (dumped === undefined) continue;
    const { address } = dumped;
    if (address === undefined) throw new Error('no preimage');
    const account = reader.account(address);
    if (account?.nonce !== dumped.nonce || account.balance !== dumped.balance)
      throw new Error('an account differs in the flat snapshot');
    for (const { slot, value } of dumped.storage) {
      if (slot === undefined) throw new Error('no preimage');
      if (reader.storage(address, account, bytesToBigint(slot)) !== value)
        throw new Error('a slot differs in the flat snapshot');
    }
  }
  if (failures.length > 0) throw failures[0];
  return opened;
}
