import { expect, test } from 'vitest';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createHandlerClient } from '@isoquorum/platform/memory/http';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createClock } from '@isoquorum/platform/node/clock';
import { createNodeHttpClient } from '@isoquorum/platform/node/http-client';
import { createHttpServer } from '@isoquorum/platform/node/http-server';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { createPeerEnclave, testEnclave } from '@isoquorum/privacy/testing/enclave-suite';
import { createEnclaveHandler } from './http/enclave-routes.ts';
import { createRemoteEnclave } from './remote-enclave.ts';

const keys = [new Uint8Array(32).fill(31), new Uint8Array(32).fill(32)];
const local = () =>
  createEnclave({ keyAgreement: createMemoryKeyAgreement(keys), random: createSeededRandom('remote') });

testEnclave('remote, over HTTP', async () => {
  const server = await createHttpServer({
    handler: createEnclaveHandler(local(), silentLogger),
    address: { host: '127.0.0.1', port: 0 },
    maxBodyBytes: 1 << 22,
  });
  const http = createNodeHttpClient();
  const enclave = createRemoteEnclave({ url: server.url, http, clock: createClock() });
  return {
    enclave,
    async close() {
      http.close();
      await server.close(0);
    },
  };
});

test('an enclave that is away, or answers nonsense, is "not available", never "wrong key"', async () => {
  const clock = createClock();
  const gone = createRemoteEnclave({ url: 'http://127.0.0.1:1', http: createNodeHttpClient(), clock });
  await expect(gone.publicKeys()).rejects.toMatchObject({
    code: 'ENCLAVE_UNAVAILABLE',
    message: 'Connection refused',
    reaction: 'RETRY',
  });
  expect(await gone.status()).toBe('STOPPED');
  const peer = createPeerEnclave(1);
  const sealed = await peer.enclave.seal(new Uint8Array(1), peer.key, [peer.key], {
    privacyFlag: 0,
    affected: [],
    execHash: new Uint8Array(0),
    mandatoryRecipients: [],
    privacyGroupId: undefined,
  });
  const odd = createRemoteEnclave({
    url: 'http://odd',
    http: createHandlerClient(() => ({ status: 500, body: '<html>' })),
    clock,
  });
  await expect(odd.open(sealed, peer.key)).rejects.toMatchObject({ code: 'ENCLAVE_UNAVAILABLE' });
  const nonsense = createRemoteEnclave({
    url: 'http://odd',
    http: createHandlerClient(() => ({ status: 200, body: 'zz' })),
    clock,
  });
  await expect(nonsense.publicKeys()).rejects.toMatchObject({ code: 'ENCLAVE_UNAVAILABLE' });
  await expect(
    nonsense.seal(new Uint8Array(1), peer.key, [], {
      privacyFlag: 0,
      affected: [],
      execHash: new Uint8Array(0),
      mandatoryRecipients: [],
      privacyGroupId: undefined,
    }),
  ).rejects.toMatchObject({ code: 'ENCLAVE_UNAVAILABLE' });
});
