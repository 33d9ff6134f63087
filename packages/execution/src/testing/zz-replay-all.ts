import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
console.log(await installFastestCrypto());
import { transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { readRecordedChain } from './recorded-chain.ts';
import { createReplay } from './replay.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { bytesToHex } from '@isoquorum/primitives/hex';
const chains = process.argv.slice(2);
for (const name of chains) {
  const chain = readRecordedChain(name.includes('/') ? name : `vectors/chains/${name}`);
  const replay = createReplay(chain, (process.env.EVM === 'fast' ? (await import('../evm/fast/engine.ts')).createFastEvm() : createReferenceEvm()));
  const ok = bytesToHex(replay.genesisHash) === bytesToHex(chain.hashes[0]!);
  const t0 = performance.now(); for (const b of chain.blocks) for (const t of b.transactions) transactionSender(t, chain.genesis.config.chainId); console.log('recovery ms', Math.round(performance.now()-t0));
  const start = performance.now();
  let last = 0, txs = 0;
  try { await replay.run((n, a) => { last = n; txs += a.receipts.length; }); console.log(name, 'genesis', ok, 'OK head', last, 'txs', txs, Math.round(performance.now()-start), 'ms'); }
  catch (e) { console.log(name, 'genesis', ok, 'FAILED at', last + 1, (e as Error).message, (e as any).code ?? (e as Error).stack); }
}
