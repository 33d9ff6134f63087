import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { HttpHandler } from '../http.ts';
import { createNodeHttpClient } from './http-client.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';

const servers: HttpServer[] = [];
const client = createNodeHttpClient();
afterEach(async () => {
  client.close();
  await Promise.all(servers.splice(0).map((server) => server.close(100)));
});

async function serve(handler: HttpHandler, options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await createHttpServer({ handler, address: { host: '127.0.0.1', port: 0 }, ...options });
  servers.push(server);
  return server;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('HTTP adapters', () => {
  test('path, query, headers and body arrive as sent', async () => {
    const server = await serve((request) => ({
      status: 201,
      reason: 'Fine',
      headers: { 'x-path': request.path, 'x-query': request.query },
      body: new Uint8Array([...request.body].reverse()),
    }));
    const answer = await client.request({
      method: 'POST',
      url: `${server.url}/a%2Fb+c=?x=%20&y`,
      body: new Uint8Array([1, 2, 3]),
    });
    expect(answer.status).toBe(201);
    expect(answer.reason).toBe('Fine');
    expect(answer.headers['x-path']).toBe('/a%2Fb+c=');
    expect(answer.headers['x-query']).toBe('x=%20&y');
    expect([...answer.body]).toEqual([3, 2, 1]);
  });

  test('a body over the limit is 413, announced or not', async () => {
    let calls = 0;
    const server = await serve(() => ({ status: 200 + calls++ }), { maxBodyBytes: 10 });
    const announced = await client.request({ method: 'POST', url: server.url, body: new Uint8Array(11) });
    expect(announced.status).toBe(413);
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(server.port as number, '127.0.0.1');
      let seen = '';
      socket.on('data', (chunk) => (seen += chunk.toString()));
      socket.on('close', () => resolve(seen));
      socket.on('error', () => resolve(seen));
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n');
    });
    expect(raw).toContain('413');
    expect(calls).toBe(0);
  });

  test('a handler that throws gives 500 without details, and tells onError', async () => {
    const seen: unknown[] = [];
    const server = await serve(() => Promise.reject(new Error('secret')), { onError: (error) => seen.push(error) });
    const answer = await client.request({ method: 'GET', url: server.url });
    expect(answer.status).toBe(500);
    expect(text(answer.body)).toBe('');
    expect(seen).toHaveLength(1);
  });

  test('unix sockets, a stale socket file, a busy one, and a file that is no socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isoquorum-http-'));
    const path = join(folder, 'tm.ipc');
    try {
      const server = await serve((request) => ({ status: 200, body: request.path }), { address: { path } });
      expect(text((await client.request({ method: 'GET', url: `unix:${path}:/upcheck` })).body)).toBe('/upcheck');
      await expect(serve(() => ({ status: 200 }), { address: { path } })).rejects.toMatchObject({
        code: 'SOCKET_BUSY',
      });
      await server.close();
      await writeFile(path, 'x');
      await expect(serve(() => ({ status: 200 }), { address: { path } })).rejects.toMatchObject({
        code: 'LISTEN_FAILED',
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a busy port is named', async () => {
    const server = await serve(() => ({ status: 200 }));
    const address = { host: '127.0.0.1', port: server.port as number };
    await expect(serve(() => ({ status: 200 }), { address })).rejects.toMatchObject({
      code: 'PORT_BUSY',
      fields: address,
    });
  });

  test('streams are chunked; closing ends them', async () => {
    async function* ticks(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('one\n');
      yield new TextEncoder().encode('two\n');
    }
    const server = await serve(() => ({ status: 200, body: ticks() }));
    expect(text((await client.request({ method: 'GET', url: server.url })).body)).toBe('one\ntwo\n');
  });

  test('close lets a running request finish and refuses new ones', async () => {
    let release = (): void => {};
    let enter = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const server = await serve(async () => {
      enter();
      await gate;
      return { status: 200, body: 'late' };
    });
    const answer = client.request({ method: 'GET', url: server.url });
    await entered;
    const closing = server.close();
    release();
    await closing;
    expect(text((await answer).body)).toBe('late');
    await expect(client.request({ method: 'GET', url: server.url })).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
    });
  });

  test('client: timeout, abort, oversize answer, bad URL, nobody there', async () => {
    const server = await serve((request) =>
      request.path === '/big' ? { status: 200, body: new Uint8Array(100) } : new Promise(() => {}),
    );
    await expect(client.request({ method: 'GET', url: server.url, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'HTTP_TIMEOUT',
      reaction: 'RETRY',
    });
    const controller = new AbortController();
    const pending = client.request({ method: 'GET', url: server.url, signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: 'HTTP_ABORTED' });
    await expect(client.request({ method: 'GET', url: `${server.url}/big`, maxBodyBytes: 99 })).rejects.toMatchObject({
      code: 'HTTP_BODY_TOO_LARGE',
    });
    await expect(client.request({ method: 'GET', url: 'ftp://x' })).rejects.toMatchObject({ code: 'HTTP_URL_INVALID' });
    await expect(client.request({ method: 'GET', url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
    });
  });
});
