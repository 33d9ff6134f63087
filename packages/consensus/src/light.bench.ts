import { signDigestBytes, privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { type Header } from '@isoquorum/primitives/header';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { acceptHeader, createLightState } from './light.ts';
import { recoverAddress } from './recover-cache.ts';
import { createTestBlock, createTestGenesis } from './testing/test-chain.ts';

/**
 * Headers that a page verifies in a second, four seals each, one by one, with the installed secp256k1.
 * @param nowMs a clock with fractions of milliseconds
 */
export function benchLightHeaders(nowMs: () => number, count = 200): { readonly headersPerSecond: number } {
  const keys = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte));
  const validators = keys.map(privateKeyToAddress);
  const { config, header: genesis } = createTestGenesis(validators);
  const author = validators[0] ?? new Uint8Array(20);
  const headers: Header[] = [];
  let parent = genesis;
  for (let index = 0; index < count; index++) {
    const { header } = createTestBlock({ parent, validators, config, author, nowSeconds: 0n });
    const digest = qbftCommitDigest(header, 0);
    parent = withQbftSeals(
      header,
      0,
      keys.map((key) => signDigestBytes(digest, key)),
    );
    headers.push(parent);
  }
  const rules = { config, profile: 'strict', recover: recoverAddress } as const;
  const start = nowMs();
  let state = createLightState(genesis, rules);
  for (const header of headers) state = acceptHeader(state, header, rules, undefined).state;
  return { headersPerSecond: Math.round((count * 1000) / (nowMs() - start)) };
}
