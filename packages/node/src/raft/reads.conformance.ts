import { hasVectors, readJson } from '@isoquorum/consensus/testing/recordings';
import { describe, expect, test } from 'vitest';
import {
  type RaftAnswer,
  RaftNetwork,
  type RaftRequest,
  type RecordedMembers,
  type RecordedRow,
  sortRows,
} from '../testing/raft-network.ts';

const chain = ['chains', 'raft-private'] as const;

interface Call {
  readonly node: number;
  readonly note: string;
  readonly request: RaftRequest;
  readonly response: RaftAnswer;
}

/** Every recorded call of a `raft_*` method in a JSON document, in order. */
function raftCalls(value: unknown): Call[] {
  if (Array.isArray(value)) return value.flatMap(raftCalls);
  if (typeof value !== 'object' || value === null) return [];
  const call = value as Partial<Call>;
  if (call.request?.method?.startsWith('raft_') === true && call.response !== undefined)
    return [{ ...(call as Call), node: call.node ?? 0, note: call.note ?? '' }];
  return Object.values(value).flatMap(raftCalls);
}

const isChange = ({ request, response }: Call): boolean =>
  response.error === undefined && ['raft_addLearner', 'raft_promoteToPeer'].includes(request.method);

describe.skipIf(!hasVectors(...chain))(
  'raft_* as recorded, on a network in the same situation (needs shared/vectors/chains/raft-private)',
  () => {
    test('three members, a learner, its promotion, a minter that stops and comes back', async () => {
      const { nodeDetails } = readJson<{ nodeDetails: RecordedMembers }>(...chain, 'about.json');
      const network = new RaftNetwork(readJson(...chain, 'genesis.json'), nodeDetails, 3);
      const calls = raftCalls(readJson(...chain, 'workload.json.gz'));
      let compared = 0;

      function compareOne({ node, note, request, response }: Call): void {
        const { result, error } = network.answer(node, request);
        const what = `${note}: node ${node} ${request.method} ${JSON.stringify(request.params)}`;
        expect([what, sortRows(result), error]).toEqual([what, sortRows(response.result), response.error]);
        compared++;
      }

      function compare(isWanted: (note: string) => boolean): void {
        for (const call of calls)
          if (isWanted(call.note) && network.nodes.has(call.node) && !isChange(call)) compareOne(call);
      }

      const learnerStep = calls.findIndex(({ note }) => note === 'add learner');
      const firstNotes = new Set(calls.slice(0, learnerStep).map(({ note }) => note));
      try {
        for (const id of [1, 2, 3]) await network.start(id);
        await network.leadBy(3);
        compare((note) => firstNotes.has(note));
        const added = calls[learnerStep] as Call;
        expect(network.answer(1, added.request).result).toEqual(added.response.result);
        await network.runUntil(() => network.cluster(1).members.byId(4) !== undefined);
        await network.start(4);
        await network.runUntil(() => network.cluster(4).members.byId(4) !== undefined);
        await network.connectAll();
        await network.leadBy(3);
        compare((note) => note === 'with a learner' || note.startsWith('by a learner'));
        await network.promote(4);
        compare((note) => note === 'learner promoted');
        await network.stopNode(3);
        await network.leadBy(2);
        await network.connectAll();
        compare((note) => note === 'leader stopped');
        await network.start(3);
        await network.leadBy(2);
        await network.connectAll();
        compare((note) => note === 'old leader back');
        for (const node of network.nodes.keys()) {
          const reads = raftCalls(readJson(...chain, 'nodes', String(node), 'rpc.json.gz'));
          for (const call of reads) compareOne({ ...call, node, note: 'at the end' });
        }
        expect(compared).toBeGreaterThan(80);
      } finally {
        await network.stop();
      }
    });

    test('a member that was taken out and came back under another id', async () => {
      const { nodeDetails } = readJson<{ nodeDetails: RecordedMembers }>(...chain, 'about.json');
      const network = new RaftNetwork(readJson(...chain, 'genesis.json'), nodeDetails, 3);
      const row = (raftId: number, place: number, role: string): RecordedRow => ({
        raftId,
        nodeId: /^enode:\/\/([0-9a-f]{128})@/.exec(nodeDetails[place - 1]?.enode ?? '')?.[1] ?? '',
        role,
        nodeActive: true,
      });
      const rows = [row(1, 1, 'verifier'), row(3, 3, 'minter'), row(4, 4, 'verifier'), row(5, 2, 'learner')];
      try {
        await network.reach(rows);
        expect(network.raftIdOf(2)).toBe(5);
        for (const id of [1, 3, 4, 5]) {
          const { result } = network.answer(id, { method: 'raft_cluster' });
          expect(sortRows(result)).toMatchObject(rows);
        }
        expect(network.answer(5, { method: 'raft_role' }).result).toBe('learner');
      } finally {
        await network.stop();
      }
    });
  },
);
