import { hasVectors } from '@isoquorum/consensus/testing/recordings';
import { afterEach, describe, expect, test } from 'vitest';
import { type LiveRecording, type RecordedCall, startLiveRecording } from '../testing/live-recording.ts';

/** Reads that tell of the node and its network at the moment, not of blocks. Which blocks are there, and who made them, is the network's own affair. */
const live: ReadonlySet<string> = new Set([
  'net_version',
  'net_listening',
  'net_peerCount',
  'eth_chainId',
  'eth_syncing',
  'eth_hashrate',
  'eth_gasPrice',
  'eth_coinbase',
  'eth_etherbase',
  'eth_accounts',
  'eth_pendingTransactions',
  'eth_getPSI',
  'personal_listAccounts',
  'txpool_status',
  'txpool_content',
  'txpool_inspect',
  'istanbul_nodeAddress',
  'istanbul_candidates',
  'istanbul_isValidator',
  'istanbul_getValidators',
  'clique_getSigners',
  'clique_proposals',
]);

const validatorLists: ReadonlySet<string> = new Set(['istanbul_getValidators', 'clique_getSigners']);
const snapshots: ReadonlySet<string> = new Set(['istanbul_getSnapshot', 'clique_getSnapshot']);

interface SnapshotJson {
  readonly votes: readonly Readonly<Record<string, unknown>>[] | null;
  readonly validators?: readonly string[];
  readonly signers?: unknown;
  readonly tally: Readonly<Record<string, unknown>>;
}

let recording: LiveRecording;

afterEach(async () => {
  await recording.stop();
});

/** Without block numbers and hashes. */
function comparable(snapshot: SnapshotJson): unknown {
  const { epoch, policy } = snapshot as unknown as Record<string, unknown>;
  const votes = (snapshot.votes ?? []).map((vote) => JSON.stringify({ ...vote, block: undefined })).toSorted();
  return { epoch, policy, votes, tally: snapshot.tally, validators: snapshot.validators, signers: snapshot.signers };
}

/** What waited in a recorded pool was sent while the reads were made, when the network made no blocks any more: that is no situation of a live one. */
function isOfFilledPool({ request: { method = '' } }: RecordedCall, reads: readonly RecordedCall[]): boolean {
  const status = reads.find(({ request }) => request.method === 'txpool_status')?.response.result;
  return method.startsWith('txpool_') && (status as { readonly pending: string } | undefined)?.pending !== '0x0';
}

const isOfLatest = ({ request }: RecordedCall): boolean => (request.params ?? []).length === 0;

/** Validators after each block as they were recorded. */
function recordedValidators(): ReadonlyMap<number, unknown> {
  const lists = recording.reads(1).filter(({ request }) => validatorLists.has(request.method ?? ''));
  return new Map(
    lists.flatMap(({ request: { params = [] }, response }): [number, unknown][] =>
      typeof params[0] === 'string' && response.error === undefined ? [[Number(params[0]), response.result]] : [],
    ),
  );
}

async function reach(number: number): Promise<void> {
  await recording.network.runUntil(`block ${number}`, () => recording.lowest() >= number, 300_000);
}

/** Until the answer is as recorded: votes take effect when their proposers have made blocks. */
async function untilAnswered(node: number, call: RecordedCall, shown: (result: unknown) => unknown): Promise<void> {
  const wanted = JSON.stringify(shown(call.response.result));
  const from = recording.lowest();
  let found = '';
  while (found !== wanted && recording.lowest() < from + 20) {
    found = JSON.stringify(shown((await recording.ask(node, call.request)).result));
    if (found !== wanted) await recording.network.run(500);
  }
  expect([node, call.request.method, found]).toEqual([node, call.request.method, wanted]);
}

async function compare(node: number, call: RecordedCall, what: string): Promise<void> {
  const { result, error } = await recording.ask(node, call.request);
  const told = `${what}: node ${node} ${call.request.method}`;
  expect([told, result, error]).toEqual([told, call.response.result, call.response.error]);
}

/** The contract that names the validators is told others. */
function isContractCall({ request: { method, params = [] } }: RecordedCall): boolean {
  const [transaction] = params as readonly [{ readonly to?: string }?];
  const { validatorContract } = recording;
  return method === 'eth_sendTransaction' && validatorContract !== undefined && transaction?.to === validatorContract;
}

/** Repeats what the operators did when it was recorded, at the same heights, and compares what they read meanwhile. */
async function repeatSteps(): Promise<number> {
  const validators = recordedValidators();
  const method = recording.network.genesis.config.clique === undefined ? 'istanbul_getValidators' : 'clique_getSigners';
  let compared = 0;
  for (const step of recording.steps) {
    const { method: asked = '' } = step.request;
    if (isContractCall(step)) {
      await reach(step.head);
      // Its hash tells of the transactions before it, which are not repeated.
      expect((await recording.ask(step.node, step.request)).error).toBe(undefined);
      compared++;
      continue;
    }
    const isVote = /^(istanbul|clique)_(propose|discard)$/.test(asked);
    if (!isVote && !live.has(asked)) continue;
    await reach(step.head);
    // A vote is taken back when it has taken effect.
    const result = validators.get(step.head);
    if (asked.endsWith('_discard') && result !== undefined)
      await untilAnswered(step.node, { request: { method, params: [] }, response: { result } }, (list) => list);
    await compare(step.node, step, `at block ${step.head}`);
    compared++;
  }
  return compared;
}

describe.skipIf(!hasVectors('chains'))(
  'live reads as recorded, on a network in the same situation (needs shared/vectors/chains)',
  () => {
    test.each([
      ['ibft-private', 14, 80],
      ['clique-private', 13, 65],
      ['qbft-private', 0, 80],
      ['istanbul-legacy', 0, 80],
      ['qbft-transitions', 0, 80],
      ['qbft-gas-and-contract-validators', 3, 75],
    ])('%s', { timeout: 240_000 }, async (chain, steps, least) => {
      recording = await startLiveRecording(chain);
      expect(await repeatSteps()).toBe(steps);
      await reach(recording.head);
      let compared = 0;
      for (const node of recording.nodes) {
        const reads = recording.reads(node);
        for (const call of reads) {
          const { method = '' } = call.request;
          if (isOfFilledPool(call, reads) || !isOfLatest(call) || !(live.has(method) || snapshots.has(method)))
            continue;
          if (validatorLists.has(method)) await untilAnswered(node, call, (list) => list);
          else if (snapshots.has(method)) await untilAnswered(node, call, (found) => comparable(found as SnapshotJson));
          else await compare(node, call, 'at the end');
          compared++;
        }
      }
      expect(compared).toBeGreaterThanOrEqual(least);
    });
  },
);
