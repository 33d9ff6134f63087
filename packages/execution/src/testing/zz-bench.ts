import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
await installFastestCrypto();
import { transactionSender, encodeTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { encodeReceipt } from '@isoquorum/primitives/receipt';
import { logsBloom } from '@isoquorum/primitives/bloom';
import { readRecordedChain } from './recorded-chain.ts';
import { createReplay } from './replay.ts';
import { createFastEvm } from '../evm/fast/engine.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { listRoot } from '../trie/list-root.ts';
const evm = process.env.EVM === 'reference' ? createReferenceEvm() : createFastEvm();
const chain = readRecordedChain('vectors/bench/erc20-import');
for (const b of chain.blocks) for (const t of b.transactions) transactionSender(t, chain.genesis.config.chainId);
for (let round = 0; round < Number(process.env.ROUNDS ?? 4); round++) {
  const replay = createReplay(chain, evm);
  const receipts: any[] = [];
  const t0 = performance.now();
  await replay.run((n, a) => { receipts.push(a.receipts); });
  const t1 = performance.now();
  for (const r of receipts) listRoot(r.map(encodeReceipt));
  const t2 = performance.now();
  for (const b of chain.blocks) listRoot(b.transactions.map(encodeTransaction));
  const t3 = performance.now();
  for (const r of receipts) for (const x of r) logsBloom(x.logs);
  const t4 = performance.now();
  console.log('round', round, 'run', ((t1 - t0) / 12.02).toFixed(1), 'us/tx; receipts root', ((t2 - t1) / 12.02).toFixed(1), 'tx root', ((t3 - t2) / 12.02).toFixed(1), 'bloom', ((t4 - t3) / 12.02).toFixed(1));
}
