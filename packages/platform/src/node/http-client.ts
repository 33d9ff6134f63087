import { Agent, type IncomingMessage, request as startRequest, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as startTlsRequest } from 'node:https';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpClient, HttpClientRequest, HttpClientResponse } from '../http.ts';

export type HttpClientErrorCode =
  | 'HTTP_UNREACHABLE' // no connection, or it broke before the answer was complete
  | 'HTTP_TIMEOUT'
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_ABORTED'
  | 'HTTP_URL_INVALID';

export interface NodeHttpClientOptions {
  /** Connections kept per address; default 16. */
  readonly maxSockets?: number;
}

function fail(code: HttpClientErrorCode, url: string, message: string, cause?: unknown): IsoquorumError {
  const reaction = code === 'HTTP_UNREACHABLE' || code === 'HTTP_TIMEOUT' ? 'RETRY' : 'REJECT';
  return new IsoquorumError(code, message, { url }, reaction, { cause });
}

interface Target {
  readonly options: RequestOptions;
  readonly secure: boolean;
}

/** `http://host:port/path?query` keeps its path as written; `unix:/path/to.sock:/path` names a socket. @throws HTTP_URL_INVALID */
function parseUrl(url: string): Target {
  const socket = /^unix:(\/[^:]*)(?::(\/.*))?$/.exec(url);
  if (socket !== null)
    return { options: { socketPath: socket[1], path: socket[2] ?? '/', host: 'localhost' }, secure: false };
  const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[^/?#:@]+)(?::(\d{1,5}))?(\/[^#]*)?$/.exec(url);
  if (match === null) throw fail('HTTP_URL_INVALID', url, `Invalid URL ${url}`);
  const [, scheme, host = '', port, path = '/'] = match;
  const secure = scheme === 'https';
  return {
    options: {
      host: host.replace(/^\[|\]$/g, ''),
      port: port === undefined ? (secure ? 443 : 80) : Number(port),
      path,
    },
    secure,
  };
}

function collect(response: IncomingMessage, maxBodyBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    response.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        response.destroy();
        resolve(undefined);
      } else chunks.push(chunk);
    });
    response.once('end', () => {
      const body = new Uint8Array(size);
      let offset = 0;
      for (const chunk of chunks) {
        body.set(chunk, offset);
        offset += chunk.length;
      }
      resolve(body);
    });
    response.once('error', reject);
    response.once('close', () => {
      if (!response.complete) reject(new Error('connection closed before the answer was complete'));
    });
  });
}

/** An HTTP/1.1 client with kept-alive connections; also speaks over unix sockets. */
export function createNodeHttpClient(options: NodeHttpClientOptions = {}): HttpClient {
  const agentOptions = { keepAlive: true, maxSockets: options.maxSockets ?? 16, keepAliveMsecs: 30_000 };
  const agent = new Agent(agentOptions);
  const tlsAgent = new TlsAgent(agentOptions);

  const once = (request: HttpClientRequest, target: Target): Promise<HttpClientResponse> =>
    new Promise((resolve, reject) => {
      const timeoutMs = request.timeoutMs ?? 30_000;
      const start = target.secure ? startTlsRequest : startRequest;
      const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body;
      const outgoing = start({
        ...target.options,
        method: request.method,
        agent: target.secure ? tlsAgent : agent,
        headers: { ...request.headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      });
      const timer = setTimeout(() => {
        stop('HTTP_TIMEOUT', `no answer from ${request.url} within ${timeoutMs} ms`);
      }, timeoutMs);
      const abort = (): void => stop('HTTP_ABORTED', `request to ${request.url} was aborted`);
      const finish = (): void => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', abort);
      };
      const stop = (code: HttpClientErrorCode, message: string, cause?: unknown): void => {
        finish();
        reject(fail(code, request.url, message, cause));
        outgoing.destroy();
      };
      request.signal?.addEventListener('abort', abort, { once: true });
      outgoing.once('error', (error) => {
        const reused = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        stop('HTTP_UNREACHABLE', `cannot reach ${request.url}: ${error.message}`, reused ? staleSocket : error);
      });
      outgoing.once('response', (response) => {
        collect(response, request.maxBodyBytes ?? 32 << 20).then(
          (bytes) => {
            if (bytes === undefined) {
              stop('HTTP_BODY_TOO_LARGE', `answer of ${request.url} is too large`);
              return;
            }
            finish();
            const headers: Record<string, string | undefined> = Object.create(null);
            for (const [name, value] of Object.entries(response.headers)) {
              headers[name] = Array.isArray(value) ? value.join(', ') : value;
            }
            resolve({ status: response.statusCode ?? 0, reason: response.statusMessage ?? '', headers, body: bytes });
          },
          (error: unknown) => stop('HTTP_UNREACHABLE', `connection to ${request.url} broke`, error),
        );
      });
      outgoing.end(body);
    });

  return {
    async request(request) {
      const target = parseUrl(request.url);
      if (request.signal?.aborted === true)
        throw fail('HTTP_ABORTED', request.url, `request to ${request.url} was aborted`);
      try {
        return await once(request, target);
      } catch (error) {
        // A kept-alive connection that the server closed while idle says nothing about the server: one fresh try.
        if (error instanceof IsoquorumError && error.cause === staleSocket) return once(request, target);
        throw error;
      }
    },
    close() {
      agent.destroy();
      tlsAgent.destroy();
    },
  };
}

const staleSocket: unique symbol = Symbol('kept-alive connection was closed by the server');
