import { Buffer } from 'node:buffer';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_LIMITS } from '../jsonrpc/limits.ts';
import { createRpcService, type RpcService } from '../jsonrpc/service.ts';
import { createStubHandlers, silentLogger, stubSubscriptions } from '../testing/stub-handlers.ts';
import { listenHttp } from './http-shell.ts';
import type { RpcListener } from './listen.ts';
import { listenWebSocket } from './ws-shell.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const CALL = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}';
const RESULT = '{"jsonrpc":"2.0","id":1,"result":"0x539"}\n';
let service: RpcService;
let http: RpcListener;
let bare: RpcListener;
let ws: RpcListener;
let notify: (item: never) => void = () => {};
const seenPsi: (string | undefined)[] = [];

beforeAll(async () => {
  const handlers = createStubHandlers({
    eth_getPSI: (request) => {
      seenPsi.push(request.psi);
      return request.psi ?? 'private';
    },
    eth_getQuorumPayload: async (_request, text) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return new Uint8Array(Number(text));
    },
  });
  service = createRpcService({
    handlers,
    isVerbatim: () => false,
    logger: silentLogger,
    limits: { ...DEFAULT_LIMITS, bodyBytesMax: 100_000, batchEntriesMax: 200, subscriptionsMax: 3 },
  });
  http = await listenHttp({
    service,
    port: 0,
    allowedHosts: ['localhost', 'node.example'],
    allowedOrigins: ['https://dapp.example'],
  });
  bare = await listenHttp({ service, port: 0 });
  let seed = 1;
  const random = { bytes: (length: number): Uint8Array => new Uint8Array(length).fill(seed++) };
  const subscriptionHandlers = {
    ...stubSubscriptions,
    newHeads: (_request: unknown, send: (item: never) => void) => ((notify = send), () => void (notify = () => {})),
  };
  ws = await listenWebSocket({
    service,
    subscriptionHandlers: subscriptionHandlers as never,
    random,
    port: 0,
    allowedOrigins: ['https://dapp.example', 'localhost'],
  });
});

afterAll(async () => {
  await Promise.all([http.close(), bare.close(), ws.close()]);
});

async function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
  port = http.port,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const json = { 'content-type': 'application/json' };

