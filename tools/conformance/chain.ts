import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { exportChain } from '@isoquorum/node/import/export-chain';
import type { RaftAnswer, RaftRequest } from '@isoquorum/node/testing/raft-network';
import { openRecordedNode, type RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import type { ChainCase } from './chain-case.ts';
import { expectAnswer } from './chain-comparison.ts';
import { dumpCases } from './chain-dumps.ts';
import { filterCases, frameCases } from './chain-frames.ts';
import { openRaftReads, type RaftReads } from './chain-raft.ts';
import { variantCases } from './chain-variants.ts';
import { refusalCases } from './chain-writes.ts';
import { CaseSkip, describeError, expectEqual, expectThat, isWanted, runCase } from './check.ts';
import { listFolder, readBytes, readJson, readOptionalJson } from './files.ts';
import type { RpcAnswer } from './rpc-comparison.ts';
import { compareOrExplain } from './rpc-difference.ts';

interface About {
  readonly nodeDetails: readonly { readonly node: number }[];
}

interface RecordedRoots {
  readonly hash?: string;
  readonly blockHash?: string;
  readonly stateRoot?: string;
  readonly privateStateRoot?: string | Readonly<Record<string, string>>;
}

interface RecordedReceipt {
  readonly hash: string;
  readonly psi?: string;
  readonly receipt: unknown;
}

interface RpcRequest {
  readonly method?: string;
  readonly params?: readonly unknown[];
}

interface RecordedCall {
  readonly note?: string;
  readonly psi?: string;
  readonly request: RpcRequest | readonly RpcRequest[];
  readonly response: unknown;
}

interface RecordedWrite {
  readonly node: number;
  readonly request: RpcRequest;
  readonly response: unknown;
}

/** Answers that say something about the machine or the moment (vectors/README.md). */
const MOMENTARY = /^(web3_clientVersion|net_peerCount|eth_mining|admin_.*|txpool_.*)$/;

function isMomentary({ method, params }: RpcRequest): boolean {
  if (method === undefined) return false;
  return (
    MOMENTARY.test(method) ||
    (/^eth_getBlock(ByNumber|TransactionCountByNumber)$/.test(method) && params?.[0] === 'pending')
  );
}

/** Without the time that a tracer of calls reports. */
function withoutTime(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTime);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, part]) => !(key === 'time' && typeof part === 'string' && part.endsWith('s')),
  );
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutTime(part)]));
}

const noSubscriptions = { subscribe: () => undefined, unsubscribe: () => undefined } as never;

