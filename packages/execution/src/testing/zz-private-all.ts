import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
await installFastestCrypto();
import { readRecordedChain } from './recorded-chain.ts';
import { createReplay } from './replay.ts';
import { PrivateReplay } from './private-replay.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { readJson, listFolder } from './shared-data.ts';
for (const name of process.argv.slice(2)) {
  const chain = readRecordedChain(`vectors/chains/${name}`);
  const evm = (process.env.EVM === 'fast' ? (await import('../evm/fast/engine.ts')).createFastEvm() : createReferenceEvm());
  const replay = createReplay(chain, evm);
  const nodes = listFolder(`vectors/chains/${name}/nodes`).map(Number);
  const state = nodes.map((n) => ({ p: new PrivateReplay(chain, replay, evm, n), roots: readJson(`vectors/chains/${name}/nodes/${n}/private-roots.json`) as any[], bad: '' }));
  const start = performance.now();
  try {
    await replay.run(async (number, applied) => {
      for (const s of state) {
        if (s.bad) continue;
        try {
          const r = await s.p.apply(number, applied);
          const want = s.roots[number].privateStateRoot;
          if (bytesToHex(r.stateRoot) !== want) s.bad = `block ${number}: root ${bytesToHex(r.stateRoot).slice(0, 12)} want ${String(want).slice(0, 12)} txs ${applied.privateTransactions.length}`;
        } catch (e) { s.bad = `block ${number}: ${(e as Error).message}`; }
      }
    });
  } catch (e) { console.log(name, 'PUBLIC', (e as Error).message); }
  console.log(name, Math.round(performance.now() - start), 'ms');
  for (const s of state) console.log('   node', s.p.node, s.bad || 'all roots equal');
}
