import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { createHandlerClient } from '@isoquorum/platform/memory/http';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import type { HttpClient } from '@isoquorum/platform/http';
import { encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { encodePartyInfo } from '@isoquorum/privacy/codec/party-info';
import { standardPrivate } from '@isoquorum/privacy/codec/payload';
import { encodeHomeRequest, openHomeAnswer } from '@isoquorum/privacy/home/messages';
import { createPeerEnclave } from '@isoquorum/privacy/testing/enclave-suite';
import { createEnclaveHandler } from './http/enclave-routes.ts';
import { startTestManagers, type TestManager } from './testing/manager-network.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);
const peerId = nodeKeyToPeerId(new Uint8Array(32).fill(1));

interface Target {
  readonly server: 'q2t' | 'p2p' | 'thirdParty';
  readonly path: string;
  readonly media: string;
  readonly sample: () => Uint8Array | string;
}

/** Every answer is one that we meant: never "Internal error", never a connection that breaks. */
async function ask(
  http: HttpClient,
  url: string,
  method: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<void> {
  const answer = await http.request({ method, url, body, headers });
  const text = new TextDecoder().decode(answer.body);
  expect(text).not.toContain('Internal error');
  expect([200, 201, 204, 400, 403, 404, 409, 410, 500, 503]).toContain(answer.status);
  const isContainer = /^HTTP \d{3} /.test(text);
  if (answer.status >= 500 && !isContainer) expect(answer.headers['isoquorum-error']).toMatch(/^[A-Z0-9_]+$/);
}

function mutate(
  sample: Uint8Array,
  edits: readonly (readonly [number, number])[],
  cut: number,
  insert: Uint8Array,
): Uint8Array {
  const bytes = sample.slice(0, Math.max(1, cut % (sample.length + 1)));
  for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
  return new Uint8Array([...bytes, ...insert]);
}

describe('HTTP bodies', () => {
  let network: Awaited<ReturnType<typeof startTestManagers>>;
  let manager: TestManager;
  let sealed: Uint8Array;
  const key = (): string => bytesToBase64(manager.key);
  const json = (value: () => unknown) => () => JSON.stringify(value());

  beforeAll(async () => {
    network = await startTestManagers(1, { privacyEnhancements: true });
    manager = network.managers[0] as TestManager;
    const peer = createPeerEnclave(77);
    sealed = encodeLegacyPayload(
      await peer.enclave.seal(Uint8Array.of(1, 2, 3), peer.key, [manager.key], { ...standardPrivate, affected: [] }),
    );
  });
  afterAll(() => network.stopAll());

  const jsonType = 'application/json';
  const octets = 'application/octet-stream';
  const targets: readonly Target[] = [
    {
      server: 'q2t',
      path: '/send',
      media: jsonType,
      sample: json(() => ({
        payload: 'eA==',
        from: key(),
        to: [key()],
        privacyFlag: 0,
        affectedContractTransactions: [],
        execHash: 'x',
      })),
    },
    {
      server: 'q2t',
      path: '/sendsignedtx',
      media: jsonType,
      sample: json(() => ({ hash: 'eA==', to: [key()], privacyFlag: 3, execHash: 'x' })),
    },
    { server: 'q2t', path: '/storeraw', media: jsonType, sample: json(() => ({ payload: 'eA==', from: key() })) },
    { server: 'q2t', path: '/sendraw', media: octets, sample: () => Uint8Array.of(1, 2) },
    { server: 'q2t', path: '/delete', media: jsonType, sample: json(() => ({ key: 'eA==' })) },
    {
      server: 'q2t',
      path: '/encodedpayload/create',
      media: jsonType,
      sample: json(() => ({ payload: 'eA==', to: [key()] })),
    },
    {
      server: 'q2t',
      path: '/encodedpayload/decrypt',
      media: jsonType,
      sample: json(() => ({
        senderKey: key(),
        cipherText: 'eA==',
        cipherTextNonce: 'eA==',
        recipientBoxes: ['eA=='],
        recipientNonce: 'eA==',
        recipientKeys: [key()],
        privacyMode: 0,
        affectedContractTransactions: { 'eA==': 'eA==' },
      })),
    },
    { server: 'p2p', path: '/push', media: octets, sample: () => sealed },
    { server: 'p2p', path: '/partyinfo/validate', media: octets, sample: () => sealed },
    {
      server: 'p2p',
      path: '/partyinfo',
      media: octets,
      sample: () =>
        encodePartyInfo({
          url: 'http://127.0.0.1:1/',
          recipients: [{ key: manager.key, url: 'http://127.0.0.1:1/' }],
          parties: ['http://127.0.0.1:2/'],
        }),
    },
    {
      server: 'p2p',
      path: '/resend',
      media: jsonType,
      sample: json(() => ({ type: 'INDIVIDUAL', publicKey: key(), key: 'eA==' })),
    },
    {
      server: 'thirdParty',
      path: '/storeraw',
      media: jsonType,
      sample: json(() => ({ payload: 'eA==', from: key() })),
    },
  ];
  const bytes = fc.uint8Array({ maxLength: 200 });
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });

  test.each(targets.map((target) => [`${target.server} ${target.path}`, target] as const))(
    '%s',
    async (_name, target) => {
      const url = `${manager.running.urls[target.server]}${target.path}`;
      await fc.assert(
        fc.asyncProperty(
          bytes,
          edits,
          fc.nat(),
          fc.uint8Array({ maxLength: 6 }),
          async (random, changes, cut, insert) => {
            const sample = target.sample();
            const raw = typeof sample === 'string' ? new TextEncoder().encode(sample) : sample;
            for (const body of [random, mutate(raw, changes, cut, insert)]) {
              await ask(network.http.client, url, 'POST', body, { 'content-type': target.media });
            }
          },
        ),
        { numRuns },
      );
    },
  );

  test('any JSON value in the place of any member', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...targets.filter(({ media }) => media === jsonType)),
        fc.nat(),
        fc.jsonValue(),
        async (target, index, value) => {
          const sample = JSON.parse(target.sample() as string) as Record<string, unknown>;
          const names = Object.keys(sample);
          sample[names[index % names.length] as string] = value;
          const body = new TextEncoder().encode(JSON.stringify(sample));
          await ask(network.http.client, `${manager.running.urls[target.server]}${target.path}`, 'POST', body, {
            'content-type': jsonType,
          });
        },
      ),
      { numRuns: numRuns * 2 },
    );
  });

  test('paths, queries and headers', async () => {
    const header = fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'DELETE', 'POST', 'PUT'),
        fc.webPath(),
        fc.webQueryParameters(),
        header,
        async (method, path, query, value) => {
          for (const prefix of ['', '/transaction', '/isoquorum/stored']) {
            const headers = { 'c11n-key': value, 'c11n-to': value, accept: value, 'content-type': value };
            for (const server of ['q2t', 'p2p'] as const) {
              await ask(
                network.http.client,
                `${manager.running.urls[server]}${prefix}${path === '' ? '/' : path}?${query}`,
                method,
                new Uint8Array(0),
                headers,
              );
            }
          }
        },
      ),
      { numRuns },
    );
  });

  test('the home protocol', async () => {
    const sample = encodeHomeRequest({
      method: 'prove',
      key: manager.key,
      proofs: [{ verifier: manager.key, proof: manager.key }],
    });
    await fc.assert(
      fc.asyncProperty(bytes, edits, fc.nat(), async (random, changes, cut) => {
        for (const request of [random, mutate(sample, changes, cut, new Uint8Array(0))]) {
          const answer = await manager.running.q2t.home(peerId, request);
          try {
            openHomeAnswer(answer);
          } catch (error) {
            expect(error).toMatchObject({ code: 'HOME_REFUSED' });
            expect((error as { fields: { remoteCode: string } }).fields.remoteCode).not.toBe('HOME_FAILED');
          }
        }
      }),
      { numRuns },
    );
  });

  test('the enclave', async () => {
    const http = createHandlerClient(createEnclaveHandler(manager.enclave, silentLogger));
    const samples = [
      '/encrypt',
      '/encrypt/raw',
      '/encrypt/toraw',
      '/unencrypt',
      '/unencrypt/raw',
      '/addRecipient',
      '/findinvalidsecurityhashes',
      '/isoquorum/possession',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), fc.jsonValue(), fc.nat(30), async (path, value, pick) => {
        const body: Record<string, unknown> = {
          data: bytesToBase64(sealed),
          senderKey: key(),
          providedKey: key(),
          recipientPublicKeys: [key()],
          privacyMode: 'STANDARD_PRIVATE',
          affectedContractTransactions: [],
          execHash: '',
          encryptedPayload: 'eA==',
          encryptedKey: 'eA==',
          nonce: 'eA==',
          from: key(),
          encodedPayload: bytesToBase64(sealed),
          prover: key(),
          verifier: key(),
          digest: 'eA==',
        };
        const names = Object.keys(body);
        body[names[pick % names.length] as string] = value;
        await ask(http, `http://enclave${path}`, 'POST', new TextEncoder().encode(JSON.stringify(body)), {
          'content-type': jsonType,
        });
      }),
      { numRuns },
    );
  });
});
