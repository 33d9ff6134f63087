import { expect, test } from 'vitest';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createNodeKeyAgreement } from '@isoquorum/platform/node/key-agreement';
import { createRandom } from '@isoquorum/platform/node/random';
import { type SealedPayload, standardPrivate } from '@isoquorum/privacy/codec/payload';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { createPeerEnclave, testEnclave } from '@isoquorum/privacy/testing/enclave-suite';
import { createOpeningPool, type OpeningPool } from './opening-pool.ts';

const privateKeys = [new Uint8Array(32).fill(41), new Uint8Array(32).fill(42)];

function createLocal(): Enclave {
  return createEnclave({ keyAgreement: createNodeKeyAgreement(privateKeys), random: createRandom() });
}

function createPool(threads = 1): OpeningPool {
  return createOpeningPool({ enclave: createLocal(), privateKeys, threads, logger: silentLogger });
}

async function sealMany(count: number, bytes: number): Promise<SealedPayload[]> {
  const [own] = await createLocal().publicKeys();
  const peer = createPeerEnclave(5);
  const recipients = [own as Uint8Array, peer.key];
  const options = { ...standardPrivate, affected: [] };
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      peer.enclave.seal(new Uint8Array(bytes).fill(index), peer.key, recipients, options),
    ),
  );
}

testEnclave('with threads that open', async () => {
  const pool = createPool();
  return { enclave: pool, close: () => pool.close() };
});

test('many payloads at once: threads and caller share them, and the results are those without threads', async () => {
  const pool = createPool(2);
  const sealed = await sealMany(600, 2_000);
  const damaged = sealed.map((payload, index) =>
    index % 50 === 7 ? { ...payload, cipherText: payload.cipherText.map((byte) => byte ^ 1) } : payload,
  );
  const [own] = await pool.publicKeys();
  const outcomes = (enclave: Enclave) =>
    Promise.allSettled(damaged.map((payload) => enclave.open(payload, own as Uint8Array)));
  try {
    const [withThreads, without] = [await outcomes(pool), await outcomes(createLocal())];
    expect(withThreads).toEqual(without);
    expect(withThreads.filter(({ status }) => status === 'rejected')).toHaveLength(12);
    const { byThreads, byCaller } = pool.counts();
    expect(byThreads).toBeGreaterThan(0);
    expect(byThreads + byCaller).toBe(600);
  } finally {
    await pool.close();
  }
});

test('one payload alone does not cross to a thread, and a closed pool still opens', async () => {
  const pool = createPool();
  const [payload] = await sealMany(1, 200_000);
  const [own] = await pool.publicKeys();
  expect((await pool.open(payload as SealedPayload, own as Uint8Array))[0]).toBe(0);
  await pool.close();
  const many = await sealMany(40, 10_000);
  const opened = await Promise.all(many.map((one) => pool.open(one, own as Uint8Array)));
  expect(opened.map((message) => message[0])).toEqual(many.map((_, index) => index));
  expect(pool.counts()).toEqual({ byThreads: 0, byCaller: 41 });
});
