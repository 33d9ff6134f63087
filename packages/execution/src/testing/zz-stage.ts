import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
await installFastestCrypto();
import { transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { readRecordedChain } from './recorded-chain.ts';
import { createReplay } from './replay.ts';
import { createFastEvm } from '../evm/fast/engine.ts';
import { BlockRun } from '../transition/block-run.ts';
import { State } from '../state/state.ts';
import { TrieUpdater } from '../state/update-tries.ts';
const fast = createFastEvm();
const acc: Record<string, number> = {};
function wrap(o: any, n: string, label = n) { const f = o[n]; o[n] = function (...a: any[]) { const t = performance.now(); try { return f.apply(this, a); } finally { acc[label] = (acc[label] ?? 0) + performance.now() - t; } }; }
const evm = { name: 'x', run: (h: any, m: any, o: any) => fast.run(h, m, o) };
wrap(evm, 'run', 'evm');
wrap(BlockRun.prototype, 'finish'); wrap(TrieUpdater.prototype, 'commit'); wrap(State.prototype, 'finalise');
const chain = readRecordedChain('vectors/bench/erc20-import');
for (const b of chain.blocks) for (const t of b.transactions) transactionSender(t, chain.genesis.config.chainId);
for (let round = 0; round < 6; round++) {
  for (const k of Object.keys(acc)) delete acc[k];
  const replay = createReplay(chain, evm as any);
  const t0 = performance.now();
  await replay.run();
  console.log('run', ((performance.now() - t0) / 12.02).toFixed(1), Object.fromEntries(Object.entries(acc).map(([k, v]) => [k, (v / 12.02).toFixed(1)])));
}
