/**
 * Keccak-f[1600] and Keccak-256 (FIPS 202's permutation with Keccak's own padding) over linear memory.
 *
 * Six lanes are kept complemented, which spares most of the NOTs of chi ("lane complementing", Keccak implementation overview, section 2.2).
 * A round goes from one place in memory to another, row by row: few lanes are in registers at a time, and the compiler of the engine
 * spills none. With all 25 in locals a hash takes a quarter longer.
 */

/** Where the state of 25 lanes lies, and where every other round leaves it. */
const STATE: usize = memory.data(200, 16);
const OTHER: usize = memory.data(200, 16);
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
  0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
  0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
/** Bytes that one permutation takes in (1,088 bits). */
const RATE: u32 = 136;

/** One round, from state to state: theta, then rho, pi and chi for one row of the result after the other. */
@inline
function round(from: usize, to: usize, constant: u64): void {
  const c0: u64 = load<u64>(from) ^ load<u64>(from, 40) ^ load<u64>(from, 80) ^ load<u64>(from, 120) ^ load<u64>(from, 160);
  const c1: u64 = load<u64>(from, 8) ^ load<u64>(from, 48) ^ load<u64>(from, 88) ^ load<u64>(from, 128) ^ load<u64>(from, 168);
  const c2: u64 = load<u64>(from, 16) ^ load<u64>(from, 56) ^ load<u64>(from, 96) ^ load<u64>(from, 136) ^ load<u64>(from, 176);
  const c3: u64 = load<u64>(from, 24) ^ load<u64>(from, 64) ^ load<u64>(from, 104) ^ load<u64>(from, 144) ^ load<u64>(from, 184);
  const c4: u64 = load<u64>(from, 32) ^ load<u64>(from, 72) ^ load<u64>(from, 112) ^ load<u64>(from, 152) ^ load<u64>(from, 192);
  const d0: u64 = c4 ^ rotl<u64>(c1, 1);
  const d1: u64 = c0 ^ rotl<u64>(c2, 1);
  const d2: u64 = c1 ^ rotl<u64>(c3, 1);
  const d3: u64 = c2 ^ rotl<u64>(c4, 1);
  const d4: u64 = c3 ^ rotl<u64>(c0, 1);
  let b0: u64 = load<u64>(from) ^ d0;
  let b1: u64 = rotl<u64>(load<u64>(from, 48) ^ d1, 44);
  let b2: u64 = rotl<u64>(load<u64>(from, 96) ^ d2, 43);
  let b3: u64 = rotl<u64>(load<u64>(from, 144) ^ d3, 21);
  let b4: u64 = rotl<u64>(load<u64>(from, 192) ^ d4, 14);
  store<u64>(to, b0 ^ (b1 | b2) ^ constant);
  store<u64>(to, b1 ^ (~b2 | b3), 8);
  store<u64>(to, b2 ^ (b3 & b4), 16);
  store<u64>(to, b3 ^ (b4 | b0), 24);
  store<u64>(to, b4 ^ (b0 & b1), 32);
  b0 = rotl<u64>(load<u64>(from, 24) ^ d3, 28);
  b1 = rotl<u64>(load<u64>(from, 72) ^ d4, 20);
  b2 = rotl<u64>(load<u64>(from, 80) ^ d0, 3);
  b3 = rotl<u64>(load<u64>(from, 128) ^ d1, 45);
  b4 = rotl<u64>(load<u64>(from, 176) ^ d2, 61);
  store<u64>(to, b0 ^ (b1 | b2), 40);
  store<u64>(to, b1 ^ (b2 & b3), 48);
  store<u64>(to, b2 ^ (b3 | ~b4), 56);
  store<u64>(to, b3 ^ (b4 | b0), 64);
  store<u64>(to, b4 ^ (b0 & b1), 72);
  b0 = rotl<u64>(load<u64>(from, 8) ^ d1, 1);
  b1 = rotl<u64>(load<u64>(from, 56) ^ d2, 6);
  b2 = rotl<u64>(load<u64>(from, 104) ^ d3, 25);
  b3 = rotl<u64>(load<u64>(from, 152) ^ d4, 8);
  b4 = rotl<u64>(load<u64>(from, 160) ^ d0, 18);
  store<u64>(to, b0 ^ (b1 | b2), 80);
  store<u64>(to, b1 ^ (b2 & b3), 88);
  store<u64>(to, b2 ^ (~b3 & b4), 96);
  store<u64>(to, ~b3 ^ (b4 | b0), 104);
  store<u64>(to, b4 ^ (b0 & b1), 112);
  b0 = rotl<u64>(load<u64>(from, 32) ^ d4, 27);
  b1 = rotl<u64>(load<u64>(from, 40) ^ d0, 36);
  b2 = rotl<u64>(load<u64>(from, 88) ^ d1, 10);
  b3 = rotl<u64>(load<u64>(from, 136) ^ d2, 15);
  b4 = rotl<u64>(load<u64>(from, 184) ^ d3, 56);
  store<u64>(to, b0 ^ (b1 & b2), 120);
  store<u64>(to, b1 ^ (b2 | b3), 128);
  store<u64>(to, b2 ^ (~b3 | b4), 136);
  store<u64>(to, ~b3 ^ (b4 & b0), 144);
  store<u64>(to, b4 ^ (b0 | b1), 152);
  b0 = rotl<u64>(load<u64>(from, 16) ^ d2, 62);
  b1 = rotl<u64>(load<u64>(from, 64) ^ d3, 55);
  b2 = rotl<u64>(load<u64>(from, 112) ^ d4, 39);
  b3 = rotl<u64>(load<u64>(from, 120) ^ d0, 41);
  b4 = rotl<u64>(load<u64>(from, 168) ^ d1, 2);
  store<u64>(to, b0 ^ (~b1 & b2), 160);
  store<u64>(to, ~b1 ^ (b2 | b3), 168);
  store<u64>(to, b2 ^ (b3 & b4), 176);
  store<u64>(to, b3 ^ (b4 | b0), 184);
  store<u64>(to, b4 ^ (b0 & b1), 192);
}

