import { describe, expect, test } from 'vitest';
import { type Block, blockHash, encodeBlock, readBlock } from './block.ts';
import { bytesEqual, bytesToHex } from './hex.ts';
import { decodeHeader, encodeHeader, type Header, headerHash } from './header.ts';
import { createGenesisHeader, parseGenesis } from './genesis/genesis.ts';
import { signerChainIdAt } from './fork.ts';
import { nextGasLimit } from './gas-limit.ts';
import { minerGasLimitAt } from './genesis/rules-at.ts';
import { RlpReader } from './rlp-reader.ts';
import {
  hasShared,
  hasSharedData,
  readShared,
  readSharedJson,
  sharedChains,
  sharedTitle,
} from './testing/shared-data.ts';
import { encodeTransaction, transactionHash, transactionSender, type Transaction } from './transaction/transaction.ts';
import type { BlockSummary } from './testing/block-summary.ts';

interface RecordedTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
  readonly gas: string;
  readonly value: string;
  readonly input: string;
  readonly v: string;
}

interface RecordedBlock {
  readonly hash: string;
  readonly parentHash: string;
  readonly size: string;
  readonly timestamp: string;
  readonly gasLimit: string;
  readonly transactions: readonly RecordedTransaction[];
}

/** Copies without what a decoder remembers, so that encoding and hash are computed anew. */
function forget(block: Block): Block {
  return {
    header: { ...block.header },
    transactions: block.transactions.map((transaction) => ({ ...transaction })),
    uncles: [],
  };
}

function readChain(bytes: Uint8Array): { block: Block; encoded: Uint8Array }[] {
  const reader = new RlpReader(bytes);
  const blocks: { block: Block; encoded: Uint8Array }[] = [];
  while (reader.hasMore) {
    const start = reader.position;
    const block = readBlock(reader);
    blocks.push({ block, encoded: bytes.subarray(start, reader.position) });
  }
  return blocks;
}

function facts(transaction: Transaction, chainId: bigint | undefined): RecordedTransaction {
  const quantity = (value: bigint): string => `0x${value.toString(16)}`;
  return {
    hash: bytesToHex(transactionHash(transaction)),
    from: bytesToHex(transactionSender(transaction, chainId)),
    to: transaction.to === undefined ? null : bytesToHex(transaction.to),
    nonce: quantity(transaction.nonce),
    gas: quantity(transaction.gasLimit),
    value: quantity(transaction.value),
    input: bytesToHex(transaction.data),
    v: quantity(transaction.v),
  };
}

describe.skipIf(!hasSharedData)(sharedTitle('recorded chains'), () => {
  test('there are chains to check', () => {
    expect(sharedChains().length).toBeGreaterThanOrEqual(20);
  });

  describe.each(sharedChains())('%s', (chain) => {
    const genesis = (): ReturnType<typeof parseGenesis> =>
      parseGenesis(new TextDecoder().decode(readShared('vectors', 'chains', chain, 'genesis.json')));

    test('each block decodes, encodes to the same bytes, and links to its parent by hash', () => {
      const blocks = readChain(readShared('vectors', 'chains', chain, 'chain.rlp.gz'));
      expect(blocks.length).toBeGreaterThan(1);
      let parent: Header | undefined;
      for (const { block, encoded } of blocks) {
        expect(bytesEqual(encodeBlock(block), encoded)).toBe(true);
        expect(bytesEqual(encodeBlock(forget(block)), encoded)).toBe(true);
        expect(headerHash({ ...block.header })).toEqual(blockHash(block));
        expect(decodeHeader(encodeHeader(block.header))).toEqual(block.header);
        if (parent !== undefined) expect(bytesToHex(block.header.parentHash)).toBe(bytesToHex(headerHash(parent)));
        for (const transaction of block.transactions)
          expect(bytesEqual(encodeTransaction({ ...transaction }), encodeTransaction(transaction))).toBe(true);
        parent = block.header;
      }
    });

    test('each gas limit follows from the parent', () => {
      const { config } = genesis();
      let parent: Header | undefined;
      for (const { block } of readChain(readShared('vectors', 'chains', chain, 'chain.rlp.gz'))) {
        if (parent !== undefined)
          expect(nextGasLimit(parent, minerGasLimitAt(config, parent.number))).toBe(block.header.gasLimit);
        parent = block.header;
      }
    });

    test('block 0 is the genesis', () => {
      const [first] = readChain(readShared('vectors', 'chains', chain, 'chain.rlp.gz'));
      const header = (first as { block: Block }).block.header;
      const made = createGenesisHeader(genesis(), header.stateRoot);
      expect(bytesToHex(headerHash(made))).toBe(bytesToHex(headerHash(header)));
    });

    test('hashes, sizes, senders as answered, or hashes and roots as summed up where a chain is long', () => {
      if (hasShared('vectors', 'chains', chain, 'blocks.json.gz')) checkAnswers();
      else checkSummary();
    });

    function checkSummary(): void {
      const recorded = readSharedJson<readonly BlockSummary[]>('vectors', 'chains', chain, 'blocks-summary.json');
      const blocks = readChain(readShared('vectors', 'chains', chain, 'chain.rlp.gz'));
      const ours = blocks.map(({ block }): BlockSummary => {
        const { header, transactions } = block;
        return {
          number: header.number,
          hash: bytesToHex(blockHash(block)),
          stateRoot: bytesToHex(header.stateRoot),
          receiptsRoot: bytesToHex(header.receiptsRoot),
          transactionsRoot: bytesToHex(header.transactionsRoot),
          gasUsed: Number(header.gasUsed),
          transactions: transactions.length,
        };
      });
      expect(ours).toEqual(recorded);
    }

    function checkAnswers(): void {
      const recorded = readSharedJson<readonly RecordedBlock[]>('vectors', 'chains', chain, 'blocks.json.gz');
      const blocks = readChain(readShared('vectors', 'chains', chain, 'chain.rlp.gz'));
      expect(blocks.length).toBe(recorded.length);
      const { config } = genesis();
      recorded.forEach((answer, number) => {
        const { block, encoded } = blocks[number] as { block: Block; encoded: Uint8Array };
        expect(bytesToHex(blockHash(block))).toBe(answer.hash);
        expect(BigInt(encoded.length)).toBe(BigInt(answer.size));
        expect(block.header.timestamp).toBe(BigInt(answer.timestamp));
        const chainId = signerChainIdAt(config, number);
        expect(block.transactions.map((transaction) => facts(transaction, chainId))).toEqual(
          answer.transactions.map(({ hash, from, to, nonce, gas, value, input, v }) => ({
            hash,
            from,
            to,
            nonce,
            gas,
            value,
            input,
            v,
          })),
        );
      });
    }
  });
});
