import { IsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { HttpClient, HttpClientRequest, HttpClientResponse, HttpHandler, HttpResponse } from '../http.ts';

/** HTTP without sockets: servers and clients of one process, for simulations, tests and managers inside a node. */
export interface MemoryHttp {
  /** Serves `http://host:port`. @throws PORT_BUSY */
  listen(
    handler: HttpHandler,
    address: { readonly host: string; readonly port: number },
  ): Promise<{ readonly url: string; close(): Promise<void> }>;
  readonly client: HttpClient;
}

async function bodyOf(body: HttpResponse['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array(0);
  if (typeof body === 'string') return utf8ToBytes(body);
  if (body instanceof Uint8Array) return body.slice();
  const chunks: number[] = [];
  for await (const chunk of body) chunks.push(...chunk);
  return Uint8Array.from(chunks);
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function exchange(
  handler: HttpHandler,
  request: HttpClientRequest,
  host: string,
  target: string,
): Promise<HttpClientResponse> {
  const mark = target.indexOf('?');
  const gone = new AbortController();
  const response = await handler({
    method: request.method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers: { host, ...lowerNames(request.headers ?? {}) },
    body: typeof request.body === 'string' ? utf8ToBytes(request.body) : (request.body?.slice() ?? new Uint8Array(0)),
    remoteAddress: undefined,
    signal: request.signal ?? gone.signal,
  });
  return {
    status: response.status,
    reason: response.reason ?? '',
    headers: lowerNames(response.headers ?? {}),
    body: request.method === 'HEAD' ? new Uint8Array(0) : await bodyOf(response.body),
  };
}

/** A client that asks one handler, whatever the URL's host. */
export function createHandlerClient(handler: HttpHandler): HttpClient {
  return {
    request(request) {
      const match = /^https?:\/\/([^/]+)(\/.*)?$/.exec(request.url);
      return exchange(handler, request, match?.[1] ?? 'localhost', match?.[2] ?? '/');
    },
    close() {},
  };
}

export function createMemoryHttp(): MemoryHttp {
  const servers = new Map<string, HttpHandler>();
  return {
    async listen(handler, { host, port }) {
      const name = `${host}:${port}`;
      if (servers.has(name))
        throw new IsoquorumError('PORT_BUSY', `port ${port} on ${host} is in use`, { host, port }, 'STOP');
      servers.set(name, handler);
      return {
        url: `http://${name}`,
        async close() {
          servers.delete(name);
        },
      };
    },
    client: {
      async request(request) {
        const match = /^http:\/\/([^/]+)(\/.*)?$/.exec(request.url);
        const handler = servers.get(match?.[1] ?? '');
        if (match === null || handler === undefined) {
          throw new IsoquorumError('HTTP_UNREACHABLE', `cannot reach ${request.url}`, { url: request.url }, 'RETRY');
        }
        return exchange(handler, request, match[1] as string, match[2] ?? '/');
      },
      close() {},
    },
  };
}
