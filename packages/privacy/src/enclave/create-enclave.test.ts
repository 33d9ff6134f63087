import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createNodeKeyAgreement } from '@isoquorum/platform/node/key-agreement';
import { openWebKeyAgreement, type StoredKeyPair } from '@isoquorum/platform/browser/key-agreement';
import { testEnclave } from '../testing/enclave-suite.ts';
import { createEnclave } from './create-enclave.ts';

const keys = [new Uint8Array(32).fill(21), new Uint8Array(32).fill(22)];
const close = async (): Promise<void> => {};

testEnclave('in process, noble', async () => ({
  enclave: createEnclave({ keyAgreement: createMemoryKeyAgreement(keys), random: createSeededRandom('noble') }),
  close,
}));

testEnclave('in process, node:crypto', async () => ({
  enclave: createEnclave({
    keyAgreement: createNodeKeyAgreement(keys),
    random: createSeededRandom('node'),
    cachedKeys: 1,
  }),
  close,
}));

testEnclave('in a page, WebCrypto', async () => {
  const pairs: StoredKeyPair[] = [];
  const store = { load: async () => pairs, add: async (pair: StoredKeyPair) => void pairs.push(pair), close: () => {} };
  return {
    enclave: createEnclave({ keyAgreement: await openWebKeyAgreement(store), random: createSeededRandom('web') }),
    close,
  };
});
