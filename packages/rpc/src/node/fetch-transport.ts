import { RpcAnswerError, type RpcTransport } from '../jsonrpc/client.ts';

export interface FetchTransportOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole exchange; no limit when absent. */
  readonly timeoutMs?: number;
}

/** Carries requests to `url` by `fetch`. */
export function createFetchTransport(url: string, options: FetchTransportOptions = {}): RpcTransport {
  return async (body) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...options.headers },
      body,
      ...(options.timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(options.timeoutMs) }),
    });
    const text = await response.text();
    if (!response.ok) throw new RpcAnswerError('', `HTTP ${response.status}: ${text.slice(0, 200)}`);
    return text;
  };
}
