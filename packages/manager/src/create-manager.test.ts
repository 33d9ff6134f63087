import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { createClock } from '@isoquorum/platform/node/clock';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { createQ2tClient } from '@isoquorum/rpc/rest/q2t-client';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { startTestManager, startTestManagers, type TestManager } from './testing/manager-network.ts';

type Network = Awaited<ReturnType<typeof startTestManagers>>;

const secret = utf8ToBytes('a plaintext that must not leak');

describe('four managers', () => {
  let network: Network;
  let one: TestManager;
  let two: TestManager;
  let three: TestManager;
  let clients: Q2tClient[];

  beforeEach(async () => {
    network = await startTestManagers(4);
    [one, two, three] = network.managers as [TestManager, TestManager, TestManager, TestManager];
    clients = network.managers.map(({ running }) =>
      createQ2tClient({ url: running.urls.q2t, http: network.http.client, clock: createClock() }),
    );
  });
  afterEach(() => network.stopAll());

  const client = (number: number): Q2tClient => clients[number - 1] as Q2tClient;
  const post = (url: string, body: string | Uint8Array, headers: Record<string, string>) =>
    network.http.client.request({ method: 'POST', url, body, headers });

  test('discovery through one configured peer', () => {
    expect(network.managers.map(({ running }) => running.directory.entries().length)).toEqual([3, 3, 3, 3]);
  });

  test('a payload reaches its recipients and nobody else', async () => {
    const sent = await client(1).send({ payload: secret, from: one.key, to: [two.key] });
    expect(sent.senderKey).toEqual(one.key);
    expect(sent.managedParties).toEqual([one.key]);
    for (const [number, managed] of [
      [1, one.key],
      [2, two.key],
    ] as const) {
      const received = await client(number).receive(sent.hash);
      expect(received?.payload).toEqual(secret);
      expect(received?.senderKey).toEqual(one.key);
      expect(received?.managedParties).toEqual([managed]);
    }
    expect(await client(3).receive(sent.hash)).toBeUndefined();
    expect(await client(1).isSender(sent.hash)).toBe(true);
    expect(await client(2).isSender(sent.hash)).toBe(false);
    expect(await client(1).participants(sent.hash)).toEqual([two.key, one.key]);
    expect(await client(2).participants(sent.hash)).toEqual([two.key]);
  });

  test('storeRaw, then sendSigned, which may be repeated and extended under the same hash', async () => {
    const hash = await client(1).storeRaw(secret, one.key);
    expect(await client(1).receive(hash)).toBeUndefined();
    expect((await client(1).receiveRaw(hash))?.payload).toEqual(secret);
    const sent = await client(1).sendSigned({ hash, to: [two.key] });
    expect(sent.hash).toEqual(hash);
    expect(await client(1).sendSigned({ hash, to: [two.key] })).toEqual(sent);
    expect(await client(3).receive(hash)).toBeUndefined();
    await client(1).sendSigned({ hash, to: [two.key, three.key] });
    expect((await client(2).receive(hash))?.payload).toEqual(secret);
    expect((await client(3).receive(hash))?.payload).toEqual(secret);
    expect(await client(1).participants(hash)).toEqual([two.key, one.key, three.key]);
  });

  test("unknown recipient, unknown sender, unreachable recipient: Tessera's texts, nothing left behind", async () => {
    const stranger = new Uint8Array(32).fill(99);
    const name = bytesToBase64(stranger);
    await expect(client(1).send({ payload: secret, to: [two.key, stranger] })).rejects.toMatchObject({
      code: 'MANAGER_REFUSED',
      message: `404 status: Recipient not found for key: ${name}`,
    });
    await expect(client(1).send({ payload: secret, to: ['not base64!'] })).rejects.toMatchObject({
      message: '404 status: Recipient not found for key: not base64!',
    });
    await expect(client(1).send({ payload: secret, from: stranger, to: [two.key] })).rejects.toMatchObject({
      message: `404 status: Public key ${name} not found when searching for private key`,
    });
    expect(await two.running.manager.storedSince(0)).toEqual([]);
    await two.running.stop();
    await expect(client(1).send({ payload: secret, to: [two.key, three.key] })).rejects.toMatchObject({
      message: `410 status: Connection error while communicating with ${two.running.urls.p2p}/`,
      fields: { status: 410 },
    });
    for (const { hash } of await one.running.manager.storedSince(0))
      expect(await client(1).receive(hash)).toBeUndefined();
    await expect(client(1).sendSigned({ hash: new Uint8Array(64), to: [] })).rejects.toMatchObject({
      message: expect.stringMatching(/^404 status: Raw Transaction with hash .* was not found$/),
    });
  });

  test('storedSince tells what arrived, and waits for it', async () => {
    const pending = client(2).storedSince(0, 5_000);
    const sent = await client(1).send({ payload: secret, to: [two.key] });
    const events = await pending;
    expect(events.map(({ hash }) => hash)).toEqual([sent.hash]);
    expect(await client(2).storedSince(events[0]!.sequence)).toEqual([]);
    const controller = new AbortController();
    const abandoned = client(2).storedSince(events[0]!.sequence, 20_000, controller.signal);
    setTimeout(() => controller.abort(), 20);
    expect(await abandoned).toEqual([]);
  });

  test('the in-process client behaves as the one over HTTP', async () => {
    const sent = await one.running.q2t.send({ payload: secret, to: [two.key] });
    expect((await two.running.q2t.receive(sent.hash))?.payload).toEqual(secret);
    await expect(one.running.q2t.send({ payload: secret, to: ['?'] })).rejects.toMatchObject({
      message: '404 status: Recipient not found for key: ?',
    });
    expect(await one.running.q2t.features()).toMatchObject({
      apiVersions: ['1.0', '2.0', '2.1', '3.0', '4.0'],
      privacyEnhancements: true,
      multitenancy: true,
      multiplePrivateStates: true,
      mandatoryRecipients: true,
      isoquorum: true,
    });
  });

  test('privacy flags are refused while enhancements are off, never silently lowered', async () => {
    await expect(client(1).send({ payload: secret, to: [two.key], privacyFlag: 1 })).rejects.toMatchObject({
      message: '403 status: Enhanced Privacy is not enabled',
    });
    await expect(
      client(1).send({ payload: secret, to: [two.key], privacyFlag: 2, mandatoryRecipients: [two.key] }),
    ).rejects.toMatchObject({ message: '403 status: Enhanced Privacy is not enabled' });
    const answer = await post(`${one.running.urls.q2t}/send`, JSON.stringify({ payload: 'eA==', privacyFlag: 'x' }), {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(400);
    const sent = await client(1).send({ payload: secret, to: [two.key] });
    const enhanced = { ...(await one.running.manager.sealed(sent.hash)), privacyFlag: 1 as const };
    const pushed = await post(`${two.running.urls.p2p}/push`, encodeLegacyPayload(enhanced), {
      'content-type': 'application/octet-stream',
    });
    expect([pushed.status, bytesToUtf8(pushed.body)]).toEqual([403, 'Enhanced Privacy is not enabled']);
  });

  test('a pushed payload that opens for nobody does not keep the real one out', async () => {
    const sealed = await one.enclave.seal(secret, one.key, [two.key, one.key], {
      privacyFlag: 0,
      affected: [],
      execHash: new Uint8Array(0),
      mandatoryRecipients: [],
      privacyGroupId: undefined,
    });
    const real = { ...sealed, recipientKeys: [two.key], recipientBoxes: [sealed.recipientBoxes[0]!] };
    const hash = await two.running.manager.storePushed({ ...real, recipientNonce: new Uint8Array(24) });
    expect(await client(2).receive(hash)).toBeUndefined();
    const before = (await two.running.manager.storedSince(0)).length;
    await two.running.manager.storePushed(real);
    expect((await client(2).receive(hash))?.payload).toEqual(secret);
    expect(await two.running.manager.storedSince(0)).toHaveLength(before + 1);
    await expect(
      two.running.manager.storePushed({ ...real, recipientNonce: new Uint8Array(24).fill(5) }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_MISMATCH' });
  });

  test('pages cannot reach Q2T: foreign Host and Origin are refused', async () => {
    const body = JSON.stringify({ payload: 'eA==' });
    const headers = { 'content-type': 'application/json' };
    const url = `${one.running.urls.q2t}/send`;
    expect((await post(url, body, { ...headers, host: 'evil.example:9101' })).status).toBe(403);
    expect((await post(url, body, { ...headers, origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(url, body, headers)).status).toBe(201);
  });

  test('the third-party server: keys, storing and sending, nothing that opens a payload; CORS for listed origins only', async () => {
    const base = one.running.urls.thirdParty as string;
    const get = (path: string, headers: Record<string, string> = {}) =>
      network.http.client.request({ method: 'GET', url: base + path, headers });
    const json = { 'content-type': 'application/json' };
    expect(JSON.parse(bytesToUtf8((await get('/keys')).body))).toEqual({ keys: [{ key: bytesToBase64(one.key) }] });
    expect((JSON.parse(bytesToUtf8((await get('/partyinfo/keys')).body)) as { keys: unknown[] }).keys).toHaveLength(4);
    expect(bytesToUtf8((await get('/upcheck')).body)).toBe("I'm up!");
    const stored = await post(`${base}/storeraw`, JSON.stringify({ payload: 'eA==' }), json);
    expect(stored.status).toBe(200);
    const sent = await post(`${base}/send`, JSON.stringify({ payload: 'eA==', to: [bytesToBase64(two.key)] }), json);
    expect(sent.status).toBe(201);
    const { key } = JSON.parse(bytesToUtf8(sent.body)) as { key: string };
    expect((await get(`/transaction/${encodeURIComponent(key)}`)).status).toBe(404);
    expect((await get('/receiveraw', { 'c11n-key': key })).status).toBe(404);
    expect(
      (await get('/keys', { origin: 'http://evil.example' })).headers['access-control-allow-origin'],
    ).toBeUndefined();
    expect(
      (await post(`${base}/storeraw`, '{"payload":"eA=="}', { ...json, origin: 'http://evil.example' })).status,
    ).toBe(403);
  });

  test('a bystander learns nothing: no plaintext and no private key in any log line', async () => {
    await client(1).send({ payload: secret, to: [two.key] });
    await client(1)
      .send({ payload: secret, to: ['bad'] })
      .catch(() => {});
    const logs = JSON.stringify(network.managers.map(({ logger }) => logger.lines));
    expect(logs).toContain('transaction manager ready');
    for (const text of [
      bytesToUtf8(secret),
      bytesToBase64(secret),
      ...network.managers.flatMap(({ privateKeys }) => privateKeys.map(bytesToBase64)),
    ])
      expect(logs).not.toContain(text);
  });
});

describe('restarts', () => {
  test('payloads, directory and sequence survive in the store', async () => {
    const network = await startTestManagers(2);
    const [one, two] = network.managers as [TestManager, TestManager];
    const store = createMemoryStore();
    const kept = {
      ...store,
      get: store.get.bind(store),
      getSync: store.getSync.bind(store),
      batch: store.batch.bind(store),
      iterate: store.iterate.bind(store),
      close: async () => {},
    };
    const settings = {
      name: 'third',
      index: 7,
      privateKeys: [new Uint8Array(32).fill(7)],
      peers: ['http://127.0.0.1:9001/'],
      http: network.http,
      store: kept,
    };
    const first = await startTestManager(settings);
    for (let tries = 0; tries < 500 && one.running.directory.get(first.key) === undefined; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const sent = await one.running.q2t.send({ payload: secret, to: [first.key] });
    const [event] = await first.running.manager.storedSince(0);
    await first.running.stop();
    await first.running.stop();
    const again = await startTestManager({ ...settings, peers: [] });
    expect((await again.running.q2t.receive(sent.hash))?.payload).toEqual(secret);
    expect(again.running.directory.get(one.key)?.urls).toEqual([`${one.running.urls.p2p}/`]);
    expect(await again.running.manager.storedSince(0)).toEqual([event]);
    const next = await two.running.q2t.storeRaw(secret);
    expect(next).toHaveLength(64);
    await again.running.stop();
    await network.stopAll();
  });

  test('Q2T on a public address is refused', async () => {
    const network = await startTestManagers(1);
    const settings = {
      name: 'open',
      index: 8,
      privateKeys: [new Uint8Array(32).fill(8)],
      peers: [],
      http: network.http,
      options: { q2t: { host: '0.0.0.0', port: 1 } },
    };
    await expect(startTestManager(settings)).rejects.toMatchObject({ code: 'Q2T_NOT_LOCAL' });
    await network.stopAll();
  });
});