describe('HTTP as recorded (vectors/rpc/raw-http)', () => {
  test('a call', async () => {
    const answer = await ask('POST', '/', json, CALL);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json', vary: 'Origin' } });
    expect(answer.body.toString()).toBe(RESULT);
  });

  test.each([
    ['application/json; charset=utf-8', 200],
    ['application/json-rpc', 200],
    ['application/jsonrequest', 200],
    ['APPLICATION/JSON', 200],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
  ])('content type %s → %i', async (contentType, status) => {
    const answer = await ask('POST', '/', { 'content-type': contentType }, CALL);
    expect(answer.status).toBe(status);
    if (status === 415) {
      expect(answer.body.toString()).toBe('invalid content type, only application/json is supported\n');
      expect(answer.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        vary: 'Origin',
      });
    }
  });

  test.each([
    ['GET', '/', {}, undefined, 200, ''],
    ['GET', '/', { ...json, 'content-length': String(CALL.length) }, CALL, 200, RESULT],
    ['HEAD', '/', {}, undefined, 415, ''],
    ['PUT', '/', json, CALL, 405, 'method not allowed\n'],
    ['DELETE', '/', {}, undefined, 405, 'method not allowed\n'],
    ['POST', '/foo', json, CALL, 404, ''],
    ['POST', '/?a=b', json, CALL, 200, RESULT],
    ['POST', '/', json, '', 200, ''],
    ['OPTIONS', '/', {}, undefined, 200, ''],
  ] as const)('%s %s', async (method, path, headers, body, status, text) => {
    const answer = await ask(method, path, headers, body);
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toBe(text);
  });

  test.each([
    ['localhost', 200],
    ['node.example:1234', 200],
    ['NODE.EXAMPLE', 403],
    ['evil.example', 403],
    ['localhost:99', 200],
    ['10.0.0.1', 200],
    ['[::1]:8545', 200],
    ['', 200],
  ])('Host %s → %i', async (host, status) => {
    const answer = await ask('POST', '/', { ...json, host }, CALL);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.toString()).toBe('invalid host specified\n');
  });

  test('CORS: configured origins only', async () => {
    const allowed = await ask('POST', '/', { ...json, origin: 'https://dapp.example' }, CALL);
    expect(allowed.headers['access-control-allow-origin']).toBe('https://dapp.example');
    const other = await ask('POST', '/', { ...json, origin: 'https://evil.example' }, CALL);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    const unconfigured = await ask('POST', '/', { ...json, origin: 'https://dapp.example' }, CALL, bare.port);
    expect(unconfigured.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('CORS: preflight', async () => {
    const headers = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const allowed = await ask('OPTIONS', '/', { origin: 'https://dapp.example', ...headers });
    expect(allowed.headers).toMatchObject({
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      'access-control-allow-origin': 'https://dapp.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '600',
    });
    const other = await ask('OPTIONS', '/', { origin: 'https://evil.example', ...headers });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('gzip whenever it is accepted, small and large', async () => {
    const small = await ask('POST', '/', { ...json, 'accept-encoding': 'gzip, deflate' }, CALL);
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(small.body).toString()).toBe(RESULT);
    const batch = `[${Array.from({ length: 100 }, () => CALL).join(',')}]`;
    const large = await ask('POST', '/', { ...json, 'accept-encoding': 'gzip' }, batch);
    expect(gunzipSync(large.body).toString()).toBe(`[${Array.from({ length: 100 }, () => RESULT.trim()).join(',')}]\n`);
  });

  test('a body that is announced too large is refused while it is still being sent', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(http.port, '127.0.0.1', () =>
        socket.write(
          'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100001\r\n\r\n{',
        ),
      );
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/content length too large \(100001>100000\)\n/);
    expect(answer).toMatch(/connection: close/i);
  });

  test('a body that turns out too large is refused', async () => {
    const answer = await ask('POST', '/', { ...json, 'transfer-encoding': 'chunked' }, 'x'.repeat(150_000)).catch(
      (error: Error) => error,
    );
    if (!(answer instanceof Error)) expect(answer.status).toBe(413);
    expect((await ask('POST', '/', json, CALL)).status).toBe(200);
  });

  test('batches are bounded', async () => {
    const answer = await ask('POST', '/', json, `[${'1,'.repeat(200)}1]`);
    expect(answer.body.toString()).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch too large"}}\n',
    );
  });

  test('the private state that a request names', async () => {
    seenPsi.length = 0;
    await ask('POST', '/', { ...json, 'quorum-psi': 'PS1' }, CALL.replace('eth_chainId', 'eth_getPSI'));
    await ask('POST', '/?PSI=PS2', json, CALL.replace('eth_chainId', 'eth_getPSI'));
    await ask('POST', '/', { ...json, psi: 'other' }, CALL.replace('eth_chainId', 'eth_getPSI'));
    expect(seenPsi).toEqual(['PS1', 'PS2', undefined]);
  });

  test('a busy port is an error that names it', async () => {
    await expect(listenHttp({ service, port: http.port })).rejects.toMatchObject({
      code: 'PORT_BUSY',
      fields: { port: http.port },
    });
  });
});

interface Client {
  readonly socket: WebSocket;
  next(): Promise<string>;
  readonly closed: Promise<number>;
}

