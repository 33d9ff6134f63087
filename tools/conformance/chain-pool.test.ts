import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { expect, it } from 'vitest';
import { restorePool, withoutRefused } from './chain-pool.ts';

const sender = `0x${'ab'.repeat(20)}`;

/** As `txpool_content` shows it, to the privacy precompile. */
function shownAt(nonce: number): Record<string, unknown> {
  const transaction: Transaction = {
    type: 0,
    nonce: BigInt(nonce),
    gasPrice: 0n,
    gasLimit: 90_000n,
    to: new Uint8Array(20).fill(0x7a, 19),
    value: 1n,
    data: new Uint8Array(0),
    v: 27n,
    r: 1n,
    s: 1n,
  };
  return {
    nonce: `0x${nonce.toString(16)}`,
    gasPrice: '0x0',
    gas: '0x15f90',
    to: bytesToHex(transaction.to as Uint8Array),
    value: '0x1',
    input: '0x',
    v: '0x1b',
    r: '0x1',
    s: '0x1',
    type: '0x0',
    hash: bytesToHex(transactionHash(transaction)),
  };
}

/** A node whose pool refuses transactions with these nonces by design. */
function nodeRefusing(nonces: readonly bigint[]): RecordedNode {
  const pool = {
    add: async ({ nonce }: Transaction) => {
      if (nonces.includes(nonce)) throw new IsoquorumError('MARKER_VALUE', 'refused', {}, 'REJECT');
      return new Uint8Array(32);
    },
  };
  return { running: { context: { pool } } } as unknown as RecordedNode;
}

it('leaves refused transactions out of where the recorded pool held them', async () => {
  const content = {
    pending: { [sender]: { 0: shownAt(0), 1: shownAt(1) } },
    queued: { [sender]: { 7: shownAt(7), 8: shownAt(8), 9: shownAt(9) } },
  };
  const restored = await restorePool(nodeRefusing([1n, 8n, 9n]), content as never);
  expect(withoutRefused({ pending: '0x2', queued: '0x3' }, restored)).toEqual({ pending: '0x1', queued: '0x1' });
  expect(withoutRefused(content, restored)).toEqual({
    pending: { [sender]: { 0: shownAt(0) } },
    queued: { [sender]: { 7: shownAt(7) } },
  });
});
