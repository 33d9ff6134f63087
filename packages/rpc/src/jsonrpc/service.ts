import type { Logger } from '@isoquorum/platform/logger';
import { decodeArguments } from './arguments.ts';
import {
  errorText,
  hasLongNumber,
  idSources,
  invalidRequestText,
  readMessage,
  resultText,
  type RpcMessage,
} from './envelope.ts';
import { toRpcError, type IsVerbatim } from './error-mapping.ts';
import { INVALID_REQUEST, methodNotFound, PARSE_ERROR, RESPONSE_TOO_LARGE, RpcError, SERVER_ERROR } from './errors.ts';
import { JsonSyntaxError, parseFirstJsonValue } from './go-json.ts';
import type { RpcLimits } from './limits.ts';
import type { AnyMethod } from './method.ts';
import { methodTable, type Handlers } from './methods.ts';
import type { Parameter } from './parameters/codec.ts';
import type { RpcRequestContext } from './session.ts';

export interface RpcServiceOptions {
  readonly handlers: Handlers;
  readonly isVerbatim: IsVerbatim;
  readonly logger: Logger;
  readonly limits: RpcLimits;
}

/** What runs calls that are not in the method table: `*_subscribe` and `*_unsubscribe`. */
export interface SubscriptionCalls {
  /** @throws RpcError */
  subscribe(namespace: string, params: unknown): string;
  /** @throws RpcError */
  unsubscribe(params: unknown): boolean;
}

/** Answers request texts. One of it serves all transports. */
export interface RpcService {
  readonly limits: RpcLimits;
  readonly logger: Logger;
  /**
   * The answer to a request text, with its line end; `undefined` when there is nothing to answer. Synchronous where the methods are.
   * A text that is no JSON gives `badJson`'s answer.
   */
  handleText(
    text: string,
    request: RpcRequestContext,
    subscriptions: SubscriptionCalls,
    badJson?: (error: JsonSyntaxError) => string,
  ): string | undefined | Promise<string | undefined>;
}

type AnyHandler = (request: RpcRequestContext, ...params: unknown[]) => unknown;
type Answer = string | Promise<string>;

function parseErrorText(): string {
  return `${errorText('null', new RpcError(PARSE_ERROR, 'parse error'))}\n`;
}

export function createRpcService(options: RpcServiceOptions): RpcService {
  const { isVerbatim, logger, limits } = options;
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>;

  function failureText(id: string, method: string, error: unknown): string {
    const known = toRpcError(error, isVerbatim);
    if (known !== undefined) return errorText(id, known);
    logger.log('error', 'a JSON-RPC method failed unexpectedly', {
      method,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return errorText(id, new RpcError(SERVER_ERROR, 'method handler crashed'));
  }

  function encodedResult(id: string, entry: AnyMethod, value: unknown): string {
    return resultText(id, JSON.stringify(entry.result.encode(value as never) ?? null));
  }

  function runMethod(id: string, name: string, entry: AnyMethod, params: unknown, request: RpcRequestContext): Answer {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw methodNotFound(name);
      const value = handler(request, ...decodeArguments(params, entry.params as readonly Parameter<unknown>[]));
      if (!(value instanceof Promise)) return encodedResult(id, entry, value);
      return value.then(
        (settled: unknown) => encodedResult(id, entry, settled),
        (error: unknown) => failureText(id, name, error),
      );
    } catch (error) {
      return failureText(id, name, error);
    }
  }

  function runCall(
    id: string,
    name: string,
    params: unknown,
    request: RpcRequestContext,
    subscriptions: SubscriptionCalls,
  ): Answer {
    const entry = methodTable.get(name);
    if (entry !== undefined) return runMethod(id, name, entry, params, request);
    try {
      if (name.endsWith('_subscribe'))
        return resultText(id, JSON.stringify(subscriptions.subscribe(name.slice(0, -'_subscribe'.length), params)));
      if (name.endsWith('_unsubscribe')) return resultText(id, JSON.stringify(subscriptions.unsubscribe(params)));
      throw methodNotFound(name.toWellFormed());
    } catch (error) {
      return failureText(id, name, error);
    }
  }

  /** The answer to one entry; `undefined` when it gets none. A notification runs, and what it gives is dropped. */
  function runMessage(
    message: RpcMessage,
    request: RpcRequestContext,
    subscriptions: SubscriptionCalls,
  ): Answer | undefined {
    switch (message.type) {
      case 'call':
        return runCall(message.id, message.method, message.params, request, subscriptions);
      case 'notification': {
        const ignored = runCall('null', message.method, message.params, request, subscriptions);
        return ignored instanceof Promise ? ignored.then(() => '') : undefined;
      }
      case 'response':
        return undefined;
      case 'invalid':
        return invalidRequestText(message.id);
      default:
        return message satisfies never;
    }
  }

  async function runBatch(
    messages: readonly RpcMessage[],
    request: RpcRequestContext,
    subscriptions: SubscriptionCalls,
  ): Promise<string | undefined> {
    const answers: string[] = [];
    let size = 0;
    for (let position = 0; position < messages.length; ) {
      // A run of calls that may overlap (sendRawTransaction) begins together; everything else one after another.
      const together: (Answer | undefined)[] = [];
      do {
        const message = messages[position];
        if (message === undefined) break;
        together.push(runMessage(message, request, subscriptions));
        position += 1;
        if (!isConcurrent(message)) break;
      } while (isConcurrent(messages[position]));
      for (const answer of together) {
        const text = answer instanceof Promise ? await answer : answer;
        if (text === undefined || text === '') continue;
        answers.push(text);
        size += text.length;
      }
      if (size > limits.batchAnswerMax)
        return `${errorText('null', new RpcError(RESPONSE_TOO_LARGE, 'response too large'))}\n`;
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]\n`;
  }

  return {
    limits,
    logger,
    handleText(text, request, subscriptions, badJson) {
      let parsed: ReturnType<typeof parseFirstJsonValue>;
      try {
        parsed = parseFirstJsonValue(text);
      } catch (error) {
        if (error instanceof JsonSyntaxError) return badJson === undefined ? parseErrorText() : badJson(error);
        throw error;
      }
      if (parsed === undefined) return undefined;
      const { value, source } = parsed;
      const isBatch = Array.isArray(value);
      const entries: readonly unknown[] = isBatch ? value : [value];
      if (isBatch && entries.length === 0) return `${invalidRequestText('null', 'empty batch')}\n`;
      if (entries.length > limits.batchEntriesMax)
        return `${errorText('null', new RpcError(INVALID_REQUEST, 'batch too large'))}\n`;
      let messages = entries.map((entry) => readMessage(entry));
      if (hasLongNumber(source)) messages = withExactIds(messages, entries, source);
      if (isBatch) return runBatch(messages, request, subscriptions);
      const [message] = messages;
      if (message === undefined) return undefined;
      const answer = runMessage(message, request, subscriptions);
      if (answer instanceof Promise) return answer.then((settled) => (settled === '' ? undefined : `${settled}\n`));
      return answer === undefined ? undefined : `${answer}\n`;
    },
  };
}

function isConcurrent(message: RpcMessage | undefined): boolean {
  return message?.type === 'call' && methodTable.get(message.method)?.concurrent === true;
}

/** Ids that are numbers too long for JavaScript are echoed from the text. */
function withExactIds(messages: readonly RpcMessage[], entries: readonly unknown[], source: string): RpcMessage[] {
  const exact = idSources(source);
  return messages.map((message, position) => {
    const id = exact[position];
    return id !== undefined && message.type === 'call' && typeof entries[position] === 'object'
      ? { ...message, id }
      : message;
  });
}
