import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What the page asks its server for, apart from its own files. */
export interface PlaygroundContent {
  /** Folder of the built page. */
  readonly directory: string;
  /** JSON documents by path, made at each request. */
  readonly documents: ReadonlyMap<string, () => unknown>;
  /** Trades a ticket for a fresh invitation; undefined when the ticket is not ours. */
  invite(ticket: string): string | undefined;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Scripts from here only, connections to this machine only; WebAssembly, but never `eval`. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TICKET_BODY_BYTES = 1_024;

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > TICKET_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(
    chunks.length === 1 ? chunks[0] : Uint8Array.from(chunks.flatMap((chunk) => [...chunk])),
  );
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(text);
}

async function answerTicket(
  content: PlaygroundContent,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): Promise<void> {
  if (request.headers.origin !== undefined && request.headers.origin !== origin) {
    answer(response, 403, { code: 'ORIGIN_REFUSED', message: 'only the playground itself may ask for an invitation' });
    return;
  }
  const body = await readBody(request);
  let ticket: unknown;
  try {
    ticket = (JSON.parse(body ?? '') as { ticket?: unknown } | null)?.ticket;
  } catch {
    answer(response, 400, { code: 'BODY_INVALID', message: 'the body must be {"ticket": "…"}' });
    return;
  }
  const invitation = typeof ticket === 'string' ? content.invite(ticket) : undefined;
  if (invitation === undefined)
    answer(response, 403, {
      code: 'TICKET_UNKNOWN',
      message: 'this ticket is not of this network: open the address that `isoquorum dev` prints',
    });
  else answer(response, 200, { invitation });
}

async function answerFile(
  content: PlaygroundContent,
  path: string,
  response: ServerResponse,
  headOnly: boolean,
): Promise<void> {
  const wanted = normalize(join('/', path === '/' ? 'index.html' : path));
  const file = join(content.directory, wanted);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': stats.size,
    'cache-control': wanted.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  });
  if (headOnly) response.end();
  else await pipeline(createReadStream(file), response).catch(() => response.destroy());
}

/** Serves the built page on 127.0.0.1, with a Host check; returns a function that stops it. */
export async function servePlayground(content: PlaygroundContent, port: number): Promise<() => Promise<void>> {
  const origin = `http://127.0.0.1:${port}`;
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', origin).pathname;
    const document = content.documents.get(path);
    if (!hosts.has(request.headers.host ?? ''))
      response.writeHead(403, { 'content-type': 'text/plain' }).end('invalid host specified\n');
    else if (request.method === 'POST' && path === '/invitations')
      void answerTicket(content, request, response, origin).catch(() => response.destroy());
    else if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405).end();
    else if (document !== undefined) answer(response, 200, document());
    else
      void answerFile(content, decodeURIComponentSafely(path), response, request.method === 'HEAD').catch(() =>
        response.destroy(),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

function decodeURIComponentSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
