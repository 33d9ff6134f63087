import { createTestChain } from '../testing/test-chain.ts';
import { createHeaderVerifier } from './create-verifier.ts';

/**
 * Headers that a page verifies in a second, four seals each, one by one, with the installed secp256k1.
 * @param nowMs a clock with fractions of milliseconds
 */
export function benchHeaderVerifier(nowMs: () => number, count = 200): { readonly headersPerSecond: number } {
  const chain = createTestChain({ validators: 4 });
  for (let index = 0; index < count; index++) chain.add();
  const verifier = createHeaderVerifier({ config: chain.config, genesisHeader: chain.genesisHeader });
  const startMs = nowMs();
  for (const { header } of chain.blocks.slice(1)) verifier.accept(header, Number(header.timestamp));
  return { headersPerSecond: Math.round((count * 1000) / (nowMs() - startMs)) };
}
