import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryNetwork } from '@isoquorum/network/memory/network';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { hasVectors, readJson } from '@isoquorum/consensus/testing/recordings';
import { parseEnode } from '@isoquorum/primitives/enode';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { methodTable } from '@isoquorum/rpc/jsonrpc/methods';
import { describe, expect, test } from 'vitest';
import { createGenesisBlock } from '../chain/genesis-block.ts';
import { createNode, type RunningNode } from '../create-node.ts';
import { createRaftHandlers } from '../handlers/raft.ts';

const chain = ['chains', 'raft-private'] as const;

interface Call {
  readonly node?: number;
  readonly note?: string;
  readonly request?: { readonly method: string; readonly params: readonly unknown[] };
  readonly response?: {
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly message: string };
  };
}

interface About {
  readonly nodeDetails: readonly { readonly nodeKey: string; readonly enode: string }[];
}

/** Every recorded call of a `raft_*` method in a JSON document, in order. */
function raftCalls(value: unknown): Call[] {
  if (Array.isArray(value)) return value.flatMap(raftCalls);
  if (typeof value !== 'object' || value === null) return [];
  const call = value as Call;
  if (call.request?.method.startsWith('raft_') === true && call.response !== undefined) return [call];
  return Object.values(value).flatMap(raftCalls);
}

/** What a client gets, with rows of the cluster in the order of their ids: the original's is that of a Go map. */
function comparable(result: unknown): unknown {
  if (!Array.isArray(result)) return result;
  return (result as { raftId: number }[]).toSorted((left, right) => left.raftId - right.raftId);
}

function answer(node: RunningNode, { method, params }: NonNullable<Call['request']>): Call['response'] {
  const handlers = createRaftHandlers(node.context.raft!) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const codecs = methodTable.get(method)!.params;
  try {
    const decoded = codecs.map(({ codec }, index) => codec.decode(params[index]));
    return { result: handlers[method]!({}, ...decoded) ?? null };
  } catch (error) {
    return { error: { code: -32000, message: (error as Error).message } };
  }
}

