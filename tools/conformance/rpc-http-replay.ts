import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseFailure, describeValue, expectEqual, isWanted, runCase } from './check.ts';
import { Comparison, type ReplayKnowledge, type RpcAnswer, skipBalance, skipUnrecorded } from './rpc-comparison.ts';
import { compareOrExplain } from './rpc-difference.ts';

export interface HttpExchange {
  readonly i: number;
  readonly step: string;
  readonly transport: 'http';
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly raw: string | null;
    readonly parsed?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly raw: string;
    readonly parsed?: unknown;
  };
}

/** Asks the same again, or something else instead (JSON text). */
type Again = (instead?: string) => Promise<RpcAnswer>;

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Polled until it answers as recorded, within this time. */
const POLL_MS = 20_000;
const POLL_EVERY_MS = 100;
/** Methods that clients ask again and again until something has happened. */
const POLLED: ReadonlySet<string> = new Set([
  'eth_getTransactionReceipt',
  'eth_getFilterChanges',
  'eth_getTransactionByHash',
  'eth_getPrivateTransactionReceipt',
]);

/** The body of an abridged request: `0x<2,700,000 zero bytes>`. */
function unabridged(raw: string): string {
  return raw.replace(/<([0-9,]+) zero bytes>/g, (_, count: string) => '00'.repeat(Number(count.replaceAll(',', ''))));
}

async function ask(url: string, exchange: HttpExchange, body: string | undefined): Promise<Received> {
  const { method, path, headers } = exchange.request;
  const gzip = exchange.response.headers['content-encoding'] === 'gzip' ? { 'accept-encoding': 'gzip' } : {};
  return await new Promise<Received>((resolve, reject) => {
    const length = body === undefined || body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = httpRequest(
      new URL(path, url),
      { method, headers: { ...gzip, ...headers, ...length }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text =
            response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes).toString() : bytes.toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
        response.on('error', reject);
      },
    );
    sent.setTimeout(POLL_MS, () => reject(new CaseFailure(`no answer within ${POLL_MS} ms`)));
    // The answer to a body that is too large comes while it is still being sent.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    sent.end(body);
  });
}

function methodOf(parsed: unknown): string {
  return typeof parsed === 'object' && parsed !== null && 'method' in parsed ? String(parsed.method) : '';
}

function isPrivateRequest(parsed: unknown): boolean {
  const text = JSON.stringify(parsed ?? null);
  return text.includes('"privateFor"') || text.includes('RawPrivateTransaction');
}

/** True when a recorded answer may have been given before, and ours may be given after, something happened. */
function isMoment(method: string, theirs: RpcAnswer): boolean {
  const { result } = theirs;
  if (!POLLED.has(method)) return false;
  return (
    result === null ||
    (Array.isArray(result) && result.length === 0) ||
    (typeof result === 'object' && 'blockHash' in result && result.blockHash === null)
  );
}

/** Waits until our answer is as far as the recorded one. */
async function untilThere(again: Again, first: RpcAnswer, theirs: RpcAnswer): Promise<RpcAnswer> {
  const isThere = (answer: RpcAnswer): boolean => {
    const { result } = answer;
    if (answer.error !== undefined) return true;
    if (Array.isArray(theirs.result)) return Array.isArray(result) && result.length >= theirs.result.length;
    return result !== null && !(typeof result === 'object' && 'blockHash' in result && result.blockHash === null);
  };
  let answer = first;
  for (const end = Date.now() + POLL_MS; !isThere(answer) && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
    const next = await again();
    // Changes are given out once: collect them.
    answer =
      Array.isArray(answer.result) && Array.isArray(next.result)
        ? { ...next, result: [...(answer.result as unknown[]), ...(next.result as unknown[])] }
        : next;
  }
  return answer;
}

