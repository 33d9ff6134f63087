import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RaftAnswer, RaftRequest } from '@isoquorum/node/testing/raft-network';
import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import type { ChainCase } from './chain-case.ts';
import { ask, askMethod, skipSilentManager } from './chain-asking.ts';
import { expectAnswer } from './chain-comparison.ts';
import { expectKind, isMomentary } from './chain-moments.ts';
import { type RestoredPool, restorePool, withoutRefused } from './chain-pool.ts';
import type { RaftReads } from './chain-raft.ts';
import { skipTraceOfRun } from './chain-traces.ts';
import { CaseFailure, CaseSkip, describeValue } from './check.ts';
import { readOptionalJson } from './files.ts';
import type { RpcAnswer } from './rpc-comparison.ts';
import { compareOrExplain, type Question } from './rpc-difference.ts';

interface RecordedReceipt {
  readonly hash: string;
  readonly psi?: string;
  readonly receipt: unknown;
  /** Of private and marker transactions: `eth_getPrivateTransactionReceipt`, or its error. */
  readonly privateReceipt?: unknown;
  readonly privateError?: NonNullable<RpcAnswer['error']>;
}

export interface RpcRequest {
  readonly method?: string;
  readonly params?: readonly unknown[];
}

interface RecordedCall {
  readonly note?: string;
  readonly psi?: string | undefined;
  readonly request: RpcRequest | readonly RpcRequest[];
  readonly response: unknown;
}

type Rules = Question['rules'];

/** What the reads of one node are asked of. */
export interface ReadNode {
  readonly folder: string;
  readonly title: string;
  readonly number: number;
  readonly rules: Rules;
  readonly raft: RaftReads;
  readonly open: () => Promise<RecordedNode>;
}

/** `nodes/<i>/receipts.json.gz`: the receipt of every transaction, and the one of what a marker or a private payload hides. */
export function* receiptCases({ folder, title, number, rules, open }: ReadNode): Generator<ChainCase> {
  const path = join(folder, 'nodes', String(number), 'receipts.json.gz');
  for (const recorded of readOptionalJson<readonly RecordedReceipt[]>(path) ?? []) {
    const { hash, psi, receipt, privateReceipt, privateError } = recorded;
    const name = `${hash}${psi === undefined ? '' : ` ${psi}`}`;
    const check = async (method: string, expected: RpcAnswer): Promise<void> => {
      const answer = await askMethod(await open(), method, [hash], psi);
      const compare = (): void => expectAnswer(answer.error ?? answer.result, expected.error ?? expected.result);
      compareOrExplain({ suite: 'chain', method, params: [hash], rules }, answer, compare, expected);
    };
    yield { name: `${title} receipt ${name}`, run: () => check('eth_getTransactionReceipt', { result: receipt }) };
    if (privateReceipt === undefined && privateError === undefined) continue;
    const expected = privateError === undefined ? { result: privateReceipt } : { error: privateError };
    yield {
      name: `${title} private receipt ${name}`,
      run: () => check('eth_getPrivateTransactionReceipt', expected),
    };
  }
}

/** Without the time that a tracer of calls reports. */
function withoutTime(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTime);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, part]) => !(key === 'time' && typeof part === 'string' && /^[\d.]+(ns|µs|ms|s|m)$/.test(part)),
  );
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutTime(part)]));
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value);
}

/** Transaction hashes on both sides of a private transaction: its digest is random, made by the manager's /send (vectors/README.md). */
function isRandomDigest({ method, params }: RpcRequest, ours: RpcAnswer, recorded: RpcAnswer): boolean {
  const args = params?.[0] as { readonly privateFor?: unknown } | null | undefined;
  return (
    method?.endsWith('_sendTransaction') === true &&
    args?.privateFor !== undefined &&
    isHash(ours.result) &&
    isHash(recorded.result) &&
    ours.result !== recorded.result
  );
}

/** Compares the answer to one request. @throws CaseFailure, CaseSkip */
function checkAnswer(
  request: RpcRequest,
  ours: RpcAnswer,
  recorded: RpcAnswer,
  rules: Rules,
  pool: RestoredPool,
): void {
  const { method = '', params } = request;
  const question: Question = { suite: 'chain', method, params, rules };
  if (isMomentary(request)) {
    compareOrExplain(question, ours, () => expectKind(ours, recorded), recorded);
    throw new CaseSkip(
      'the answer depends on the machine or the moment (vectors/README.md): only its kind is compared',
    );
  }
  if (isRandomDigest(request, ours, recorded))
    throw new CaseSkip('the digest of a private payload is random (vectors/README.md)');
  const [first] = pool.refused;
  if (first !== undefined && /^txpool_\w+$/.test(method) && !isDeepStrictEqual(ours, recorded)) {
    expectAnswer(ours, { ...recorded, result: withoutRefused(recorded.result, pool) });
    throw new CaseSkip(first.entry.reason, first.entry.code);
  }
  compareOrExplain(question, ours, () => expectAnswer(ours, recorded), recorded);
}

