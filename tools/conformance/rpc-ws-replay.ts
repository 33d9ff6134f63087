import { WebSocket } from 'ws';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseFailure, expectEqual, isWanted, runCase } from './check.ts';
import { Comparison, type ReplayKnowledge, type RpcAnswer, skipBalance, skipUnrecorded } from './rpc-comparison.ts';
import { compareOrExplain } from './rpc-difference.ts';

export interface WsExchange {
  readonly i: number;
  readonly step: string;
  readonly transport: 'ws';
  readonly connection: number;
  readonly open?: { readonly path: string; readonly headers: Readonly<Record<string, string>> };
  readonly request?: { readonly raw: string; readonly parsed?: unknown };
  readonly response?: { readonly raw: string; readonly parsed?: unknown };
  readonly closedByNode?: { readonly code: number };
  readonly refused?: { readonly status: number };
}

interface Notification {
  readonly method: string;
  readonly params: { readonly subscription: string; readonly result: unknown };
}

const WAIT_MS = 20_000;
/** What a socket that ends without a closing frame reports. */
const ABNORMAL = 1006;

/** One connection to our node: answers by id, notifications by subscription. */
class Connection {
  private readonly socket: WebSocket;
  private readonly inbox: unknown[] = [];
  readonly opened: Promise<number>;
  readonly closed: Promise<number>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data: Buffer) => this.inbox.push(JSON.parse(data.toString())));
    this.opened = new Promise((resolve) => {
      this.socket.once('open', () => resolve(101));
      this.socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        // Who listens to the refusal has to end the attempt.
        this.socket.terminate();
      });
      this.socket.on('error', () => resolve(0));
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  close(): void {
    this.socket.terminate();
  }

  /** The first message that matches, waited for. */
  async take(what: string, matches: (message: unknown) => boolean): Promise<unknown> {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; ) {
      const index = this.inbox.findIndex(matches);
      if (index >= 0) return this.inbox.splice(index, 1)[0];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new CaseFailure(`nothing came: ${what}`);
  }
}

function isNotification(parsed: unknown): parsed is Notification {
  return typeof parsed === 'object' && parsed !== null && 'method' in parsed && 'params' in parsed;
}

/** Ids of an answer: its own, or those of a batch. */
function idKey(parsed: unknown): string {
  if (Array.isArray(parsed)) return JSON.stringify(parsed.map((entry: RpcAnswer) => entry.id));
  return JSON.stringify((parsed as RpcAnswer).id ?? null);
}

interface Session {
  readonly connections: Map<number, Connection>;
  /** What was asked, by connection and id. */
  readonly asked: Map<string, { readonly method: string; readonly isPrivate: boolean }>;
  /** Subscription id of the recording → its name. */
  readonly subscribed: Map<string, string>;
}

function remember(session: Session, connection: number, parsed: unknown): void {
  for (const entry of Array.isArray(parsed) ? parsed : [parsed]) {
    if (typeof entry !== 'object' || entry === null || !('id' in entry) || !('method' in entry)) continue;
    const isPrivate = JSON.stringify(entry).includes('"privateFor"');
    session.asked.set(`${connection} ${JSON.stringify(entry.id)}`, { method: String(entry.method), isPrivate });
  }
}

async function expectAnswer(
  session: Session,
  exchange: WsExchange,
  parsed: unknown,
  knowledge: ReplayKnowledge,
): Promise<void> {
  const connection = session.connections.get(exchange.connection);
  if (connection === undefined) throw new CaseFailure('the connection is not open');
  const key = idKey(parsed);
  const ours = await connection.take(
    `the answer ${key}`,
    (message) =>
      !isNotification(message) && idKey(message) === key && (!Array.isArray(parsed) || Array.isArray(message)),
  );
  const pairs = Array.isArray(parsed)
    ? parsed.map((entry, index) => [entry, (ours as unknown[])[index]] as const)
    : [[parsed, ours] as const];
  for (const [theirs, mine] of pairs as readonly (readonly [RpcAnswer, RpcAnswer])[]) {
    const { method = '', isPrivate = false } =
      session.asked.get(`${exchange.connection} ${JSON.stringify(theirs.id)}`) ?? {};
    // Whether a transaction is mined already is a matter of moments.
    if (
      mine.error === undefined &&
      theirs.error === undefined &&
      (mine.result === null) !== (theirs.result === null) &&
      /Receipt|ByHash|ByNumber/.test(method)
    )
      continue;
    skipUnrecorded(method, theirs.result ?? null, knowledge.known);
    if (theirs.result !== mine.result) skipBalance(method, knowledge);
    const compare = (): void => new Comparison(knowledge.translation, method, isPrivate).answer(theirs, mine);
    compareOrExplain({ suite: 'rpc', method, rules: 'goquorum' }, mine, compare, theirs);
  }
}

async function expectNotification(
  session: Session,
  exchange: WsExchange,
  parsed: Notification,
  knowledge: ReplayKnowledge,
): Promise<void> {
  const connection = session.connections.get(exchange.connection);
  if (connection === undefined) throw new CaseFailure('the connection is not open');
  skipUnrecorded('eth_subscription', parsed.params.result, knowledge.known);
  const id = knowledge.translation.text(parsed.params.subscription);
  const ours = (await connection.take(
    `a notification of ${id}`,
    (message) => isNotification(message) && message.params.subscription === id,
  )) as Notification;
  expectEqual(ours.method, parsed.method, 'method');
  // Which transactions are seen first is not determined; their hashes are those of the requests.
  if (typeof parsed.params.result === 'string') return;
  new Comparison(knowledge.translation, 'eth_subscription', false).answer(
    { result: parsed.params.result },
    { result: ours.params.result },
  );
}

async function replay(url: string, exchange: WsExchange, session: Session, knowledge: ReplayKnowledge): Promise<void> {
  const { translation } = knowledge;
  const { open, request, response, closedByNode, refused, connection: number } = exchange;
  if (open !== undefined) {
    const connection = new Connection(new URL(open.path, url).href, open.headers);
    session.connections.set(number, connection);
    await connection.opened;
  }
  const connection = session.connections.get(number);
  if (refused !== undefined) expectEqual(await connection?.opened, refused.status, 'status of the refusal');
  if (request !== undefined) {
    remember(session, number, request.parsed);
    const translated = translation.request(request.parsed);
    connection?.send(
      JSON.stringify(translated) === JSON.stringify(request.parsed) ? request.raw : JSON.stringify(translated),
    );
  }
  if (response !== undefined) {
    if (isNotification(response.parsed)) await expectNotification(session, exchange, response.parsed, knowledge);
    else await expectAnswer(session, exchange, response.parsed, knowledge);
  }
  // 1005: the client closed. Then ours does too.
  if (closedByNode === undefined) return;
  if (closedByNode.code === ABNORMAL) expectEqual(await connection?.closed, ABNORMAL, 'code of the close');
  else connection?.close();
}

/** Replays the frames of one file in order; one case each. */
export async function* replayWebSocket(
  name: string,
  exchanges: readonly WsExchange[],
  url: string,
  knowledge: ReplayKnowledge,
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  const session: Session = { connections: new Map(), asked: new Map(), subscribed: new Map() };
  try {
    for (const exchange of exchanges) {
      const what =
        exchange.request === undefined ? (exchange.response === undefined ? 'connection' : 'answer') : 'request';
      const title = `${name} ${exchange.i} ${exchange.step}: ${what}`;
      const result = await runCase(title, () => replay(url, exchange, session, knowledge));
      if (isWanted(title, options)) yield result;
    }
  } finally {
    for (const connection of session.connections.values()) connection.close();
  }
}
