import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { standardPrivate } from '@isoquorum/privacy/codec/payload';
import { payloadForRecipient } from '@isoquorum/privacy/codec/recipient';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { createHomeClient, type HomeClient } from '@isoquorum/privacy/home/home-client';
import { type HomeFollower, startHomeFollower } from './testing/home-follower.ts';
import { openHomeAnswer } from '@isoquorum/privacy/home/messages';
import { createTransactionManager } from '@isoquorum/privacy/manager/create-transaction-manager';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { proveStatement } from '@isoquorum/privacy/statement/proof';
import { registerNodeStatements } from '@isoquorum/privacy/statement/register';
import {
  createEd25519Signer,
  createNodeKeySigner,
  signingKeyToPeerId,
  type StatementSigner,
} from '@isoquorum/privacy/statement/signer';
import { signStatement } from '@isoquorum/privacy/statement/statement';
import { isKeyHeldAt } from './key-validation.ts';
import { startTestManagers, type TestManager } from './testing/manager-network.ts';

const genesisHash = new Uint8Array(32).fill(42);
const secret = utf8ToBytes('for the page alone');
const clock = createClock();

interface Page {
  readonly key: EnclaveKey;
  readonly enclave: Enclave;
  readonly manager: TransactionManager;
  readonly client: HomeClient;
  readonly signer: StatementSigner;
  follow(): HomeFollower;
}

async function createPage(home: TestManager, seed: number): Promise<Page> {
  const keyAgreement = createMemoryKeyAgreement([new Uint8Array(32).fill(seed)]);
  const enclave = createEnclave({ keyAgreement, random: createSeededRandom(seed) });
  const signer = createEd25519Signer(new Uint8Array(32).fill(seed));
  const peerId = signingKeyToPeerId(signer);
  const client = createHomeClient((request) => home.running.q2t.home(peerId, request));
  const store = createMemoryStore();
  const publisher = {
    check: async () => {},
    publish: (recipient: EnclaveKey, payload: Parameters<HomeClient['relay']>[1]) => client.relay(recipient, payload),
  };
  const manager = await createTransactionManager({ store, enclave, clock, publisher });
  const key = keyAgreement.publicKeys()[0] as EnclaveKey;
  const follow = (): HomeFollower =>
    startHomeFollower({
      client,
      manager,
      enclave,
      key,
      signer,
      genesisHash,
      store,
      clock,
      logger: createMemoryLogger(),
      isHashOnChain: () => false,
    });
  return { key, enclave, manager, client, signer, follow };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the condition did not come true within 5 s');
}