describe.skipIf(!hasVectors(...chain))(
  'raft_* as recorded, on a network in the same situation (needs shared/vectors/chains/raft-private)',
  () => {
    test('three members, a learner, its promotion, a minter that stops and comes back', async () => {
      const { nodeDetails } = readJson<About>(...chain, 'about.json');
      const genesis = parseGenesis(readJson(...chain, 'genesis.json'));
      const genesisHash = createGenesisBlock(genesis).hash;
      const clock = createVirtualClock(1_800_000_000_000);
      const network = createMemoryNetwork({ clock });
      const keys = nodeDetails.map(({ nodeKey }) => hexToBytes(nodeKey));
      const peers = new Map(
        keys.map((key) => [
          nodeKeyToPeerId(key),
          { role: 'node' as const, address: nodeKeyToAddress(key), name: undefined },
        ]),
      );
      const members = nodeDetails.map(({ enode }, index): RaftAddress => {
        const { nodeId, host, port, raftPort } = parseEnode(enode);
        return { raftId: index + 1, nodeId, host, p2pPort: port, raftPort: raftPort ?? 0 };
      });
      const stores = keys.map(() => createMemoryStore());
      const nodes = new Map<number, RunningNode>();

      async function start(id: number): Promise<void> {
        const nodeKey = keys[id - 1]!;
        const peerId = nodeKeyToPeerId(nodeKey);
        const identity = {
          config: genesis.config,
          genesisHash,
          networkId: 1337n,
          role: 'node' as const,
          client: 'test',
        };
        const host = network.createHost({
          peerId,
          chain: createChainIdentity(identity),
          identify: (other) => peers.get(other),
          staticPeers: [...peers.keys()].filter((other) => other !== peerId),
          random: createSeededRandom(id),
        });
        const kept = stores[id - 1]!;
        const store: Store = {
          get: (key) => kept.get(key),
          getSync: (key) => kept.getSync(key),
          batch: (operations) => kept.batch(operations),
          iterate: (range) => kept.iterate(range),
          close: () => Promise.resolve(),
        };
        const raft = { raftId: id, members: id === 4 ? [] : members.slice(0, 3) };
        const options = { genesis, nodeKey, store, host, evm: createFastEvm(), clock, logger: silentLogger, raft };
        nodes.set(id, await createNode({ ...options, random: createSeededRandom(10 + id) }));
      }

      async function runUntil(condition: () => boolean): Promise<void> {
        for (let spent = 0; !condition(); spent += 50) {
          if (spent > 60_000) throw new Error('not within a minute of virtual time');
          for (let step = 0; step < 5; step++) {
            await clock.advance(10);
            for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
          }
        }
      }

      const leadsOf = (): (number | undefined)[] =>
        [...nodes.values()].map((node) => node.context.raft!.raftStatus()?.softState.lead);
      const allLedBy = (id: number): boolean => leadsOf().every((lead) => lead === id);

      /** Elections are decided by chance: hand leadership on until it is where it was. */
      async function leadBy(id: number): Promise<void> {
        await runUntil(() => {
          const [lead = 0] = leadsOf();
          if (lead !== 0 && lead !== id) nodes.get(lead)?.context.raft!.transferLeader(id);
          return allLedBy(id);
        });
      }

      let compared = 0;
      function compare(note: (text: string) => boolean): void {
        for (const call of calls.filter((one) => note(one.note ?? '') && one.request !== undefined)) {
          const node = nodes.get(call.node ?? 0);
          const { method } = call.request!;
          if (node === undefined || isChange(call)) continue;
          const { result, error } = call.response!;
          const actual = answer(node, call.request!)!;
          const what = `${call.note ?? ''}: node ${call.node} ${method} ${JSON.stringify(call.request!.params)}`;
          expect([what, comparable(actual.result), actual.error?.message]).toEqual([
            what,
            comparable(result),
            error?.message,
          ]);
          compared++;
        }
      }

      const calls = raftCalls(readJson(...chain, 'workload.json.gz'));
      const isChange = ({ request, response }: Call): boolean =>
        response?.error === undefined && ['raft_addLearner', 'raft_promoteToPeer'].includes(request!.method);
      const learnerStep = calls.findIndex(({ note }) => note === 'add learner');
      const firstRefusals = new Set(calls.slice(0, learnerStep).map(({ note }) => note));

      try {
        for (const id of [1, 2, 3]) await start(id);
        await leadBy(3);
        compare((note) => firstRefusals.has(note));
        expect(answer(nodes.get(1)!, calls[learnerStep]!.request!)).toMatchObject({
          result: calls[learnerStep]!.response!.result,
        });
        await runUntil(() => nodes.get(1)!.context.raft!.members.byId(4) !== undefined);
        await start(4);
        await runUntil(() => nodes.get(4)!.context.raft!.members.byId(4) !== undefined && allLedBy(3));
        await runUntil(() => [...nodes.values()].every((node) => [1, 2, 3, 4].every(node.context.raft!.isConnected)));
        const isLearnerNote = (note: string): boolean => note === 'with a learner' || note.startsWith('by a learner');
        compare(isLearnerNote);
        expect(answer(nodes.get(1)!, { method: 'raft_promoteToPeer', params: [4] })).toEqual({ result: true });
        await runUntil(() =>
          [...nodes.values()].every((node) => node.context.raft!.raftStatus()!.confState.learners.length === 0),
        );
        compare((note) => note === 'learner promoted');
        const third = nodes.get(3)!;
        nodes.delete(3);
        const stopping = third.stop();
        await leadBy(2);
        await stopping;
        await runUntil(() => [...nodes.values()].every((node) => !node.context.raft!.isConnected(3)));
        compare((note) => note === 'leader stopped');
        await start(3);
        await leadBy(2);
        await runUntil(() => [...nodes.values()].every((node) => [1, 2, 3, 4].every(node.context.raft!.isConnected)));
        compare((note) => note === 'old leader back');
        // The reads at the end of the recording, node by node.
        for (const [id, node] of nodes) {
          for (const { request, response } of raftCalls(readJson(...chain, 'nodes', String(id), 'rpc.json.gz'))) {
            const actual = answer(node, request!)!;
            const what = `node ${id} ${JSON.stringify(request)}`;
            expect([what, comparable(actual.result), actual.error?.message]).toEqual([
              what,
              comparable(response!.result),
              response!.error?.message,
            ]);
            compared++;
          }
        }
        expect(compared).toBeGreaterThan(80);
      } finally {
        const stopping = [...nodes.values()].map((node) => node.stop());
        await clock.advance(1_000);
        await Promise.all(stopping);
      }
    });
  },
);
