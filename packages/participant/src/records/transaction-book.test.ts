import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { signTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { createHeaderVerifier } from '../chain/create-verifier.ts';
import { createTestChain } from '../testing/test-chain.ts';
import { openTransactionBook } from './transaction-book.ts';

const key = keccak256(Uint8Array.of(7));
const own = bytesToHex(privateKeyToAddress(key));

function transaction(nonce: bigint, isPrivate: boolean) {
  const unsigned = {
    type: 0,
    nonce,
    gasPrice: 0n,
    gasLimit: 90_000n,
    to: undefined,
    value: 0n,
    data: new Uint8Array(64).fill(1),
  } as const;
  return signTransaction(unsigned, key, { chainId: 1337n, isPrivate });
}

async function setUp() {
  const chain = createTestChain();
  const verifier = createHeaderVerifier({ config: chain.config, genesisHeader: chain.genesisHeader });
  const store = createMemoryStore();
  const open = () => openTransactionBook({ store, config: chain.config, isOwnAccount: (address) => address === own });
  const check = (transactions: ReturnType<typeof transaction>[]) => {
    const block = chain.add({ transactions });
    return { ...verifier.accept(block.header, 1000), transactions };
  };
  return { store, open, check, book: await open() };
}

describe('transaction book', () => {
  it('goes from pending to included to executed, and is there after a restart', async () => {
    const { book, check, store, open } = await setUp();
    const sent = transaction(0n, true);
    const hash = bytesToHex(transactionHash(sent));
    book.addPending(sent, { data: '0x1234', parties: ['me'] });
    expect(book.list()).toMatchObject([{ hash, blockNumber: undefined, readability: 'party', mine: true }]);
    await store.batch(book.include([check([sent])]));
    expect(book.find(hash)).toMatchObject({
      blockNumber: 1,
      index: 0,
      readability: 'waiting',
      data: undefined,
      parties: ['me'],
    });
    await store.batch(book.amend(hash, { readability: 'party', data: '0x1234', status: 'success' }));
    const again = await open();
    expect(again.list()).toMatchObject([{ hash, status: 'success', data: '0x1234', from: own }]);
  });

  it('never has a private transaction’s data before it was executed here', async () => {
    const { book, check } = await setUp();
    book.include([check([transaction(0n, true)])]);
    expect(book.list()).toMatchObject([{ readability: 'waiting', data: undefined, status: undefined }]);
    book.amend(book.list()[0]!.hash, { readability: 'stranger' });
    expect(book.list()[0]!.data).toBeUndefined();
  });

  it('shows the newest first', async () => {
    const { book, check } = await setUp();
    book.include([check([transaction(0n, false), transaction(1n, false)])]);
    book.include([check([transaction(2n, false)])]);
    expect(book.list().map(({ nonce }) => nonce)).toEqual(['2', '1', '0']);
  });
});
