import { blake2fBinary } from '../../wasm/blake2f-binary.ts';
import { compileModule, instantiate, type WasmMemory } from '../../wasm/web-assembly.ts';
import type { PrecompileResult, PrecompileSteps } from './precompiles.ts';

/** The initial vector of BLAKE2b in halves of 32 bits, the lower first. */
const INITIAL = [
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a, 0xade682d1,
  0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
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

/** v[a] += v[b] + m[x]: words of 64 bits in halves, by the place of their lower half. */
function addThree(v: Uint32Array, a: number, b: number, m: Uint32Array, x: number): void {
  const low = (v[a] as number) + (v[b] as number) + (m[x] as number);
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (m[x + 1] as number) + Math.floor(low / 0x100000000);
  v[a] = low;
}

/** v[a] += v[b]. */
function addTwo(v: Uint32Array, a: number, b: number): void {
  const low = (v[a] as number) + (v[b] as number);
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (low > 0xffffffff ? 1 : 0);
  v[a] = low;
}

/** RFC 7693, 3.1: rotations by 32, 24, 16 and 63 to the right. */
function mix(v: Uint32Array, a: number, b: number, c: number, d: number, m: Uint32Array, x: number, y: number): void {
  addThree(v, a, b, m, x);
  let low = (v[d] as number) ^ (v[a] as number);
  let high = (v[d + 1] as number) ^ (v[a + 1] as number);
  v[d] = high;
  v[d + 1] = low;
  addTwo(v, c, d);
  low = (v[b] as number) ^ (v[c] as number);
  high = (v[b + 1] as number) ^ (v[c + 1] as number);
  v[b] = (low >>> 24) | (high << 8);
  v[b + 1] = (high >>> 24) | (low << 8);
  addThree(v, a, b, m, y);
  low = (v[d] as number) ^ (v[a] as number);
  high = (v[d + 1] as number) ^ (v[a + 1] as number);
  v[d] = (low >>> 16) | (high << 16);
  v[d + 1] = (high >>> 16) | (low << 16);
  addTwo(v, c, d);
  low = (v[b] as number) ^ (v[c] as number);
  high = (v[b + 1] as number) ^ (v[c + 1] as number);
  v[b] = (high >>> 31) | (low << 1);
  v[b + 1] = (low >>> 31) | (high << 1);
}

function round(v: Uint32Array, m: Uint32Array, order: readonly number[]): void {
  for (let index = 0; index < 8; index++) {
    const [a, b, c, d] = MIXES[index] as (typeof MIXES)[number];
    mix(v, 2 * a, 2 * b, 2 * c, 2 * d, m, 2 * (order[2 * index] as number), 2 * (order[2 * index + 1] as number));
  }
}

/** In plain TypeScript, where WebAssembly is refused. */
function* compress(view: DataView, rounds: number, flag: number): PrecompileSteps<Uint8Array> {
  const half = (at: number): number => view.getUint32(at, true);
  const h = Uint32Array.from({ length: 16 }, (_, index) => half(4 + 4 * index));
  const m = Uint32Array.from({ length: 32 }, (_, index) => half(68 + 4 * index));
  const v = Uint32Array.from([...h, ...INITIAL]);
  for (let index = 0; index < 4; index++) v[24 + index] = (v[24 + index] as number) ^ half(196 + 4 * index);
  for (let index = 28; index < 30; index++) v[index] = (v[index] as number) ^ -flag;
  for (let index = 0; index < rounds; index++) {
    round(v, m, SIGMA[index % 10] as readonly number[]);
    if (index % PLAIN_ROUNDS_AT_ONCE === PLAIN_ROUNDS_AT_ONCE - 1) yield;
  }
  const output = new Uint8Array(64);
  const out = new DataView(output.buffer);
  for (let index = 0; index < 16; index++)
    out.setUint32(4 * index, (h[index] as number) ^ (v[index] as number) ^ (v[index + 16] as number), true);
  return output;
}

interface Blake2fExports {
  readonly memory: WasmMemory;
  readonly input: () => number;
  readonly message: () => number;
  readonly counters: () => number;
  readonly begin: (mask: bigint) => void;
  readonly rounds: (count: number) => void;
  readonly end: () => void;
}

/** A multiple of ten. An engine optimises a function between its calls, and not while one of them runs. */
const ROUNDS_AT_ONCE = 50_000;
/** The same without WebAssembly. */
const PLAIN_ROUNDS_AT_ONCE = 5_000;

/** Instances that wait for work: one is enough unless a run pauses in its middle while another begins. */
const idle: Blake2fExports[] = [];
let isRefused = false;

/** An instance of the module; undefined where WebAssembly is refused. */
function takeCore(): Blake2fExports | undefined {
  if (isRefused) return undefined;
  try {
    return idle.pop() ?? instantiate<Blake2fExports>(compileModule(blake2fBinary), {});
  } catch {
    isRefused = true;
    return undefined;
  }
}

function* compressInWasm(
  core: Blake2fExports,
  input: Uint8Array,
  rounds: number,
  flag: number,
): PrecompileSteps<Uint8Array> {
  const bytes = new Uint8Array(core.memory.buffer);
  const state = core.input();
  bytes.set(input.subarray(4, 68), state);
  bytes.set(input.subarray(68, 196), core.message());
  bytes.set(input.subarray(196, 212), core.counters());
  core.begin(-BigInt(flag));
  for (let left = rounds; left > 0; left -= ROUNDS_AT_ONCE) {
    core.rounds(Math.min(left, ROUNDS_AT_ONCE));
    if (left > ROUNDS_AT_ONCE) yield;
  }
  core.end();
  idle.push(core);
  return bytes.slice(state, state + 64);
}

/** The compression function F of BLAKE2b as a precompiled contract (EIP-152): one gas a round. Now and then it may pause. */
export function* runBlake2f(input: Uint8Array, gas: number): PrecompileSteps<PrecompileResult | undefined> {
  const nothing = new Uint8Array(0);
  if (input.length !== 213) return { gasUsed: 0, output: nothing, error: 'invalid input length' };
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const flag = view.getUint8(212);
  if (flag > 1) return { gasUsed: 0, output: nothing, error: 'invalid final flag' };
  const rounds = view.getUint32(0);
  if (rounds > gas) return undefined;
  const core = takeCore();
  const output = yield* core === undefined ? compress(view, rounds, flag) : compressInWasm(core, input, rounds, flag);
  return { gasUsed: rounds, output };
}
