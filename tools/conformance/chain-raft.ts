import { join } from 'node:path';
import {
  type RaftAnswer,
  RaftNetwork,
  type RaftRequest,
  type RecordedRow,
  sortRows,
} from '@isoquorum/node/testing/raft-network';
import { expectEqual } from './check.ts';
import { readJson } from './files.ts';

interface About {
  readonly nodeDetails: readonly {
    readonly node: number;
    readonly nodeKey: string;
    readonly enode: string;
    readonly flags?: readonly string[];
  }[];
}

interface RecordedReads {
  readonly calls: readonly { readonly request: RaftRequest | readonly unknown[]; readonly response: RaftAnswer }[];
}

/** `raft_*` of a recorded chain, asked of a live cluster in the situation that the recorded `raft_cluster` describes. */
export interface RaftReads {
  check(request: RaftRequest, response: RaftAnswer): Promise<void>;
  close(): Promise<void>;
}

/** Nodes that were started with `--raftjoinexisting` joined; the others are the first cluster. */
export function openRaftReads(folder: string, node: number): RaftReads {
  let network: Promise<RaftNetwork> | undefined;

  async function start(): Promise<RaftNetwork> {
    const { nodeDetails } = readJson<About>(join(folder, 'about.json'));
    const { calls } = readJson<RecordedReads>(join(folder, 'nodes', String(node), 'rpc.json.gz'));
    const recorded = calls.find(({ request }) => 'method' in request && request.method === 'raft_cluster');
    const rows = (recorded?.response.result ?? []) as readonly RecordedRow[];
    const first = nodeDetails.filter(({ flags = [] }) => !flags.includes('--raftjoinexisting')).length;
    const live = new RaftNetwork(readJson(join(folder, 'genesis.json')), nodeDetails, first);
    await live.reach(rows);
    return live;
  }

  return {
    async check(request, response) {
      network ??= start();
      const { result, error } = (await network).answer(node, request);
      expectEqual(error, response.error, 'the error');
      expectEqual(sortRows(result), sortRows(response.result), 'the result');
    },
    async close() {
      await (await network)?.stop();
    },
  };
}