/** The permutation over the state. */
function permute(): void {
  for (let at: usize = 0; at < 192; at += 16) {
    round(STATE, OTHER, load<u64>(ROUND_CONSTANTS + at));
    round(OTHER, STATE, load<u64>(ROUND_CONSTANTS + at, 8));
  }
}

/** Takes `lanes` lanes of eight bytes in. */
function absorb(source: usize, lanes: u32): void {
  for (let at: usize = 0; at < lanes << 3; at += 8) {
    store<u64>(STATE + at, load<u64>(STATE + at) ^ load<u64>(source + at));
  }
}

/** The empty state, with the lanes that are kept complemented. */
function clear(): void {
  memory.fill(STATE, 0, 200);
  store<u64>(STATE, -1, 8);
  store<u64>(STATE, -1, 16);
  store<u64>(STATE, -1, 64);
  store<u64>(STATE, -1, 96);
  store<u64>(STATE, -1, 136);
  store<u64>(STATE, -1, 160);
}

/** Keccak-256 of `length` bytes at `source`; its 32 bytes go to `target`, which may lie in the source. */
export function keccak256(source: usize, length: u32, target: usize): void {
  clear();
  while (length >= RATE) {
    absorb(source, RATE >> 3);
    permute();
    source += RATE;
    length -= RATE;
  }
  absorb(source, length >> 3);
  for (let at: u32 = length & ~7; at < length; at++) {
    store<u8>(STATE + at, load<u8>(STATE + at) ^ load<u8>(source + at));
  }
  store<u8>(STATE + length, load<u8>(STATE + length) ^ 0x01);
  store<u8>(STATE + (RATE - 1), load<u8>(STATE + (RATE - 1)) ^ 0x80);
  permute();
  store<u64>(target, load<u64>(STATE));
  store<u64>(target, ~load<u64>(STATE, 8), 8);
  store<u64>(target, ~load<u64>(STATE, 16), 16);
  store<u64>(target, load<u64>(STATE, 24), 24);
}
