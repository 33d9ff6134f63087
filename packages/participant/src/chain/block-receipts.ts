import { listRoot } from '@isoquorum/execution/trie/list-root';
import type { NetworkHost } from '@isoquorum/network/host';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { type ConsensusReceipt, encodeReceipt, readReceiptItem } from '@isoquorum/primitives/receipt';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { participantError } from '../errors.ts';
import type { SyncClient } from './sync-client.ts';

/** Most receipts of a block; no gas limit allows more. */
const receiptsMax = 0x100000;

/**
 * The public receipts of a checked block, from any validator that has them, bound to the receipts root of its header.
 * @throws NO_VALIDATORS, NOT_SERVED
 */
export async function fetchReceipts(
  host: NetworkHost,
  sync: SyncClient,
  header: Header,
  hash: Hash32,
): Promise<readonly ConsensusReceipt[]> {
  if (bytesEqual(header.receiptsRoot, emptyTrieRoot)) return [];
  const nodes = host.peers().filter((peer) => peer.role === 'node');
  if (nodes.length === 0) throw participantError('NO_VALIDATORS', 'No validator is connected to ask for receipts.');
  let reason = 'no validator has them';
  for (const peer of nodes) {
    try {
      const [item] = await sync.receipts(peer.id, [hash]);
      if (item === undefined) continue;
      const receipts = decodeReceipts(item.slice());
      if (bytesEqual(listRoot(receipts.map(encodeReceipt)), header.receiptsRoot)) return receipts;
      reason = `${peer.name ?? peer.id} gave others than the sealed ones`;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  throw participantError('NOT_SERVED', `The receipts of block ${header.number} could not be had: ${reason}.`, {
    hash: bytesToHex(hash),
  });
}

function decodeReceipts(item: Uint8Array): readonly ConsensusReceipt[] {
  const reader = new RlpReader(item);
  const receipts = reader.readListOf('receipts', (list) => readReceiptItem(list), receiptsMax);
  reader.end('receipts');
  return receipts;
}