/** Compares the answers to a batch, each as if it had been asked alone. @throws CaseFailure, CaseSkip */
function checkBatch(
  requests: readonly RpcRequest[],
  ours: unknown,
  recorded: readonly RpcAnswer[],
  rules: Rules,
  pool: RestoredPool,
): void {
  if (!Array.isArray(ours) || ours.length !== recorded.length)
    throw new CaseFailure(`the batch is answered ${describeValue(ours)}, not ${describeValue(recorded)}`);
  let skip: CaseSkip | undefined;
  for (const [place, answer] of recorded.entries()) {
    const asked = requests.find((request) => 'id' in request && request.id === answer.id) ?? {};
    try {
      checkAnswer(asked, ours[place] as RpcAnswer, answer, rules, pool);
    } catch (error) {
      if (!(error instanceof CaseSkip)) throw error;
      skip ??= error;
    }
  }
  if (skip !== undefined) throw skip;
}

/** Account that a write is sent from. */
function senderOf({ request }: RecordedCall): string | undefined {
  const [args] = ('params' in request ? request.params : undefined) ?? [];
  const { from } = (args ?? {}) as { readonly from?: unknown };
  return typeof from === 'string' ? from.toLowerCase() : undefined;
}

/** True for an answer that follows from what the sender sent before. */
function followsFromPool({ response }: RecordedCall): boolean {
  const { message = '' } = (response as RpcAnswer).error ?? {};
  return /^(already known|replacement transaction underpriced)$/.test(message);
}

/** True for a write that the recorded node took: it waits in the pool when the next reads are made. */
function isTaken({ request, response }: RecordedCall): boolean {
  return (
    'method' in request &&
    /_(send|distribute)\w*Transaction$/.test(request.method ?? '') &&
    (response as RpcAnswer).error === undefined
  );
}

/** `nodes/<i>/rpc.json.gz`: reads, and writes that are refused, while the chain stands still with what waits in the pool. */
export function* callCases({ folder, title, number, rules, raft, open }: ReadNode): Generator<ChainCase> {
  const path = join(folder, 'nodes', String(number), 'rpc.json.gz');
  const { calls } = readOptionalJson<{ readonly calls: readonly RecordedCall[] }>(path) ?? { calls: [] };
  const content = calls.find(({ request }) => 'method' in request && request.method === 'txpool_content');
  let restored: Promise<RestoredPool> | undefined;
  /** Accounts that a write of ours was refused to by design, so that less of theirs waits here. */
  const withheld = new Map<string, CaseSkip>();
  let asked = 0;

  async function restore(node: RecordedNode): Promise<RestoredPool> {
    const shown = (content?.response as RpcAnswer | undefined)?.result;
    if (shown === undefined) return { refused: [] };
    return await restorePool(node, shown as Parameters<typeof restorePool>[1]);
  }

  async function checkCall(place: number, { request, psi, response }: RecordedCall): Promise<void> {
    const node = await open();
    const pool = await (restored ??= restore(node));
    // Writes before this call are made first, when they were not cases that were asked for.
    for (const before of calls.slice(asked, place)) if (isTaken(before)) await ask(node, before.request, before.psi);
    asked = place + 1;
    const ours = withoutTime(await ask(node, request, psi));
    const recorded = withoutTime(response);
    if (Array.isArray(request))
      checkBatch(request as readonly RpcRequest[], ours, recorded as readonly RpcAnswer[], rules, pool);
    else await checkTraced(node, { request, psi, response: recorded }, ours as RpcAnswer, pool);
  }

  /** Under strict rules a trace may show another run than the recorded one: the one that was. */
  async function checkTraced(
    node: RecordedNode,
    call: RecordedCall,
    ours: RpcAnswer,
    pool: RestoredPool,
  ): Promise<void> {
    try {
      checkSingle(call, ours, pool);
    } catch (error) {
      if (rules === 'strict' && error instanceof CaseFailure)
        await skipTraceOfRun(node, call.request as RpcRequest, ours, call.psi);
      throw error;
    }
  }

  function checkSingle(call: RecordedCall, ours: RpcAnswer, pool: RestoredPool): void {
    const sender = senderOf(call) ?? '';
    try {
      checkAnswer(call.request as RpcRequest, ours, call.response as RpcAnswer, rules, pool);
    } catch (error) {
      skipSilentManager(folder, ours);
      const earlier = withheld.get(sender);
      if (error instanceof CaseFailure && earlier !== undefined && followsFromPool(call)) throw earlier;
      if (error instanceof CaseSkip && isTaken(call) && ours.error !== undefined) withheld.set(sender, error);
      throw error;
    }
  }

  for (const [place, call] of calls.entries()) {
    const method = Array.isArray(call.request) ? 'batch' : ((call.request as RpcRequest).method ?? 'call');
    const run = method.startsWith('raft_')
      ? () => raft.check(call.request as RaftRequest, call.response as RaftAnswer)
      : () => checkCall(place, call);
    yield { name: `${title} rpc ${place} ${method}`, run };
  }
}
