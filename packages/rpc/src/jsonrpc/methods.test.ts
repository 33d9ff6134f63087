import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createStubHandlers } from '../testing/stub-handlers.ts';
import { hasRpcVectors, rpcVectors } from '../testing/vectors.ts';
import { documentationText } from './documentation.ts';
import { methods, methodTable, namespaces } from './methods.ts';

const docs = fileURLToPath(new URL('../../../../docs/rpc.md', import.meta.url));

describe('the method table', () => {
  test('typed, registered and documented are the same', () => {
    const typed = Object.keys(methods).toSorted();
    const registered = Object.keys(createStubHandlers()).toSorted();
    const documented = [...readFileSync(docs, 'utf8').matchAll(/^\| `([A-Za-z0-9]+_[A-Za-z0-9]+)` \|/gm)]
      .map((match) => match[1] ?? '')
      .toSorted();
    expect(registered).toEqual(typed);
    expect(documented).toEqual(typed);
    expect([...methodTable.keys()].toSorted()).toEqual(typed);
  });

  test('docs/rpc.md is what the table says (else: node --conditions=source tools/rpc-docs.ts)', () => {
    expect(readFileSync(docs, 'utf8')).toBe(documentationText());
  });

  test('optional parameters come last', () => {
    for (const [name, { params }] of methodTable) {
      const firstOptional = params.findIndex(({ codec }) => codec.optional);
      if (firstOptional >= 0)
        expect([name, params.slice(firstOptional).every(({ codec }) => codec.optional)]).toEqual([name, true]);
    }
  });

  test('namespaces', () => {
    expect(namespaces()).toEqual([
      'admin',
      'clique',
      'debug',
      'eth',
      'isoquorum',
      'istanbul',
      'miner',
      'net',
      'personal',
      'quorumExtension',
      'raft',
      'rpc',
      'txpool',
      'web3',
    ]);
  });

  test.skipIf(!hasRpcVectors)('parameters have the Go types that GoQuorum registers', () => {
    const { nodes } = JSON.parse(readFileSync(`${rpcVectors}/surface.json`, 'utf8')) as {
      nodes: Record<'qbft' | 'clique' | 'raft', { methods: readonly { method?: string; params: readonly string[] }[] }>;
    };
    const recorded = new Map(
      [...nodes.qbft.methods, ...nodes.clique.methods, ...nodes.raft.methods].flatMap(({ method, params }) =>
        method === undefined ? [] : [[method, params] as const],
      ),
    );
    // What GoQuorum lacks: docs/compatibility.json, PRIORITY_FEE_ADDED, FEE_HISTORY_ADDED and ACCESS_LIST_ADDED.
    const added = new Set([
      'eth_feeHistory',
      'eth_maxPriorityFeePerGas',
      'isoquorum_consensusStatus',
      'isoquorum_privateStatesRoot',
    ]);
    for (const [name, { params }] of methodTable) {
      if (added.has(name)) continue;
      expect([name, params.map(({ codec }) => codec.goType)]).toEqual([name, recorded.get(name)]);
    }
  });
});
