import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';
import { benchEvmLoop, type evmLoops } from '@isoquorum/execution/evm/evm.bench';
import { benchTrieUpdate } from '@isoquorum/execution/trie/trie.bench';
import { benchLightHeaders } from '@isoquorum/consensus/light.bench';
import { benchCrypto } from '@isoquorum/platform/crypto.bench';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { Bench } from './measurement.ts';

const now = (): number => performance.now();

/** One of the four loops, for each engine. */
export const benchLoop = (name: keyof typeof evmLoops): Bench =>
  async function* () {
    await installFastestCrypto();
    for (const evm of [createFastEvm(), createReferenceEvm()]) {
      yield { name: `evm.${name}`, value: await benchEvmLoop(evm, name, now), unit: 'Mgas/s', engine: evm.name };
    }
  };

/** 1,000 updates of a state of 10,000 accounts, root included. */
export const benchTrie: Bench = async function* () {
  await installFastestCrypto();
  yield { name: 'trie.update', value: benchTrieUpdate(now).microsecondsPerUpdate, unit: 'µs/update' };
};

/** Sender recovery by each library, and with a worker beside the caller. */
export const benchRecover: Bench = async function* () {
  const figures = await benchCrypto();
  if (figures === undefined) throw new Error('needs the recorded chain: set ISOQUORUM_SHARED');
  for (const [what, microseconds] of Object.entries(figures)) {
    if (what.startsWith('recover'))
      yield { name: 'secp256k1.recover', value: 1e6 / microseconds, unit: 'ops/s', how: what };
  }
};

/** Headers with their seals, checked one by one as a page does. */
export const benchLight: Bench = async function* () {
  const { secp256k1 } = await installFastestCrypto('libauth-wasm');
  yield {
    name: 'light.verify',
    value: benchLightHeaders(now).headersPerSecond,
    unit: 'blocks/s',
    validators: 4,
    secp256k1,
  };
};
