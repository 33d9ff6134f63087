import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RulesProfile } from '@isoquorum/node/node-options';
import { openRecordedNode, type RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { readBlock } from '@isoquorum/primitives/block';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { ChainCase } from './chain-case.ts';
import { expectAnswer } from './chain-comparison.ts';
import { CaseFailure, differByDesign, expectEqual } from './check.ts';
import { readBytes, readJson, readOptionalJson } from './files.ts';

interface Answer {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

interface RecordedFrame {
  readonly node: number;
  readonly from: 'client' | 'server';
  readonly frame: Answer;
}

interface RecordedWrite {
  readonly node: number;
  readonly head: number;
  readonly note?: string;
  readonly request: Answer;
  readonly response: Answer;
}

interface Notification {
  readonly subscription: string;
  readonly result: unknown;
}

function notificationOf({ method, params }: Answer): Notification | undefined {
  return method === 'eth_subscription' ? (params as Notification) : undefined;
}

/** Transactions of the chain by hash. */
function chainTransactions(folder: string): ReadonlyMap<string, Transaction> {
  const reader = new RlpReader(readBytes(join(folder, 'chain.rlp.gz')));
  const found = new Map<string, Transaction>();
  while (reader.hasMore)
    for (const transaction of readBlock(reader).transactions)
      found.set(bytesToHex(transactionHash(transaction)), transaction);
  return found;
}

/** Number of the block that a notification is about: of a new head, or of a log in it; undefined for other ones. */
function heightOf(result: unknown): number | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { parentHash, number, blockNumber } = result as Readonly<Record<string, string | undefined>>;
  const height = parentHash === undefined ? blockNumber : number;
  return height === undefined ? undefined : Number(height);
}

async function pool(node: RecordedNode, transaction: Transaction | undefined): Promise<void> {
  // One that our pool refuses was refused there as well, or is in a block already.
  if (transaction !== undefined) await node.running.context.pool.add(transaction, 'remote').catch(() => undefined);
}

/** What a client was sent: answers by id, and for each subscription what it told, in order. */
class Received {
  readonly answers = new Map<string, Answer>();
  /** By id of the request that began the subscription. */
  readonly items = new Map<string, unknown[]>();
  private readonly subscriptions = new Map<string, string>();

  take(frame: Answer, subscribes: ReadonlySet<string>): void {
    const told = notificationOf(frame);
    if (told !== undefined) {
      const key = this.subscriptions.get(told.subscription) ?? told.subscription;
      this.items.set(key, [...(this.items.get(key) ?? []), told.result]);
      return;
    }
    const id = JSON.stringify(frame.id);
    this.answers.set(id, frame);
    if (subscribes.has(id) && typeof frame.result === 'string') {
      this.subscriptions.set(frame.result, id);
      this.items.set(id, this.items.get(id) ?? []);
    }
  }
}

/** Logs without the members in which the original's feeds differ from its own eth_getLogs, in the order of the block. */
function withoutPlaces(items: unknown): unknown {
  if (!Array.isArray(items)) return items;
  const places = (item: unknown): string => {
    const log = item as { readonly blockNumber?: string; readonly transactionIndex?: string };
    return `${log.blockNumber?.padStart(20, '0')} ${log.transactionIndex?.padStart(20, '0')}`;
  };
  return items
    .map((item: unknown) => {
      if (typeof item !== 'object' || item === null || !('logIndex' in item)) return item;
      const { logIndex: _index, transactionHash: _hash, ...rest } = item as Readonly<Record<string, unknown>>;
      return rest;
    })
    .toSorted((left, right) => (places(left) < places(right) ? -1 : places(left) > places(right) ? 1 : 0));
}

/** @throws CaseFailure; CaseSkip when only the places of logs differ, which are by design those of eth_getLogs */
function expectFeed(ours: unknown, recorded: unknown): void {
  try {
    expectAnswer(ours, recorded);
  } catch (error) {
    if (!(error instanceof CaseFailure)) throw error;
    if (isDeepStrictEqual(withoutPlaces(ours), withoutPlaces(recorded))) differByDesign('FEED_LOG_PLACES');
    throw error;
  }
}

/** Plays the frames of one node against ours, which grows as the recorded one did. */
async function playFrames(
  folder: string,
  number: number,
  frames: readonly RecordedFrame[],
  rules: RulesProfile,
): Promise<[Received, Received]> {
  const transactions = chainTransactions(folder);
  const firstHead = frames
    .map(({ frame }) => heightOf(notificationOf(frame)?.result))
    .find((head) => head !== undefined);
  // Who is told of no block asks a chain that stands still.
  const until = firstHead === undefined ? {} : { until: firstHead - 1 };
  const node = await openRecordedNode({ chainFolder: folder, node: number, rules, ...until });
  const subscribes = new Set(
    frames.filter(({ frame }) => frame.method === 'eth_subscribe').map(({ frame }) => JSON.stringify(frame.id)),
  );
  const [ours, recorded] = [new Received(), new Received()];
  const connection = node.connect((text) => ours.take(JSON.parse(text) as Answer, subscribes));
  try {
    for (const { from, frame } of frames) {
      if (from === 'client') {
        await connection.receive(JSON.stringify(frame));
        continue;
      }
      recorded.take(frame, subscribes);
      const result = notificationOf(frame)?.result;
      const head = heightOf(result);
      if (head !== undefined) await node.growTo(head);
      else if (typeof result === 'string') await pool(node, transactions.get(result));
    }
  } finally {
    connection.close();
    await node.close();
  }
  return [ours, recorded];
}

/** `ws.json.gz`: what each client was answered and told. */
export function* frameCases(folder: string, title: string, rules: RulesProfile): Generator<ChainCase> {
  const path = join(folder, 'ws.json.gz');
  if (!existsSync(path)) return;
  const frames = readJson<readonly RecordedFrame[]>(path);
  for (const number of new Set(frames.map(({ node }) => node))) {
    const own = frames.filter(({ node }) => node === number);
    let played: Promise<[Received, Received]> | undefined;
    const play = (): Promise<[Received, Received]> => (played ??= playFrames(folder, number, own, rules));
    for (const { from, frame } of own) {
      if (from !== 'client') continue;
      const id = JSON.stringify(frame.id);
      const what = `${frame.method} ${JSON.stringify(frame.params)}`.slice(0, 80);
      yield {
        name: `${title} node ${number} ws ${id} ${what}`,
        run: async () => {
          const [ours, recorded] = await play();
          const [mine, theirs] = [ours.answers.get(id), recorded.answers.get(id)];
          const told = recorded.items.get(id);
          if (told === undefined) expectAnswer(mine, theirs);
          else {
            expectEqual(typeof mine?.result, 'string', 'the subscription');
            expectFeed(ours.items.get(id), told);
          }
        },
      };
    }
  }
}

/** Ids that our node gave in place of recorded ones, inside parameters. */
function translate(params: unknown, ids: ReadonlyMap<string, string>): unknown {
  return Array.isArray(params)
    ? params.map((param: unknown) => (typeof param === 'string' ? (ids.get(param) ?? param) : param))
    : params;
}

const FILTERS = /^eth_(new\w*Filter|getFilter\w+|uninstallFilter)$/;

/** Plays the recorded filters of one node; answers by place in the recording. */
async function playFilters(
  folder: string,
  number: number,
  writes: readonly RecordedWrite[],
  rules: RulesProfile,
): Promise<ReadonlyMap<number, Answer>> {
  const transactions = chainTransactions(folder);
  const first = writes.find(({ node, request }) => node === number && FILTERS.test(request.method ?? ''));
  const node = await openRecordedNode({ chainFolder: folder, node: number, rules, until: first?.head ?? 0 });
  const ids = new Map<string, string>();
  const answers = new Map<number, Answer>();
  const context = { transport: 'http', psi: undefined } as const;
  try {
    for (const [place, { node: asked, head, request, response }] of writes.entries()) {
      if (head > node.running.context.chain.headNumber()) await node.growTo(head);
      if (typeof response.result === 'string' && transactions.has(response.result))
        await pool(node, transactions.get(response.result));
      if (asked !== number || !FILTERS.test(request.method ?? '')) continue;
      const text = JSON.stringify({ ...request, params: translate(request.params, ids) });
      const answer = JSON.parse((await node.service.handleText(text, context, {} as never)) ?? 'null') as Answer;
      answers.set(place, answer);
      if (request.method?.startsWith('eth_new') === true && typeof answer.result === 'string')
        ids.set(String(response.result), answer.result);
    }
  } finally {
    await node.close();
  }
  return answers;
}

/** Filters that were polled while the chain grew (`workload.json.gz`). */
export function* filterCases(folder: string, title: string, rules: RulesProfile): Generator<ChainCase> {
  const writes = readOptionalJson<readonly RecordedWrite[]>(join(folder, 'workload.json.gz')) ?? [];
  const isFilter = ({ request }: RecordedWrite): boolean => FILTERS.test(request.method ?? '');
  for (const number of new Set(writes.filter(isFilter).map(({ node }) => node))) {
    let played: Promise<ReadonlyMap<number, Answer>> | undefined;
    const play = (): Promise<ReadonlyMap<number, Answer>> => (played ??= playFilters(folder, number, writes, rules));
    for (const [place, { node, note, request, response }] of writes.entries()) {
      if (node !== number || !FILTERS.test(request.method ?? '')) continue;
      yield {
        name: `${title} node ${number} filter ${place} ${request.method} ${note ?? ''}`,
        run: async () => {
          const ours = (await play()).get(place);
          if (request.method?.startsWith('eth_new') === true)
            expectEqual(typeof ours?.result, typeof response.result, 'the filter');
          else expectFeed(ours?.error ?? ours?.result, response.error ?? response.result);
        },
      };
    }
  }
}