describe('a page and its home', () => {
  let network: Awaited<ReturnType<typeof startTestManagers>>;
  let home: TestManager;
  let far: TestManager;
  let page: Page;
  let followers: HomeFollower[];

  beforeEach(async () => {
    network = await startTestManagers(2, { partyInfoIntervalMs: 100 });
    [home, far] = network.managers as [TestManager, TestManager];
    for (const [index, { running }] of network.managers.entries()) {
      const nodeKey = new Uint8Array(32).fill(index + 1);
      const register = () =>
        registerNodeStatements({
          transport: (request) => running.q2t.home(nodeKeyToPeerId(nodeKey), request),
          signer: createNodeKeySigner(nodeKey),
          genesisHash,
          clock,
        });
      await register();
      await register();
    }
    page = await createPage(home, 50);
    followers = [];
  });
  afterEach(async () => {
    for (const follower of followers) follower.stop();
    await network.stopAll();
  });

  const follow = async (who: Page): Promise<HomeFollower> => {
    const follower = who.follow();
    followers.push(follower);
    await follower.registered;
    return follower;
  };
  const hasPayload = (manager: TransactionManager, hash: Uint8Array) => () =>
    manager.sealed(hash).then(
      () => true,
      () => false,
    );

  test('a payload for a page that is here arrives, is acknowledged and is gone from the home', async () => {
    await follow(page);
    await until(() => far.running.directory.get(page.key) !== undefined);
    const sent = await far.running.q2t.send({ payload: secret, to: [page.key] });
    await until(hasPayload(page.manager, sent.hash));
    expect((await page.manager.receive(sent.hash)).payload).toEqual(secret);
    expect(await home.running.q2t.receive(sent.hash)).toBeUndefined();
    await until(async () => (await page.client.waiting(page.key, 0)).length === 0);
  });

  test('a page that is away gets its payload later, after a restart of the home too', async () => {
    const first = await follow(page);
    first.stop();
    await until(() => far.running.directory.get(page.key) !== undefined);
    const sent = await far.running.q2t.send({ payload: secret, to: [page.key] });
    const own = await home.running.q2t.send({ payload: secret, to: [page.key] });
    expect(await page.client.waiting(page.key, 0)).toHaveLength(2);
    await expect(page.manager.receive(sent.hash)).rejects.toMatchObject({ code: 'PAYLOAD_NOT_FOUND' });
    await follow(page);
    await until(hasPayload(page.manager, sent.hash));
    await until(hasPayload(page.manager, own.hash));
    expect((await page.manager.receive(own.hash)).payload).toEqual(secret);
  });

  test('the page sends through its home: to the home itself, to a far manager, to another page', async () => {
    const second = await createPage(home, 51);
    await follow(page);
    await follow(second);
    const sent = await page.manager.send({ payload: secret, to: [home.key, far.key, second.key] });
    expect((await home.running.q2t.receive(sent.hash))?.payload).toEqual(secret);
    expect((await far.running.q2t.receive(sent.hash))?.payload).toEqual(secret);
    await until(hasPayload(second.manager, sent.hash));
    expect((await second.manager.receive(sent.hash)).payload).toEqual(secret);
    expect((await page.manager.receive(sent.hash)).payload).toEqual(secret);
    const stranger = new Uint8Array(32).fill(200);
    await expect(page.manager.send({ payload: secret, to: [stranger] })).rejects.toMatchObject({
      code: 'HOME_REFUSED',
      fields: { remoteCode: 'RECIPIENT_UNKNOWN' },
    });
  });

  test('others learn the statement, with a proof that the page left behind', async () => {
    await follow(page);
    await until(() => far.running.directory.get(page.key)?.isProven === true);
    const entry = far.running.directory.get(page.key);
    expect(entry).toMatchObject({
      source: 'statement',
      urls: [`${home.running.urls.p2p}/`],
      statement: { role: 'page' },
    });
    expect(far.running.directory.get(home.key)).toMatchObject({
      source: 'statement',
      isProven: true,
      statement: { role: 'manager' },
    });
    const listed = await page.client.directory();
    expect(listed.map(({ key }) => key)).toEqual(expect.arrayContaining([home.key, far.key, page.key]));
  });

  test("Tessera's challenge passes through to the page, which answers UUIDs only", async () => {
    await follow(page);
    const options = {
      enclave: far.enclave,
      http: network.http.client,
      random: createSeededRandom(5),
      supportedVersions: 'v1',
    };
    const base = `${home.running.urls.p2p}/`;
    expect(await isKeyHeldAt(base, page.key, options)).toBe(true);
    expect(await isKeyHeldAt(base, home.key, options)).toBe(true);
    const trap = await far.enclave.seal(secret, far.key, [page.key], { ...standardPrivate, affected: [] });
    const answer = await network.http.client.request({
      method: 'POST',
      url: `${base}partyinfo/validate`,
      headers: { 'content-type': 'application/octet-stream' },
      body: encodeLegacyPayload(trap),
    });
    expect(answer.status).toBe(400);
    expect(bytesToUtf8(answer.body)).not.toContain(bytesToUtf8(secret));
  });

  test('strangers: another identity, no proof, another key, a forged acknowledgement, a relay in a foreign name', async () => {
    const thief = await createPage(home, 60);
    const info = await thief.client.info();
    const body = {
      genesisHash,
      enclaveKey: page.key,
      role: 'page' as const,
      homes: [info.url],
      sequence: 1,
      validFromMs: 1,
      revokes: [],
    };
    const stolen = await signStatement(body, thief.signer);
    await expect(thief.client.register(stolen, new Uint8Array(32))).rejects.toMatchObject({
      fields: { remoteCode: 'HOME_PROOF_INVALID' },
    });
    const foreign = await signStatement(body, page.signer);
    await expect(thief.client.register(foreign, new Uint8Array(32))).rejects.toMatchObject({
      fields: { remoteCode: 'HOME_REFUSES_KEY' },
    });
    const elsewhere = await signStatement({ ...body, homes: ['http://elsewhere:1/'] }, page.signer);
    await expect(
      page.client.register(elsewhere, await proveStatement(page.enclave, elsewhere, home.key)),
    ).rejects.toMatchObject({ fields: { remoteCode: 'HOME_NOT_NAMED' } });
    (await follow(page)).stop();
    await expect(thief.client.waiting(page.key, 0)).rejects.toMatchObject({
      fields: { remoteCode: 'HOME_NOT_REGISTERED' },
    });
    const sent = await home.running.q2t.send({ payload: secret, to: [page.key] });
    await expect(page.client.acknowledge(page.key, [sent.hash], genesisHash, thief.signer)).rejects.toMatchObject({
      fields: { remoteCode: 'STATEMENT_SIGNATURE_INVALID' },
    });
    expect(await page.client.waiting(page.key, 0)).toHaveLength(1);
    const sealed = await thief.enclave.seal(secret, thief.key, [far.key], { ...standardPrivate, affected: [] });
    await expect(page.client.relay(far.key, payloadForRecipient(sealed, far.key))).rejects.toMatchObject({
      fields: { remoteCode: 'HOME_NOT_REGISTERED' },
    });
  });

  test('garbage in the home protocol gives coded answers', async () => {
    const peerId = signingKeyToPeerId(page.signer);
    for (const request of [
      new Uint8Array(0),
      Uint8Array.of(0xc0),
      Uint8Array.of(0xc2, 0x81),
      utf8ToBytes('x'.repeat(50)),
      Uint8Array.of(0xc5, 0x84, 0x6e, 0x6f, 0x70, 0x65),
    ]) {
      const answer = await home.running.q2t.home(peerId, request);
      expect(() => openHomeAnswer(answer)).toThrow(expect.objectContaining({ code: 'HOME_REFUSED' }));
    }
    await expect(home.running.q2t.home('not a peer', new Uint8Array(0))).rejects.toMatchObject({
      code: 'MANAGER_REFUSED',
      fields: { status: 400 },
    });
  });
});

test('quotas: a home keeps no more than its limits', async () => {
  const network = await startTestManagers(1, { homeLimits: { recipientPayloadsMax: 2 }, genesisHash });
  const home = network.managers[0] as TestManager;
  const page = await createPage(home, 70);
  const follower = page.follow();
  await follower.registered;
  follower.stop();
  await home.running.q2t.send({ payload: secret, to: [page.key] });
  await home.running.q2t.send({ payload: secret, to: [page.key] });
  await expect(home.running.q2t.send({ payload: secret, to: [page.key] })).rejects.toMatchObject({
    message: '507 status: the home keeps no more payloads for this recipient',
  });
  await network.stopAll();
});
