import { describe, expect, it } from 'vitest';
import { listRoot } from '@isoquorum/execution/trie/list-root';
import type { NetworkHost } from '@isoquorum/network/host';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { type ConsensusReceipt, encodeReceipt, encodeReceiptItem } from '@isoquorum/primitives/receipt';
import { encodeRlpListOf } from '@isoquorum/primitives/rlp';
import { createTestChain } from '../testing/test-chain.ts';
import { fetchReceipts } from './block-receipts.ts';
import type { SyncClient } from './sync-client.ts';

const success: ConsensusReceipt = {
  type: 0,
  status: 1,
  postState: undefined,
  cumulativeGasUsed: 21_000n,
  logsBloom: emptyBloom,
  logs: [],
};
const encode = (receipts: readonly ConsensusReceipt[]): Uint8Array => encodeRlpListOf(receipts.map(encodeReceiptItem));
const header: Header = {
  ...createTestChain().genesisHeader,
  number: 7,
  receiptsRoot: listRoot([encodeReceipt(success)]),
};
const hash = new Uint8Array(32).fill(7);

/** Validators by what each gives; undefined: it has none. */
function fetchFrom(answers: readonly (Uint8Array | undefined)[], of: Header = header) {
  const peers = answers.map((_, index) => ({ id: String(index), role: 'node', name: `node${index + 1}` }));
  const host = { peers: () => peers } as unknown as NetworkHost;
  const receipts = async (peerId: string): Promise<readonly Uint8Array[]> =>
    [answers[Number(peerId)]].filter((item) => item !== undefined);
  return fetchReceipts(host, { receipts } as unknown as SyncClient, of, hash);
}

describe('receipts of a checked block', () => {
  const failed = encode([{ ...success, status: 0 }]);

  it('are those that the sealed header names, whoever else gives others', async () => {
    const [found, ...rest] = await fetchFrom([failed, Uint8Array.of(0xc1, 0x01), undefined, encode([success])]);
    expect([found?.status, found?.cumulativeGasUsed, rest.length]).toEqual([1, 21_000n, 0]);
  });

  it('are not believed when nobody gives the sealed ones, and it is said who lied', async () => {
    await expect(fetchFrom([failed])).rejects.toMatchObject({ code: 'NOT_SERVED', message: /node1 gave others/ });
    await expect(fetchFrom([encode([success, success])])).rejects.toMatchObject({ code: 'NOT_SERVED' });
    await expect(fetchFrom([])).rejects.toMatchObject({ code: 'NO_VALIDATORS' });
  });

  it('are not asked for where there are none', async () => {
    expect(await fetchFrom([], { ...header, receiptsRoot: emptyTrieRoot })).toEqual([]);
  });
});
