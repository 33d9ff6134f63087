import { join } from 'node:path';
import {
  type RaftAnswer,
  RaftNetwork,
  type RaftRequest,
  type RecordedRow,
  sortRows,
} from '@isoquorum/node/testing/raft-network';
import { readAbout } from './chain-layout.ts';
import { expectEqual } from './check.ts';
import { readJson, readOptionalJson } from './files.ts';

interface RecordedReads {
  readonly calls: readonly { readonly request: RaftRequest | readonly unknown[]; readonly response: RaftAnswer }[];
}

/** `raft_*` of a recorded chain, asked of a live cluster in the situation that the recorded `raft_cluster` describes. */
export interface RaftReads {
  check(request: RaftRequest, response: RaftAnswer): Promise<void>;
  close(): Promise<void>;
}

/** The members that a node's recorded `raft_cluster` lists; none when it was not asked, or did not say. */
function recordedRows(folder: string, node: number): readonly RecordedRow[] {
  const reads = readOptionalJson<RecordedReads>(join(folder, 'nodes', String(node), 'rpc.json.gz'));
  const recorded = reads?.calls.find(({ request }) => 'method' in request && request.method === 'raft_cluster');
  return (recorded?.response.result ?? []) as readonly RecordedRow[];
}

/** Nodes that were started with `--raftjoinexisting` joined; the others are the first cluster. */
export function openRaftReads(folder: string, node: number): RaftReads {
  let network: Promise<RaftNetwork> | undefined;

  async function start(): Promise<RaftNetwork> {
    const { nodeDetails } = readAbout(folder);
    const rows = [node, ...nodeDetails.map((one) => one.node)].reduce<readonly RecordedRow[]>(
      (found, one) => (found.length > 0 ? found : recordedRows(folder, one)),
      [],
    );
    const first = nodeDetails.filter(({ flags = [] }) => !flags.includes('--raftjoinexisting')).length;
    const members = nodeDetails.map(({ nodeKey, enode = '' }) => ({ nodeKey, enode }));
    const live = new RaftNetwork(readJson(join(folder, 'genesis.json')), members, first);
    await live.reach(rows);
    return live;
  }

  const answerOf = (live: RaftNetwork, request: RaftRequest): RaftAnswer => live.answer(live.raftIdOf(node), request);

  return {
    async check(request, response) {
      network ??= start();
      const { result, error } = answerOf(await network, request);
      expectEqual(error, response.error, 'the error');
      expectEqual(sortRows(result), sortRows(response.result), 'the result');
    },
    async close() {
      await (await network)?.stop();
    },
  };
}
