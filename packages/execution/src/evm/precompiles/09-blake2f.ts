import type { PrecompileResult } from './precompiles.ts';

const MASK_64 = (1n << 64n) - 1n;
const INITIAL = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** Message word order of each round (RFC 7693, 2.7). */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** Columns, then diagonals (RFC 7693, 3.2). */
const MIXES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

function rotateRight(value: bigint, bits: bigint): bigint {
  return ((value >> bits) | (value << (64n - bits))) & MASK_64;
}

function mix(v: BigUint64Array, a: number, b: number, c: number, d: number, x: bigint, y: bigint): void {
  const at = (index: number): bigint => v[index] ?? 0n;
  v[a] = at(a) + at(b) + x;
  v[d] = rotateRight(at(d) ^ at(a), 32n);
  v[c] = at(c) + at(d);
  v[b] = rotateRight(at(b) ^ at(c), 24n);
  v[a] = at(a) + at(b) + y;
  v[d] = rotateRight(at(d) ^ at(a), 16n);
  v[c] = at(c) + at(d);
  v[b] = rotateRight(at(b) ^ at(c), 63n);
}

/** The compression function F of BLAKE2b as a precompiled contract (EIP-152): one gas a round. */
export function runBlake2f(input: Uint8Array, gas: number): PrecompileResult | undefined {
  const nothing = new Uint8Array(0);
  if (input.length !== 213) return { gasUsed: 0, output: nothing, error: 'invalid input length' };
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const flag = view.getUint8(212);
  if (flag > 1) return { gasUsed: 0, output: nothing, error: 'invalid final flag' };
  const rounds = view.getUint32(0);
  if (rounds > gas) return undefined;
  const h = Array.from({ length: 8 }, (_, index) => view.getBigUint64(4 + 8 * index, true));
  const m = Array.from({ length: 16 }, (_, index) => view.getBigUint64(68 + 8 * index, true));
  const v = BigUint64Array.from([...h, ...INITIAL]);
  v[12] = (v[12] ?? 0n) ^ view.getBigUint64(196, true);
  v[13] = (v[13] ?? 0n) ^ view.getBigUint64(204, true);
  if (flag === 1) v[14] = (v[14] ?? 0n) ^ MASK_64;
  for (let round = 0; round < rounds; round += 1) {
    const order = SIGMA[round % 10] ?? [];
    for (const [index, [a, b, c, d]] of MIXES.entries())
      mix(v, a, b, c, d, m[order[2 * index] ?? 0] ?? 0n, m[order[2 * index + 1] ?? 0] ?? 0n);
  }
  const output = new Uint8Array(64);
  const out = new DataView(output.buffer);
  for (let index = 0; index < 8; index += 1)
    out.setBigUint64(8 * index, (h[index] ?? 0n) ^ (v[index] ?? 0n) ^ (v[index + 8] ?? 0n), true);
  return { gasUsed: rounds, output };
}
