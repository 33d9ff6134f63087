import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { HttpHandler, HttpResponse } from '../http.ts';

export interface HttpServerOptions {
  readonly handler: HttpHandler;
  /** TCP address, or a unix socket path. Port 0 picks a free port. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  /** Larger request bodies are answered 413. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Headers and body must have arrived by then; default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Idle connections are closed after this; default 60,000. */
  readonly keepAliveMs?: number;
  /** Further connections are refused; default 1,024. */
  readonly maxConnections?: number;
  /** Told of what a handler throws; the client sees 500 without details. */
  readonly onError?: (error: unknown) => void;
}

export interface HttpServer {
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  readonly port: number | undefined;
  /** Refuses new connections, lets running requests finish for at most `graceMs` (default 5,000), then closes all. Safe to call twice. */
  close(graceMs?: number): Promise<void>;
}

export type HttpServerErrorCode =
  | 'PORT_BUSY' // fields: host, port
  | 'SOCKET_BUSY' // another process answers on that unix socket; fields: path
  | 'LISTEN_FAILED';

class BodyTooLarge extends Error {}

async function readBody(request: IncomingMessage, maxBodyBytes: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw new BodyTooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function joinHeaders(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

async function answer(response: ServerResponse, result: HttpResponse, headOnly: boolean): Promise<void> {
  response.statusCode = result.status;
  response.statusMessage = result.reason ?? STATUS_CODES[result.status] ?? '';
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  const body = result.body;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const length =
      body === undefined ? 0 : typeof body === 'string' ? new TextEncoder().encode(body).length : body.length;
    if (result.status !== 204 && result.status !== 304) response.setHeader('content-length', length);
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end(headOnly ? undefined : body, resolve);
    });
    return;
  }
  if (headOnly) response.end();
  else await pipeline(Readable.from(body, { objectMode: false }), response);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpServerOptions,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  // An answer that went out whole needs no abort (which is not free: it makes an exception).
  const abort = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  response.once('close', abort);
  stopping.addEventListener('abort', abort, { once: true });
  try {
    const body = await readBody(request, options.maxBodyBytes ?? 1 << 20);
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    const result = await options.handler({
      method: request.method ?? 'GET',
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      headers: joinHeaders(request),
      body,
      remoteAddress: request.socket.remoteAddress,
      signal: gone.signal,
    });
    await answer(response, result, request.method === 'HEAD');
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      if (!response.headersSent) response.writeHead(413, { connection: 'close', 'content-length': '0' });
      response.end(() => request.destroy());
    } else if (response.destroyed || request.aborted) {
      response.destroy();
    } else {
      options.onError?.(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-length': '0' }).end();
    }
  } finally {
    stopping.removeEventListener('abort', abort);
  }
}

/** Removes a socket file that no process answers on. @throws SOCKET_BUSY, LISTEN_FAILED */
async function clearSocket(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  if (!stat.isSocket())
    throw new IsoquorumError('LISTEN_FAILED', `${path} exists and is not a socket`, { path }, 'STOP');
  const busy = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (busy) throw new IsoquorumError('SOCKET_BUSY', `another process listens on ${path}`, { path }, 'STOP');
  await rm(path, { force: true });
}

function listen(server: Server, address: HttpServerOptions['address']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE' && 'port' in address;
      const message = busy ? `port ${address.port} on ${address.host} is in use` : `cannot listen: ${error.message}`;
      reject(
        new IsoquorumError(busy ? 'PORT_BUSY' : 'LISTEN_FAILED', message, { ...address }, 'STOP', { cause: error }),
      );
    });
    if ('path' in address) server.listen(address.path, resolve);
    else server.listen(address.port, address.host, resolve);
  });
}

/**
 * Starts an HTTP/1.1 server with bounded bodies, times and connections.
 * @throws PORT_BUSY, SOCKET_BUSY, LISTEN_FAILED
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const timeout = options.requestTimeoutMs ?? 30_000;
  const server = createServer({
    requestTimeout: timeout,
    headersTimeout: Math.min(timeout, 10_000),
    keepAliveTimeout: options.keepAliveMs ?? 60_000,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections ?? 1_024;
  server.on('request', (request, response) => {
    const task = handle(request, response, options, stopping.signal).finally(() => running.delete(task));
    running.add(task);
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  if ('path' in options.address) await clearSocket(options.address.path);
  await listen(server, options.address);
  server.on('error', (error) => options.onError?.(error));
  if ('path' in options.address) await chmod(options.address.path, 0o600);
  const port = 'path' in options.address ? undefined : (server.address() as AddressInfo).port;
  const host = 'path' in options.address ? '' : options.address.host;
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    stopping.abort();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    await Promise.race([Promise.allSettled(running), grace]);
    clearTimeout(timer);
    server.closeAllConnections();
    await closed;
  };
  return {
    url:
      'path' in options.address
        ? `unix:${options.address.path}`
        : `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: (graceMs = 5_000) => (closing ??= close(graceMs)),
  };
}
