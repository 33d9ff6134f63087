import { INVALID_REQUEST, type RpcError } from './errors.ts';
import { stringifyLikeGo } from './go-json.ts';

/** One entry of a request text, as the original reads it. */
export type RpcMessage =
  /** To be run and answered. `id` is JSON text, echoed. */
  | { readonly type: 'call'; readonly id: string; readonly method: string; readonly params: unknown }
  /** To be run; no answer. */
  | { readonly type: 'notification'; readonly method: string; readonly params: unknown }
  /** An answer that somebody sent us: ignored. */
  | { readonly type: 'response' }
  /** Answered with -32600 `invalid request`. */
  | { readonly type: 'invalid'; readonly id: string };

type Fields = Readonly<Record<string, unknown>>;

/** A member by name; by a name that differs in case only, when the exact one is absent (Go's rule). The last one wins. */
function member(fields: Fields, name: string): unknown {
  const exact = fields[name];
  if (exact !== undefined || Object.hasOwn(fields, name)) return exact;
  let found: unknown;
  for (const key of Object.keys(fields)) if (key.toLowerCase() === name) found = fields[key];
  return found;
}

/** JSON text of an id; `undefined` when it is absent or of a kind that is refused. */
function idText(id: unknown): string | undefined {
  switch (typeof id) {
    case 'string':
      return stringifyLikeGo(id.toWellFormed());
    case 'number':
      return String(id);
    case 'boolean':
      return String(id);
    default:
      return id === null ? 'null' : undefined;
  }
}

/** Reads one entry: an id of any scalar kind, the version unread, unknown members ignored. Never throws. */
export function readMessage(value: unknown): RpcMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { type: 'invalid', id: 'null' };
  const fields = value as Fields;
  const givenId = member(fields, 'id');
  const givenMethod = member(fields, 'method');
  const method = typeof givenMethod === 'string' ? givenMethod : '';
  const id = idText(givenId);
  if (method === '') {
    const answers =
      member(fields, 'params') === undefined &&
      (member(fields, 'result') !== undefined || member(fields, 'error') !== undefined);
    if (id !== undefined && answers) return { type: 'response' };
    return { type: 'invalid', id: id ?? 'null' };
  }
  const params = member(fields, 'params');
  if (id !== undefined) return { type: 'call', id, method, params };
  return givenId === undefined ? { type: 'notification', method, params } : { type: 'invalid', id: 'null' };
}

/** True when some number of the text would not survive JavaScript's numbers; then ids are read from the source. */
export function hasLongNumber(source: string): boolean {
  return /[0-9]{16}/.test(source);
}

/** The same value with top-level (or batch-level) numeric ids replaced by their source text, for {@link readMessage}'s `id`. */
export function idSources(source: string): readonly (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  const visit: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown = function (
    key,
    value,
    context,
  ) {
    if (key.toLowerCase() === 'id' && typeof value === 'number' && !Number.isSafeInteger(value))
      return { exactNumber: context.source };
    return value;
  };
  const parsed: unknown = JSON.parse(source, visit as (key: string, value: unknown) => unknown);
  for (const entry of Array.isArray(parsed) ? parsed : [parsed]) {
    const id = typeof entry === 'object' && entry !== null ? member(entry as Fields, 'id') : undefined;
    const exact = typeof id === 'object' && id !== null ? (id as { exactNumber?: unknown }).exactNumber : undefined;
    ids.push(typeof exact === 'string' ? exact : undefined);
  }
  return ids;
}

/** Text of a successful answer, without line end. `result` is JSON text. */
export function resultText(id: string, result: string): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
}

/** Text of an error answer, without line end. */
export function errorText(id: string, error: RpcError): string {
  const body =
    error.data === undefined
      ? { code: error.rpcCode, message: error.message }
      : { code: error.rpcCode, message: error.message, data: error.data };
  return `{"jsonrpc":"2.0","id":${id},"error":${stringifyLikeGo(body)}}`;
}

/** Text of the answer to what is not a request. */
export function invalidRequestText(id: string, message = 'invalid request'): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${stringifyLikeGo({ code: INVALID_REQUEST, message })}}`;
}

/** Text of a notification of a subscription. `result` is JSON text. */
export function notificationText(namespace: string, subscription: string, result: string): string {
  return `{"jsonrpc":"2.0","method":"${namespace}_subscription","params":{"subscription":"${subscription}","result":${result}}}`;
}