async function open(headers: Record<string, string> = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${ws.port}/`, { headers });
  const queue: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const taker = waiting.shift();
    if (taker === undefined) queue.push(data.toString());
    else taker(data.toString());
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    socket,
    closed,
    next: async () => queue.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve))),
  };
}

describe('WebSocket as recorded (vectors/rpc/raw-ws)', () => {
  test('calls, batches, errors', async () => {
    const client = await open();
    client.socket.send(CALL);
    expect(await client.next()).toBe(RESULT);
    client.socket.send('[]');
    expect(await client.next()).toBe('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}}\n');
    client.socket.send('{"jsonrpc":"2.0","id":6,"method":"foo_subscribe","params":["x"]}');
    expect(await client.next()).toBe(
      '{"jsonrpc":"2.0","id":6,"error":{"code":-32601,"message":"no \\"x\\" subscription in foo namespace"}}\n',
    );
    client.socket.send('{"jsonrpc":"2.0","id":8,"method":"eth_subscribe","params":[7]}');
    expect(await client.next()).toMatch(/-32602,"message":"expected subscription name as first argument"/);
    client.socket.send('{"jsonrpc":"2.0","id":5,"method":"eth_subscribe","params":["newPendingTransactions",true]}');
    expect(await client.next()).toMatch(/too many arguments, want at most 1/);
    client.socket.send('{"jsonrpc":"2.0","id":10,"method":"eth_subscribe","params":["logs",{"topics":["0x12"]}]}');
    expect(await client.next()).toMatch(
      /invalid argument 1: hex has invalid length 1 after decoding; expected 32 for topic/,
    );
    client.socket.send('{"jsonrpc":"2.0","id":5,"method":"eth_unsubscribe","params":[]}');
    expect(await client.next()).toMatch(/missing value for required argument 0/);
    client.socket.close();
  });

  test('a parse error is answered, then the connection is cut', async () => {
    const client = await open();
    client.socket.send('hello');
    expect(await client.next()).toBe(
      `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"invalid character 'h' looking for beginning of value"}}\n`,
    );
    expect(await client.closed).toBe(1006);
  });

  test('subscriptions notify after their answer, end with unsubscribe, and are counted', async () => {
    const client = await open();
    const subscribe = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}';
    client.socket.send(subscribe);
    const { result: id } = JSON.parse(await client.next()) as { result: string };
    expect(id).toMatch(/^0x[1-9a-f][0-9a-f]{0,31}$/);
    notify({ number: '0x1' } as never);
    expect(JSON.parse(await client.next())).toEqual({
      jsonrpc: '2.0',
      method: 'eth_subscription',
      params: { subscription: id, result: { number: '0x1' } },
    });
    const unsubscribe = `{"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":["${id}"]}`;
    client.socket.send(unsubscribe);
    expect(await client.next()).toBe('{"jsonrpc":"2.0","id":2,"result":true}\n');
    client.socket.send(unsubscribe);
    expect(await client.next()).toBe(
      '{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"subscription not found"}}\n',
    );
    for (let count = 0; count < 4; count += 1) client.socket.send(subscribe);
    const answers = [await client.next(), await client.next(), await client.next(), await client.next()];
    expect(answers.filter((text) => text.includes('too many subscriptions'))).toHaveLength(1);
    client.socket.close();
  });

  test('many slow requests at once are all answered', async () => {
    const client = await open();
    for (let id = 1; id <= 400; id += 1)
      client.socket.send(`{"jsonrpc":"2.0","id":${id},"method":"eth_getQuorumPayload","params":["${id % 7}"]}`);
    const ids = new Set<number>();
    for (let count = 0; count < 400; count += 1) ids.add((JSON.parse(await client.next()) as { id: number }).id);
    expect(ids.size).toBe(400);
    client.socket.close();
  });

  test.each([
    [{ origin: 'https://dapp.example' }, true],
    [{ origin: 'http://localhost:5173' }, true],
    [{ origin: 'https://evil.example' }, false],
    [{ host: 'evil.example' }, false],
  ])('%j may connect: %s', async (headers, expected) => {
    const opened = await open(headers as Record<string, string>).catch((error: Error) => error);
    expect(opened instanceof Error).toBe(!expected);
    if (opened instanceof Error) expect(opened.message).toMatch(/403/);
    else opened.socket.close();
  });
});
