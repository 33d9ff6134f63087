import { readRecordedChain } from './recorded-chain.ts';
import { createReplay } from './replay.ts';
import { PrivateReplay } from './private-replay.ts';
import { createReferenceEvm } from '../evm/reference/engine.ts';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { dumpState } from '../state/dump.ts';
import { readJson } from './shared-data.ts';
const name = 'qbft-private', node = 1, at = 56;
const chain = readRecordedChain(`vectors/chains/${name}`);
const evm = (process.env.EVM === 'fast' ? (await import('../evm/fast/engine.ts')).createFastEvm() : createReferenceEvm());
const replay = createReplay(chain, evm);
const p = new PrivateReplay(chain, replay, evm, node);
const rec = readJson(`vectors/chains/${name}/nodes/${node}/receipts.json.gz`) as any[];
await replay.run(async (number, applied) => {
  const r = await p.apply(number, applied);
  if (number === at) {
    const want = rec.filter((x) => x.block === at);
    r.receipts.forEach((x) => { const w = want.find((y) => y.hash === bytesToHex(x.transactionHash)); console.log(bytesToHex(x.transactionHash).slice(0,10), 'ours', x.status, x.logs.length, 'rec', w?.receipt.status, w?.receipt.logs.length, w?.receipt.to, w?.receipt.contractAddress); });
    const roots = readJson(`vectors/chains/${name}/nodes/${node}/private-roots.json`) as any[];
    const states = readJson(`vectors/chains/${name}/nodes/${node}/states.json.gz`) as any;
    const wantRoot = roots[at].privateStateRoot;
    console.log(Object.keys(states), JSON.stringify(states).slice(0, 300));
    const d = states.private[wantRoot].dump;
    const accs = d?.accounts ?? d;
    for (const a of dumpState(replay.database, r.stateRoot)) {
      const k = Object.keys(accs).find((x) => x.toLowerCase() === bytesToHex(a.address!));
      const w = k ? accs[k] : undefined;
      if (!w) { console.log('extra account', bytesToHex(a.address!), a.nonce); continue; }
      if (BigInt(w.nonce) !== a.nonce || w.root.replace('0x','') !== bytesToHex(a.storageRoot).slice(2)) console.log('differs', bytesToHex(a.address!), 'nonce', a.nonce, w.nonce, 'storage', JSON.stringify(a.storage.map((s) => [bytesToHex(s.slot ?? s.slotHash), s.value.toString(16)])), JSON.stringify(w.storage));
    }
    const ours = new Map([...dumpState(replay.database, r.stateRoot)].map((a) => [bytesToHex(a.address!), a]));
    for (const [k, w] of Object.entries(accs) as any) { const a = ours.get(k.toLowerCase()); if (!a) console.log('missing', k, JSON.stringify(w).slice(0,300)); else if (a.balance !== BigInt(w.balance) || bytesToHex(a.codeHash).slice(2) !== w.codeHash.replace('0x','')) console.log('differs', k, a.balance, w.balance, bytesToHex(a.codeHash), w.codeHash, a.code.length, states.codes[w.codeHash]?.length); }
    console.log(ours.size, Object.keys(accs).length);
    process.exit(0);
  }
}, at);
