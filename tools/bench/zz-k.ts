import { createKeccakArena } from '@isoquorum/execution/wasm/keccak';
import { createKeccak } from 'hash-wasm';
import { keccak_256 } from '@noble/hashes/sha3.js';
const arena = createKeccakArena();
const h = await createKeccak(256);
for (const n of [20, 32, 110, 532]) {
  const b = new Uint8Array(n).fill(7);
  const t = (name: string, f: () => unknown, m = 60000) => {
    for (let i = 0; i < 5000; i++) f();
    const s = performance.now();
    for (let i = 0; i < m; i++) f();
    console.log(n, name, (((performance.now() - s) * 1000) / m).toFixed(3));
  };
  t('hash-wasm', () => h.init().update(b).digest('binary'));
  t('arena.digest', () => arena.digest(b));
  t('arena.hash in place', () => arena.hash(arena.start + 32, n, arena.start));
  t('noble', () => keccak_256(b), 5000);
}
