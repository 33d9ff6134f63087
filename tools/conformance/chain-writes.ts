import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openRecordedNode, type RecordedNode } from '@isoquorum/node/testing/recorded-node';
import type { ChainCase } from './chain-case.ts';
import { skipSilentManager } from './chain-asking.ts';
import { expectAnswer } from './chain-comparison.ts';
import { CaseFailure, CaseSkip } from './check.ts';
import { readJson } from './files.ts';
import type { RpcAnswer } from './rpc-comparison.ts';
import { compareOrExplain, type Question } from './rpc-difference.ts';

interface RecordedWrite {
  readonly node: number;
  readonly psi?: string;
  readonly head: number;
  readonly note?: string;
  readonly request: { readonly method?: string; readonly params?: readonly unknown[] };
  readonly response: RpcAnswer;
}

/** Methods whose writes are played by other cases: filters with the reads of the network, Raft against a cluster. */
const PLAYED_ELSEWHERE = /^(eth_(new\w*Filter|getFilter\w+|uninstallFilter)|raft_\w+)$/;

/** Refusals that follow from what waited in the pool of that moment, which no recording holds. */
const OF_THE_POOL = /^(already known|replacement transaction underpriced|txpool is full)$/;

/** Senders of what a node was asked to send and knew the account of: some nodes held accounts of others for a while. */
function sendersOf(writes: readonly RecordedWrite[], number: number): ReadonlySet<string> {
  const senders = new Set<string>();
  for (const { node, request, response } of writes) {
    if (node !== number || request.method?.endsWith('_sendTransaction') !== true) continue;
    const { from } = (request.params?.[0] ?? {}) as { readonly from?: unknown };
    if (typeof from === 'string' && response.error?.message !== 'unknown account') senders.add(from.toLowerCase());
  }
  return senders;
}

/** Asks our node, grown to the same head each time, what the recorded one refused; answers by place. */
async function playRefusals(
  folder: string,
  number: number,
  refusals: ReadonlyMap<number, RecordedWrite>,
  rules: Question['rules'],
  alsoHolds: ReadonlySet<string>,
): Promise<ReadonlyMap<number, RpcAnswer>> {
  const [first] = refusals.values();
  const node: RecordedNode = await openRecordedNode({
    chainFolder: folder,
    node: number,
    rules,
    until: first?.head ?? 0,
    alsoHolds,
  });
  const answers = new Map<number, RpcAnswer>();
  try {
    for (const [place, { head, psi, request }] of refusals) {
      if (head > node.running.context.chain.headNumber()) await node.growTo(head);
      const text = await node.service.handleText(JSON.stringify(request), { transport: 'http', psi }, {} as never);
      answers.set(place, JSON.parse(text ?? 'null') as RpcAnswer);
    }
  } finally {
    await node.close();
  }
  return answers;
}

/** Writes that the recorded nodes refused while the chain grew (`workload.json.gz`): ours refuse them with the same words. */
export function* refusalCases(folder: string, title: string, rules: Question['rules']): Generator<ChainCase> {
  const path = join(folder, 'workload.json.gz');
  if (!existsSync(path)) return;
  const all = readJson<readonly RecordedWrite[]>(path);
  const writes = [...all.entries()].filter(
    ([, { request, response }]) => response.error !== undefined && !PLAYED_ELSEWHERE.test(request.method ?? ''),
  );
  for (const number of new Set(writes.map(([, { node }]) => node))) {
    const own = new Map(writes.filter(([, { node }]) => node === number));
    let played: Promise<ReadonlyMap<number, RpcAnswer>> | undefined;
    const play = (): Promise<ReadonlyMap<number, RpcAnswer>> =>
      (played ??= playRefusals(folder, number, own, rules, sendersOf(all, number)));
    for (const [place, { note, request, response }] of own) {
      yield {
        name: `${title} node ${number} refusal ${place} ${request.method} ${note ?? ''}`,
        run: async () => {
          if (OF_THE_POOL.test(response.error?.message ?? ''))
            throw new CaseSkip('depends on what waited in the recorded pool');
          const ours = (await play()).get(place);
          if (ours === undefined) throw new CaseFailure('was not asked');
          skipSilentManager(folder, ours);
          const question: Question = { suite: 'chain', method: request.method ?? '', params: request.params, rules };
          compareOrExplain(question, ours, () => expectAnswer(ours, response), response);
        },
      };
    }
  }
}