async function ask(node: RecordedNode, request: unknown, psi: string | undefined): Promise<unknown> {
  const context = { transport: 'http', psi } as never;
  const text = await node.service.handleText(JSON.stringify(request), context, noSubscriptions);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** True for a recorded `txpool_status` that counts transactions. */
function hasWaiting({ request, response }: RecordedCall): boolean {
  if (Array.isArray(request) || (request as RpcRequest).method !== 'txpool_status') return false;
  const { pending, queued } = ((response as RpcAnswer).result ?? {}) as {
    readonly pending?: string;
    readonly queued?: string;
  };
  return Number(pending ?? 0) + Number(queued ?? 0) > 0;
}

/** Transaction hashes on both sides of a private transaction: its digest is random, made by the manager's /send (vectors/README.md). */
function isRandomDigest({ method, params }: RpcRequest, ours: unknown, recorded: unknown): boolean {
  const isHash = (answer: unknown): boolean => /^0x[0-9a-f]{64}$/.test(String((answer as RpcAnswer).result));
  const args = params?.[0] as { readonly privateFor?: unknown } | undefined;
  return (
    method?.endsWith('_sendTransaction') === true && args?.privateFor !== undefined && isHash(ours) && isHash(recorded)
  );
}

/** Whether an answer depends on what waits in the pool. */
function asksThePool({ method, params }: RpcRequest, recorded: unknown): boolean {
  const { result, error } = recorded as RpcAnswer;
  const isSent =
    /_send\w*Transaction$/.test(method ?? '') &&
    (result !== undefined || /^(already known|replacement transaction underpriced)$/.test(error?.message ?? ''));
  return isSent || (params?.includes('pending') ?? false);
}

async function checkCall(
  node: RecordedNode,
  { request, psi, response }: RecordedCall,
  isPoolEmpty: boolean,
): Promise<void> {
  const requests = Array.isArray(request) ? (request as readonly RpcRequest[]) : [request as RpcRequest];
  if (requests.some(isMomentary))
    throw new CaseSkip('the answer depends on the machine or the moment (vectors/README.md)');
  const ours = withoutTime(await ask(node, request, psi));
  const [first] = requests;
  if (first !== undefined && !isDeepStrictEqual(ours, response)) {
    if (isRandomDigest(first, ours, response))
      throw new CaseSkip('the digest of a private payload is random (vectors/README.md)');
    if (!isPoolEmpty && asksThePool(first, response))
      throw new CaseSkip('the recorded pool held transactions that no block holds: what it answers is of that moment');
  }
  const method = requests.map((one) => one.method ?? '').join(' ');
  compareOrExplain(
    'chain',
    method,
    ours as RpcAnswer,
    () => expectAnswer(ours, withoutTime(response)),
    response as RpcAnswer,
  );
}

function* rootCases(folder: string, title: string, node: RecordedNode, number: number): Generator<ChainCase> {
  const { chain } = node.running.context;
  for (const [at, recorded] of (
    readOptionalJson<readonly RecordedRoots[]>(join(folder, 'nodes', String(number), 'private-roots.json')) ?? []
  ).entries()) {
    yield {
      name: `${title} block ${at}`,
      run: () => {
        const found = chain.blockByNumber(at);
        expectThat(found !== undefined, 'the block is not there');
        expectEqual(bytesToHex(found.hash), recorded.hash ?? recorded.blockHash, 'the hash');
        if (recorded.stateRoot !== undefined)
          expectEqual(bytesToHex(found.block.header.stateRoot), recorded.stateRoot, 'the state root');
        const roots = recorded.privateStateRoot;
        if (roots === undefined) return;
        const expected = typeof roots === 'string' ? { private: roots } : roots;
        for (const [psi, root] of Object.entries(expected)) {
          expectEqual(bytesToHex(chain.privateStateRoot(found.hash, psi)), root, `the private state root of ${psi}`);
        }
      },
    };
  }
}

function* readCases(
  folder: string,
  title: string,
  node: RecordedNode,
  number: number,
  raft: RaftReads,
): Generator<ChainCase> {
  const own = join(folder, 'nodes', String(number));
  for (const { hash, psi, receipt } of readOptionalJson<readonly RecordedReceipt[]>(join(own, 'receipts.json.gz')) ??
    []) {
    yield {
      name: `${title} receipt ${hash}${psi === undefined ? '' : ` ${psi}`}`,
      run: async () => {
        const answer = (await ask(
          node,
          { jsonrpc: '2.0', id: 1, method: 'eth_getTransactionReceipt', params: [hash] },
          psi,
        )) as RpcAnswer;
        const compare = (): void => expectAnswer(answer.error ?? answer.result, receipt);
        compareOrExplain('chain', 'eth_getTransactionReceipt', answer, compare, { result: receipt });
      },
    };
  }
  const { calls } = readOptionalJson<{ readonly calls: readonly RecordedCall[] }>(join(own, 'rpc.json.gz')) ?? {
    calls: [],
  };
  const isPoolEmpty = calls.every((call) => !hasWaiting(call));
  for (const [index, call] of calls.entries()) {
    const method = Array.isArray(call.request) ? 'batch' : ((call.request as RpcRequest).method ?? 'call');
    const run = method.startsWith('raft_')
      ? () => raft.check(call.request as RaftRequest, call.response as RaftAnswer)
      : () => checkCall(node, call, isPoolEmpty);
    yield { name: `${title} rpc ${index} ${method}`, run };
  }
}

function checkExport(folder: string, node: RecordedNode): void {
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
}

/** Casts the votes that were recorded at this node: what it votes for is shown by reads. */
async function vote(folder: string, node: RecordedNode, number: number): Promise<void> {
  const writes = readOptionalJson<readonly RecordedWrite[]>(join(folder, 'workload.json.gz')) ?? [];
  for (const { node: asked, request, response } of writes) {
    const isVote = /^(istanbul|clique)_(propose|discard)$/.test(request.method ?? '');
    if (asked === number && isVote && (response as RpcAnswer).error === undefined) await ask(node, request, undefined);
  }
}

async function* nodeResults(
  folder: string,
  chain: string,
  number: number,
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  const title = `${chain} node ${number}`;
  const wanted = async function* (cases: Iterable<ChainCase>): AsyncGenerator<CaseResult> {
    for (const { name, run } of cases) if (isWanted(name, options)) yield await runCase(name, run);
  };
  let node: RecordedNode;
  try {
    node = await openRecordedNode({ chainFolder: folder, node: number, rules: 'goquorum' });
  } catch (error) {
    yield { name: `${title} import`, status: 'failed', reason: describeError(error) };
    return;
  }
  const raft = openRaftReads(folder, number);
  try {
    yield { name: `${title} import`, status: 'passed' };
    await vote(folder, node, number);
    yield* wanted([{ name: `${title} export`, run: () => checkExport(folder, node) }]);
    yield* wanted(rootCases(folder, title, node, number));
    yield* wanted(dumpCases(folder, title, node, number));
    yield* wanted(readCases(folder, title, node, number, raft));
  } finally {
    await raft.close();
    await node.close();
  }
}

/** Recordings of what this version does not have. */
function* unplayed(folder: string, chain: string): Generator<CaseResult> {
  for (const [file, reason] of [
    ['graphql.json.gz', 'GraphQL is not in this version'],
    ['mps-upgrade.json.gz', 'turning one private state into several (mpsdbupgrade) is not in this version'],
  ] as const) {
    if (existsSync(join(folder, file))) yield { name: `${chain} ${file}`, status: 'skipped', reason };
  }
}

/** Suite `chain`: recorded chains, at every node's view. `path` is one chain, or a folder of such. */
export async function* chainSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  await installFastestCrypto();
  const root = resolve(path);
  const folders = existsSync(join(root, 'about.json')) ? [root] : listFolder(root).map((name) => join(root, name));
  for (const folder of folders) {
    if (!existsSync(join(folder, 'about.json'))) continue;
    const chain = basename(folder);
    for (const { node } of readJson<About>(join(folder, 'about.json')).nodeDetails) {
      const isAny = options.only === undefined || options.only.includes(chain) || !/ /.test(options.only);
      if (isAny) yield* nodeResults(folder, chain, node, options);
    }
    yield* unplayed(folder, chain);
    for (const cases of [variantCases, frameCases, filterCases, refusalCases])
      for (const { name, run } of cases(folder, chain)) if (isWanted(name, options)) yield await runCase(name, run);
  }
}
