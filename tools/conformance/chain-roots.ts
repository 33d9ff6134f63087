import type { BlockSummary } from '@isoquorum/primitives/testing/block-summary';
import { join } from 'node:path';
import { exportChain } from '@isoquorum/node/import/export-chain';
import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import type { ChainCase } from './chain-case.ts';
import { askResult } from './chain-asking.ts';
import { expectAnswer } from './chain-comparison.ts';
import { expectEqual, expectThat } from './check.ts';
import { readBytes, readOptionalJson } from './files.ts';

interface RecordedRoots {
  readonly hash?: string;
  readonly blockHash?: string;
  readonly stateRoot?: string;
  readonly privateStateRoot?: string | Readonly<Record<string, string>>;
  readonly defaultStateRoot?: string;
}

/** `nodes/<i>/private-roots.json`: hash and roots of every block. */
export function* rootCases(
  folder: string,
  title: string,
  open: () => Promise<RecordedNode>,
  number: number,
): Generator<ChainCase> {
  const path = join(folder, 'nodes', String(number), 'private-roots.json');
  for (const [at, recorded] of (readOptionalJson<readonly RecordedRoots[]>(path) ?? []).entries()) {
    yield {
      name: `${title} block ${at}`,
      run: async () => {
        const node = await open();
        const { chain } = node.running.context;
        const found = chain.blockByNumber(at);
        expectThat(found !== undefined, 'the block is not there');
        expectEqual(bytesToHex(found.hash), recorded.hash ?? recorded.blockHash, 'the hash');
        if (recorded.stateRoot !== undefined)
          expectEqual(bytesToHex(found.block.header.stateRoot), recorded.stateRoot, 'the state root');
        const roots = recorded.privateStateRoot ?? {};
        const expected = typeof roots === 'string' ? { private: roots } : roots;
        for (const [psi, root] of Object.entries(expected)) {
          expectEqual(bytesToHex(chain.privateStateRoot(found.hash, psi)), root, `the private state root of ${psi}`);
        }
        if (recorded.defaultStateRoot !== undefined)
          expectEqual(
            await askResult(node, 'debug_defaultStateRoot', [`0x${at.toString(16)}`]),
            recorded.defaultStateRoot,
            'the root of the empty private state',
          );
      },
    };
  }
}

/** `blocks.json.gz`: every block with its transactions, as the first node answered it. */
export function* blockCases(folder: string, title: string, open: () => Promise<RecordedNode>): Generator<ChainCase> {
  for (const [at, recorded] of (readOptionalJson<readonly unknown[]>(join(folder, 'blocks.json.gz')) ?? []).entries()) {
    yield {
      name: `${title} answered block ${at}`,
      run: async () =>
        expectAnswer(await askResult(await open(), 'eth_getBlockByNumber', [`0x${at.toString(16)}`, true]), recorded),
    };
  }
}

/** `blocks-summary.json`: the same in few words, where a chain is long. */
export function* summaryCases(folder: string, title: string, open: () => Promise<RecordedNode>): Generator<ChainCase> {
  for (const recorded of readOptionalJson<readonly BlockSummary[]>(join(folder, 'blocks-summary.json')) ?? []) {
    yield {
      name: `${title} summary of block ${recorded.number}`,
      run: async () => {
        const found = (await open()).running.context.chain.blockByNumber(recorded.number);
        expectThat(found !== undefined, 'the block is not there');
        const { header, transactions } = found.block;
        const ours: BlockSummary = {
          number: header.number,
          hash: bytesToHex(found.hash),
          stateRoot: bytesToHex(header.stateRoot),
          receiptsRoot: bytesToHex(header.receiptsRoot),
          transactionsRoot: bytesToHex(header.transactionsRoot),
          gasUsed: Number(header.gasUsed),
          transactions: transactions.length,
        };
        expectEqual(ours, recorded, 'the block');
      },
    };
  }
}

/** `chain.rlp.gz`: what is exported again is the same file, byte for byte. */
export function* exportCases(folder: string, title: string, open: () => Promise<RecordedNode>): Generator<ChainCase> {
  yield {
    name: `${title} export`,
    run: async () => {
      const node = await open();
      const recorded = readBytes(join(folder, 'chain.rlp.gz'));
      let offset = 0;
      for (const part of exportChain(node.running.context.chain)) {
        expectThat(
          bytesEqual(part, recorded.subarray(offset, offset + part.length)),
          `bytes differ in the block at byte ${offset}`,
        );
        offset += part.length;
      }
      expectEqual(offset, recorded.length, 'the length of the exported file');
    },
  };
}
