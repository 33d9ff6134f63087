import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { noSubscriptions } from '../jsonrpc/connection.ts';
import type { RpcService } from '../jsonrpc/service.ts';
import type { RpcRequestContext } from '../jsonrpc/session.ts';
import { isHostAllowed, isOriginAllowed } from './access.ts';
import { gzipBody } from './gzip.ts';
import { closeServer, listen, type RpcListener } from './listen.ts';

export interface HttpShellOptions {
  readonly service: RpcService;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Names that the `Host` header may have beside IP addresses; `*` allows all. Default `localhost`. */
  readonly allowedHosts?: readonly string[];
  /** Origins whose pages may read answers. Default none: then no CORS header is sent at all. */
  readonly allowedOrigins?: readonly string[];
  /** Further connections are refused; default 2,000. */
  readonly connectionsMax?: number;
}

const CONTENT_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/json-rpc',
  'application/jsonrequest',
]);
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
const IDLE_MS = 120_000;
const REQUEST_MS = 30_000;

/** An error of the HTTP level, as Go's `http.Error` writes it. */
function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${message}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

/** For so long what is still being sent is thrown away, so that the client reads the refusal and not a broken connection. */
const DISCARD_MS = 2000;

/** Refuses a body that is too large while it may still be on its way. */
function refuseTooLarge(
  request: IncomingMessage,
  response: ServerResponse,
  message: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = `${message}\n`;
  response.writeHead(413, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
    connection: 'close',
  });
  response.write(body);
  const timer = setTimeout(() => response.end(), DISCARD_MS);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once('end', finish);
  request.once('close', finish);
  request.resume();
}

/** `content-type` in the form that headers are compared in: `Content-Type`. */
function canonicalHeader(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`);
}

function answerPreflight(request: IncomingMessage, response: ServerResponse, allowedOrigins: readonly string[]): void {
  const origin = request.headers.origin;
  const method = request.headers['access-control-request-method'];
  const headers: Record<string, string> = { vary: PREFLIGHT_VARY, 'content-length': '0' };
  if (origin !== undefined && isOriginAllowed(origin, allowedOrigins) && (method === 'POST' || method === 'GET')) {
    headers['access-control-allow-origin'] = origin;
    headers['access-control-allow-methods'] = method;
    const asked = request.headers['access-control-request-headers'];
    if (typeof asked === 'string' && asked !== '') {
      headers['access-control-allow-headers'] = asked
        .split(',')
        .map((name) => canonicalHeader(name.trim().toLowerCase()))
        .join(', ');
    }
    headers['access-control-max-age'] = '600';
  }
  response.writeHead(200, headers);
  response.end();
}

function privateStateOf(request: IncomingMessage, query: string): string | undefined {
  const header = request.headers['quorum-psi'];
  if (typeof header === 'string' && header !== '') return header;
  if (query === '') return undefined;
  return new URLSearchParams(query).get('PSI') ?? undefined;
}

/** Reads the body; `undefined` when it is larger than allowed, or its connection broke. */
function readBody(request: IncomingMessage, bytesMax: number, done: (text: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let settled = false;
  const settle = (text: string | undefined): void => {
    if (settled) return;
    settled = true;
    done(text);
  };
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > bytesMax) settle(undefined);
    else chunks.push(chunk);
  });
  request.on('end', () => {
    const [only] = chunks;
    settle(chunks.length === 1 && only !== undefined ? only.toString('utf8') : Buffer.concat(chunks).toString('utf8'));
  });
  request.on('error', () => settle(undefined));
}

function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
  text: string,
): void {
  if (response.destroyed) return;
  headers['content-type'] = 'application/json';
  const accepted = request.headers['accept-encoding'];
  if (typeof accepted === 'string' && accepted.includes('gzip')) {
    gzipBody(text, (member) => {
      headers['content-encoding'] = 'gzip';
      headers['content-length'] = String(member.length);
      response.writeHead(200, headers);
      response.end(member);
    });
    return;
  }
  headers['content-length'] = String(Buffer.byteLength(text));
  response.writeHead(200, headers);
  response.end(text);
}

/** Serves JSON-RPC over HTTP as GoQuorum does: paths, methods, content types, hosts, CORS, limits, gzip. @throws PORT_BUSY, LISTEN_FAILED */
export async function listenHttp(options: HttpShellOptions): Promise<RpcListener> {
  const { service, host = '127.0.0.1', allowedHosts = ['localhost'], allowedOrigins = [] } = options;
  const { bodyBytesMax } = service.limits;

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    if (path !== '/') {
      response.writeHead(404, { 'content-length': '0' });
      response.end();
      return;
    }
    if (!isHostAllowed(request.headers.host, allowedHosts)) {
      refuse(response, 403, 'invalid host specified');
      return;
    }
    const cors: Record<string, string> = {};
    if (allowedOrigins.length > 0) {
      if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
        answerPreflight(request, response, allowedOrigins);
        return;
      }
      cors['vary'] = 'Origin';
      const origin = request.headers.origin;
      if (origin !== undefined && isOriginAllowed(origin, allowedOrigins)) cors['access-control-allow-origin'] = origin;
    }
    const length = Number(request.headers['content-length'] ?? 0);
    if (
      request.method === 'GET' &&
      length === 0 &&
      query === '' &&
      request.headers['transfer-encoding'] === undefined
    ) {
      response.writeHead(200, { ...cors, 'content-length': '0' });
      response.end();
      return;
    }
    if (request.method === 'PUT' || request.method === 'DELETE') {
      refuse(response, 405, 'method not allowed', cors);
      return;
    }
    if (length > bodyBytesMax) {
      refuseTooLarge(request, response, `content length too large (${length}>${bodyBytesMax})`, cors);
      return;
    }
    if (request.method !== 'OPTIONS' && !CONTENT_TYPES.has(mediaType(request.headers['content-type']))) {
      refuse(response, 415, 'invalid content type, only application/json is supported', cors);
      return;
    }
    readBody(request, bodyBytesMax, (text) => {
      if (text === undefined) {
        refuseTooLarge(request, response, `content length too large (more than ${bodyBytesMax})`, cors);
        return;
      }
      const context: RpcRequestContext = { transport: 'http', psi: privateStateOf(request, query) };
      const answer = service.handleText(text, context, noSubscriptions);
      if (answer instanceof Promise) {
        answer.then(
          (settled) => sendAnswer(request, response, cors, settled ?? ''),
          (error: unknown) => {
            service.logger.log('error', 'a JSON-RPC request failed unexpectedly', { error: String(error) });
            response.destroy();
          },
        );
      } else sendAnswer(request, response, cors, answer ?? '');
    });
  }

  const server = createServer(
    { keepAliveTimeout: IDLE_MS, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, noDelay: true },
    serve,
  );
  server.maxConnections = options.connectionsMax ?? 2000;
  const port = await listen(server, host, options.port);
  return { host, port, close: () => closeServer(server) };
}

function mediaType(header: string | undefined): string {
  if (header === undefined) return '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}
