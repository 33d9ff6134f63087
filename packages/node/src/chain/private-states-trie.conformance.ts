import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { naiveRoot } from '@isoquorum/execution/testing/naive-trie';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { createIsoquorumHandlers } from '../handlers/isoquorum.ts';
import { readRecordedJson } from '../testing/recorded-manager.ts';
import { openRecordedNode } from '../testing/recorded-node.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const chains = join(shared, 'vectors/chains');
const isPresent = existsSync(chains);

interface RecordedRoots {
  readonly privateStateRoot: Readonly<Record<string, string>>;
  readonly defaultStateRoot: string;
}

interface RecordedBlock {
  readonly transactions: readonly { readonly v: string }[];
}

interface RecordedReceipt {
  readonly psi?: string;
  readonly block: number;
  readonly privateReceipt?: unknown;
}

/** Where each private state was run, as blocks and receipts are recorded: private transactions everywhere, those in markers at their parties. */
function readRuns(folder: string, node: number): (psi: string, number: number) => boolean {
  const blocks = readRecordedJson(join(folder, 'blocks.json.gz')) as readonly RecordedBlock[];
  const receipts = readRecordedJson(join(folder, `nodes/${node}/receipts.json.gz`)) as readonly RecordedReceipt[];
  return (psi, number) => {
    const { transactions } = blocks[number]!;
    if (psi === 'empty') return transactions.length > 0;
    if (transactions.some(({ v }) => v === '0x25' || v === '0x26')) return true;
    return receipts.some((one) => one.psi === psi && one.block === number && one.privateReceipt !== undefined);
  };
}

beforeAll(async () => {
  await installFastestCrypto();
});

describe.skipIf(!isPresent)('the trie of private states (needs ../shared)', () => {
  it.each(
    ['qbft-mps', 'qbft-mps-gas', 'qbft-mps-marker'].flatMap((chain) =>
      [1, 2, 4].filter((node) => existsSync(join(chains, chain, `nodes/${node}`))).map((node) => ({ chain, node })),
    ),
  )('is that of the recorded roots: $chain, node $node', async ({ chain: name, node }) => {
    const folder = join(chains, name);
    const recorded = readRecordedJson(join(folder, `nodes/${node}/private-roots.json`)) as readonly RecordedRoots[];
    const isRun = readRuns(folder, node);
    const known = new Map<string, string>();
    const expected = recorded.map((roots, number) => {
      const states = { ...roots.privateStateRoot, empty: roots.defaultStateRoot };
      for (const [psi, root] of Object.entries(states))
        if (known.has(psi) || (number > 0 && isRun(psi, number))) known.set(psi, root);
      return bytesToHex(naiveRoot([...known].map(([psi, root]) => [keccak256(utf8ToBytes(psi)), hexToBytes(root)])));
    });
    const opened = await openRecordedNode({ chainFolder: folder, node });
    const { isoquorum_privateStatesRoot: ask } = createIsoquorumHandlers(opened.running.context);
    const request: RpcRequestContext = { transport: 'http', psi: undefined };
    // From the newest one, and each once more: what is remembered makes no difference.
    const numbers = [...expected.keys()];
    for (const number of [...numbers.toReversed(), ...numbers])
      expect({ number, root: bytesToHex(await ask(request, number)) }).toEqual({ number, root: expected[number] });
    expect(new Set(expected).size).toBeGreaterThan(2);
    await opened.close();
  });
});
