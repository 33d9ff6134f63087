import type { Random } from '@isoquorum/platform/random';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { decodeArguments } from './arguments.ts';
import { errorText, notificationText } from './envelope.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, PARSE_ERROR, RpcError, SERVER_ERROR } from './errors.ts';
import { parameter } from './parameters/codec.ts';
import type { Parameter } from './parameters/codec.ts';
import { id as idCodec } from './parameters/scalars.ts';
import { subscriptions as subscriptionTable, type SubscriptionHandlers } from './methods.ts';
import type { Subscription } from './method.ts';
import type { RpcService, SubscriptionCalls } from './service.ts';
import type { RpcRequestContext } from './session.ts';

export interface RpcConnectionOptions {
  readonly service: RpcService;
  readonly subscriptionHandlers: SubscriptionHandlers;
  readonly request: RpcRequestContext;
  readonly random: Random;
  /** Sends a text to the client; called in order. */
  readonly send: (text: string) => void;
}

/** A client that stays connected: it can subscribe. */
export interface RpcConnection {
  /** Answers a message through `send`. Resolves with what the transport should do next. */
  receive(text: string): 'continue' | 'close' | Promise<'continue' | 'close'>;
  /** Ends all subscriptions. */
  close(): void;
  subscriptionCount(): number;
}

const NO_SUBSCRIPTIONS = new RpcError(SERVER_ERROR, 'notifications not supported');
const NOT_FOUND = new RpcError(SERVER_ERROR, 'subscription not found');
const UNSUBSCRIBE_PARAMETERS = [parameter('id', idCodec)] as readonly Parameter<unknown>[];

function unsubscribeId(params: unknown): string {
  return decodeArguments(params, UNSUBSCRIBE_PARAMETERS)[0] as string;
}

/** For transports that answer once. */
export const noSubscriptions: SubscriptionCalls = {
  subscribe() {
    throw NO_SUBSCRIPTIONS;
  },
  unsubscribe(params) {
    unsubscribeId(params);
    throw NOT_FOUND;
  },
};

/** A random id as the original makes them: up to 32 hex digits without leading zeros. */
export function createRpcId(random: Random): string {
  const digits = bytesToHex(random.bytes(16)).slice(2).replace(/^0+/, '');
  return `0x${digits === '' ? '0' : digits}`;
}

type AnySubscriptionHandler = (
  request: RpcRequestContext,
  notify: (item: unknown) => void,
  ...params: unknown[]
) => () => void;

export function createRpcConnection(options: RpcConnectionOptions): RpcConnection {
  const { service, request, random, send } = options;
  const handlers = options.subscriptionHandlers as unknown as Readonly<Record<string, AnySubscriptionHandler>>;
  const table = subscriptionTable as unknown as Readonly<Record<string, Subscription<readonly unknown[], never>>>;
  const active = new Map<string, () => void>();
  /** Notifications wait here until the answer that names their subscription is sent. */
  const unannounced = new Map<string, string[]>();
  let closed = false;

  function notify(namespace: string, id: string, item: string): void {
    if (closed || !active.has(id)) return;
    const text = `${notificationText(namespace, id, item)}\n`;
    const waiting = unannounced.get(id);
    if (waiting === undefined) send(text);
    else waiting.push(text);
  }

  function announce(): void {
    if (unannounced.size === 0) return;
    const waiting = [...unannounced.values()];
    unannounced.clear();
    for (const texts of waiting) for (const text of texts) send(text);
  }

  const calls: SubscriptionCalls = {
    subscribe(namespace, params) {
      const [name, ...rest] = Array.isArray(params) ? (params as readonly unknown[]) : [];
      if (typeof name !== 'string') throw new RpcError(INVALID_PARAMS, 'expected subscription name as first argument');
      const entry = namespace === 'eth' && Object.hasOwn(table, name) ? table[name] : undefined;
      const handler = handlers[name];
      if (entry === undefined || handler === undefined)
        throw new RpcError(METHOD_NOT_FOUND, `no "${name}" subscription in ${namespace} namespace`);
      const parameters = entry.params as readonly Parameter<unknown>[];
      // The name counts as a parameter in the texts of errors.
      const decoded = decodeArguments(
        [name, ...rest],
        [parameter('name', idCodec) as Parameter<unknown>, ...parameters],
      ).slice(1);
      if (active.size >= service.limits.subscriptionsMax)
        throw new RpcError(SERVER_ERROR, 'too many subscriptions', { code: 'TOO_MANY_SUBSCRIPTIONS' });
      const id = createRpcId(random);
      unannounced.set(id, []);
      active.set(id, () => {});
      const stop = handler(
        request,
        (item) => notify(namespace, id, JSON.stringify(entry.item.encode(item as never))),
        ...decoded,
      );
      active.set(id, stop);
      return id;
    },
    unsubscribe(params) {
      const id = unsubscribeId(params);
      const stop = active.get(id);
      if (stop === undefined) throw NOT_FOUND;
      active.delete(id);
      unannounced.delete(id);
      stop();
      return true;
    },
  };

  let badJson = false;
  function finish(answer: string | undefined): 'continue' | 'close' {
    if (answer !== undefined && !closed) send(answer);
    announce();
    return badJson ? 'close' : 'continue';
  }

  return {
    receive(text) {
      const answer = service.handleText(text, request, calls, (error) => {
        badJson = true;
        return `${errorText('null', new RpcError(PARSE_ERROR, error.message))}\n`;
      });
      return answer instanceof Promise ? answer.then(finish) : finish(answer);
    },
    close() {
      closed = true;
      for (const stop of active.values()) stop();
      active.clear();
      unannounced.clear();
    },
    subscriptionCount: () => active.size,
  };
}