/** Puts one exchange to our network and compares. */
async function replay(url: string, exchange: HttpExchange, knowledge: ReplayKnowledge): Promise<void> {
  const { request, response } = exchange;
  const { translation } = knowledge;
  const translated = translation.request(request.parsed);
  const isSame = JSON.stringify(translated) === JSON.stringify(request.parsed);
  const body = request.raw === null ? undefined : isSame ? unabridged(request.raw) : JSON.stringify(translated);
  const received = await ask(url, exchange, body);
  expectEqual(received.status, response.status, 'status');
  for (const [name, value] of Object.entries(response.headers))
    expectEqual(received.headers[name], value, `header ${name}`);
  if (response.parsed === undefined) {
    // The announced length of an abridged body is not known.
    const plain = (text: string): string => text.replace(/\((?:[0-9]+|<content length>)>/, '(N>');
    expectEqual(plain(received.text), plain(response.raw), 'body');
    return;
  }
  const ours = JSON.parse(received.text) as unknown;
  if (!Array.isArray(response.parsed)) {
    const again: Again = async (instead) => JSON.parse((await ask(url, exchange, instead ?? body)).text) as RpcAnswer;
    await compareOne(request.parsed, response.parsed as RpcAnswer, ours as RpcAnswer, knowledge, again);
    return;
  }
  if (!Array.isArray(ours) || ours.length !== response.parsed.length)
    throw new CaseFailure(`answered ${describeValue(ours)}, recorded ${describeValue(response.parsed)}`);
  const requests = (request.parsed as unknown[]).filter(
    (entry) => typeof entry !== 'object' || entry === null || 'id' in entry || !('method' in entry),
  );
  for (const [index, theirs] of response.parsed.entries()) {
    const single = JSON.stringify((translated as unknown[])[(request.parsed as unknown[]).indexOf(requests[index])]);
    const again: Again = async (instead) => JSON.parse((await ask(url, exchange, instead ?? single)).text) as RpcAnswer;
    await compareOne(requests[index], theirs as RpcAnswer, ours[index] as RpcAnswer, knowledge, again);
  }
}

/** Reads of the head: ours may be a block behind, or ahead. */
const OF_THE_HEAD = /^eth_(getTransactionCount|getBalance|call|getLogs|getStorageAt|getCode|estimateGas|storageRoot)$/;
const HEAD_MS = 3000;
const BLOCKS_WIDER = 10;

async function compareOne(
  asked: unknown,
  theirs: RpcAnswer,
  first: RpcAnswer,
  knowledge: ReplayKnowledge,
  again: Again,
): Promise<void> {
  const method = methodOf(asked);
  const { translation } = knowledge;
  skipUnrecorded(method, theirs.result ?? null, knowledge.known);
  if (isMoment(method, theirs) && first.error === undefined) return;
  let ours = POLLED.has(method) && theirs.error === undefined ? await untilThere(again, first, theirs) : first;
  const compare = (): void => {
    expectEqual(ours.id, theirs.id, 'id');
    new Comparison(translation, method, isPrivateRequest(asked)).answer(theirs, ours);
  };
  for (const end = Date.now() + HEAD_MS; OF_THE_HEAD.test(method) && Date.now() < end && !holds(compare); ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    ours = await again();
  }
  const wider = holds(compare) ? undefined : widerRange(translation.request(asked));
  if (wider !== undefined) ours = onlyThoseOf(theirs, await again(wider));
  if (!holds(compare)) skipBalance(method, knowledge);
  compareOrExplain({ suite: 'rpc', method, rules: 'goquorum' }, ours, compare, theirs);
}

/** Which block a transaction lands in is not determined: a question for logs of a few blocks, asked for some more. */
function widerRange(asked: unknown): string | undefined {
  const { method, params } = asked as { method?: unknown; params?: unknown };
  const [filter] = Array.isArray(params) ? (params as readonly unknown[]) : [];
  if (method !== 'eth_getLogs' || typeof filter !== 'object' || filter === null) return undefined;
  const { fromBlock, toBlock } = filter as { fromBlock?: unknown; toBlock?: unknown };
  const isNumber = (value: unknown): value is string => typeof value === 'string' && value.startsWith('0x');
  if (!isNumber(fromBlock) || !isNumber(toBlock)) return undefined;
  const from = Math.max(0, Number(fromBlock) - BLOCKS_WIDER);
  const to = Number(toBlock) + BLOCKS_WIDER;
  const wider = { ...filter, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` };
  return JSON.stringify({ ...(asked as object), params: [wider] });
}

/** Of the logs found in a wider range those whose transactions are recorded. */
function onlyThoseOf(theirs: RpcAnswer, ours: RpcAnswer): RpcAnswer {
  if (!Array.isArray(theirs.result) || !Array.isArray(ours.result)) return ours;
  const wanted = new Set((theirs.result as readonly { transactionHash?: string }[]).map((log) => log.transactionHash));
  const found = (ours.result as readonly { transactionHash?: string }[]).filter((log) =>
    wanted.has(log.transactionHash),
  );
  return { ...ours, result: found };
}

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** Replays the exchanges of one file in order; one case each. */
export async function* replayHttp(
  name: string,
  exchanges: readonly HttpExchange[],
  url: string,
  knowledge: ReplayKnowledge,
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  for (const exchange of exchanges) {
    const methods = Array.isArray(exchange.request.parsed) ? 'batch' : methodOf(exchange.request.parsed);
    const title = `${name} ${exchange.i} ${exchange.step}${methods === '' ? '' : `: ${methods}`}`;
    const result = await runCase(title, () => replay(url, exchange, knowledge));
    // Every exchange runs, since later ones build on it; only those that are asked for are told.
    if (isWanted(title, options)) yield result;
  }
}
