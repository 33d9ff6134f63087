import { createHybridEvm } from '@isoquorum/execution/evm/hybrid/engine';
import { createWasmEvm } from '@isoquorum/execution/evm/wasm/engine';
import type { Evm } from '@isoquorum/execution/evm/port';
import { hasSharedData } from '@isoquorum/execution/testing/shared-data';
import { prepareTransfers } from '@isoquorum/execution/transition/transfer.bench';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';
import { benchEvmLoop, type evmLoops } from '@isoquorum/execution/evm/evm.bench';
import { benchTrieUpdate } from '@isoquorum/execution/trie/trie.bench';
import { benchHeaderVerifier } from '@isoquorum/participant/chain/header-verifier.bench';
import { benchCrypto } from '@isoquorum/platform/crypto.bench';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { Bench, Measurement } from './measurement.ts';

const now = (): number => performance.now();

/** One round of a measurement; more is better for Mgas/s, less for µs. */
type Round = (evm: Evm) => Promise<number>;

/**
 * Rounds of every engine in turn, until the time is over: the best of each, so that what else the machine does falls out, and how many
 * times as fast as the reference engine it is in the same run.
 */
async function* besideReference(
  name: string,
  unit: 'Mgas/s' | 'µs',
  seconds: number,
  round: Round,
): AsyncGenerator<Measurement> {
  const hybrid = createHybridEvm();
  const engines = [createWasmEvm(hybrid), hybrid, createReferenceEvm()];
  const isBetter = (value: number, best: number): boolean => (unit === 'µs' ? value < best : value > best);
  const bests = engines.map(() => (unit === 'µs' ? Number.POSITIVE_INFINITY : 0));
  const end = now() + seconds * 1_000;
  for (let rounds = 0; rounds < 5 || now() < end; rounds++) {
    for (const [index, evm] of engines.entries()) {
      const value = await round(evm);
      if (isBetter(value, bests[index] ?? 0)) bests[index] = value;
    }
  }
  const reference = bests.at(-1) ?? 0;
  for (const [index, { name: engine }] of engines.entries()) {
    const value = bests[index] ?? 0;
    const ratio = unit === 'µs' ? reference / value : value / reference;
    yield { name, value, unit, engine, timesReference: Math.round(ratio * 10) / 10 };
  }
}

/** One of the loops, for each engine. */
export const benchLoop = (name: keyof typeof evmLoops): Bench =>
  async function* ({ seconds }) {
    await installFastestCrypto();
    yield* besideReference(`evm.${name}`, 'Mgas/s', seconds, (evm) => benchEvmLoop(evm, name, now));
  };

/** One ERC-20 transfer inside a block: message, host, state and code, without signature, receipt and tries. */
export const benchTransfers: Bench = async function* ({ seconds }) {
  await installFastestCrypto();
  if (!hasSharedData) throw new Error('needs the recorded chain: set ISOQUORUM_SHARED');
  const round = await prepareTransfers();
  yield* besideReference('evm.erc20', 'µs', seconds, (evm) => round(evm, now));
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
    value: benchHeaderVerifier(now).headersPerSecond,
    unit: 'blocks/s',
    validators: 4,
    secp256k1,
  };
};
