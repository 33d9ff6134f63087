import { IsoquorumError } from '@isoquorum/primitives/errors';
import { encodeArguments } from './arguments.ts';
import { RpcError } from './errors.ts';
import type { AnyMethod, ParamsOf, ResultOf } from './method.ts';
import { methodTable, type MethodName, type Methods } from './methods.ts';
import type { Parameter } from './parameters/codec.ts';

/** Carries a request text to a node and its answer back. */
export type RpcTransport = (body: string) => Promise<string>;

/** The answer was no JSON-RPC. */
export class RpcAnswerError extends IsoquorumError<'RPC_BAD_ANSWER', { readonly method: string }> {
  override readonly name = 'RpcAnswerError';
  constructor(method: string, message: string) {
    super('RPC_BAD_ANSWER', message, { method }, 'RETRY');
  }
}

/** Calls of the method table, typed. */
export interface RpcClient {
  /** @throws RpcError with the node's code, message and data; RpcAnswerError; what the transport throws */
  call<Name extends MethodName>(name: Name, ...params: ParamsOf<Methods[Name]>): Promise<ResultOf<Methods[Name]>>;
  /** Any method by name, JSON in and out. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Many of one method in one batch; errors in place of results. */
  batch<Name extends MethodName>(
    name: Name,
    params: readonly ParamsOf<Methods[Name]>[],
  ): Promise<readonly (ResultOf<Methods[Name]> | RpcError)[]>;
}

interface AnswerJson {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

function parseAnswer(method: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RpcAnswerError(method, `the answer to ${method} is no JSON`);
  }
}

function resultOf(method: string, answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null)
    throw new RpcAnswerError(method, `the answer to ${method} is no object`);
  const { result, error } = answer as AnswerJson;
  if (error !== undefined) throw new RpcError(error.code, error.message, error.data);
  if (result === undefined) throw new RpcAnswerError(method, `the answer to ${method} has neither result nor error`);
  return result;
}

export function createRpcClient(transport: RpcTransport): RpcClient {
  let nextId = 1;

  function requestText(method: string, params: readonly unknown[]): string {
    const id = nextId;
    nextId += 1;
    return JSON.stringify({ jsonrpc: '2.0', id, method, params });
  }

  async function request(method: string, params: readonly unknown[]): Promise<unknown> {
    return resultOf(method, parseAnswer(method, await transport(requestText(method, params))));
  }

  function entryOf(name: string): AnyMethod {
    const entry = methodTable.get(name);
    if (entry === undefined) throw new RpcAnswerError(name, `no method ${name}`);
    return entry;
  }

  return {
    request,
    async call(name, ...params) {
      const entry = entryOf(name);
      const json = await request(name, encodeArguments(params, entry.params as readonly Parameter<unknown>[]));
      return entry.result.decode(json) as never;
    },
    async batch(name, params) {
      if (params.length === 0) return [];
      const entry = entryOf(name);
      const texts = params.map((entryParams) =>
        requestText(name, encodeArguments(entryParams, entry.params as readonly Parameter<unknown>[])),
      );
      const answers = parseAnswer(name, await transport(`[${texts.join(',')}]`));
      if (!Array.isArray(answers)) {
        resultOf(name, answers);
        throw new RpcAnswerError(name, 'the answer to a batch is no list');
      }
      const firstId = nextId - params.length;
      const byId = new Map((answers as readonly AnswerJson[]).map((answer) => [answer.id, answer]));
      return params.map((_, position) => {
        try {
          return entry.result.decode(resultOf(name, byId.get(firstId + position))) as never;
        } catch (error) {
          if (error instanceof RpcError) return error;
          throw error;
        }
      });
    },
  };
}
