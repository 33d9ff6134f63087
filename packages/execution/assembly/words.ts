/** Arithmetic of 256-bit words in linear memory: four limbs of 64 bits, little-endian. `target` may be one of the operands. */

@inline
export function setWord(target: usize, low: u64): void {
  store<u64>(target, low);
  store<u64>(target, 0, 8);
  v128.store(target, i64x2.splat(0), 16);
}

@inline
export function copyWord(target: usize, source: usize): void {
  const low = v128.load(source);
  const high = v128.load(source, 16);
  v128.store(target, low);
  v128.store(target, high, 16);
}

@inline
export function isZero(word: usize): bool {
  return !v128.any_true(v128.or(v128.load(word), v128.load(word, 16)));
}

/** The upper half of a product. */
@inline
function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const p01 = a0 * b1;
  const p10 = a1 * b0;
  const middle = ((a0 * b0) >> 32) + (p01 & 0xffffffff) + (p10 & 0xffffffff);
  return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

export function multiply(a: usize, b: usize, target: usize): void {
  let a0 = load<u64>(a);
  let a1 = load<u64>(a, 8);
  let a2 = load<u64>(a, 16);
  let a3 = load<u64>(a, 24);
  let b0 = load<u64>(b);
  let b1 = load<u64>(b, 8);
  let b2 = load<u64>(b, 16);
  let b3 = load<u64>(b, 24);
  if ((a1 | a2 | a3) == 0) {
    const low = a0;
    a0 = b0;
    b0 = low;
    a1 = b1;
    a2 = b2;
    a3 = b3;
    b1 = 0;
    b2 = 0;
    b3 = 0;
  }
  const r0 = a0 * b0;
  let high = mulHigh(a0, b0);
  let low = a1 * b0;
  let r1 = low + high;
  high = mulHigh(a1, b0) + u64(r1 < low);
  low = a2 * b0;
  let r2 = low + high;
  high = mulHigh(a2, b0) + u64(r2 < low);
  let r3 = a3 * b0 + high;
  if ((b1 | b2 | b3) != 0) {
    low = a0 * b1;
    high = mulHigh(a0, b1);
    r1 += low;
    high += u64(r1 < low);
    low = a1 * b1;
    const sum = low + high;
    high = mulHigh(a1, b1) + u64(sum < low);
    r2 += sum;
    high += u64(r2 < sum);
    r3 += a2 * b1 + high;
    low = a0 * b2;
    high = mulHigh(a0, b2);
    r2 += low;
    high += u64(r2 < low);
    r3 += a1 * b2 + high + a0 * b3;
  }
  store<u64>(target, r0);
  store<u64>(target, r1, 8);
  store<u64>(target, r2, 16);
  store<u64>(target, r3, 24);
}

@inline
export function isLess(a: usize, b: usize): bool {
  const a3 = load<u64>(a, 24);
  const b3 = load<u64>(b, 24);
  if (a3 != b3) return a3 < b3;
  const a2 = load<u64>(a, 16);
  const b2 = load<u64>(b, 16);
  if (a2 != b2) return a2 < b2;
  const a1 = load<u64>(a, 8);
  const b1 = load<u64>(b, 8);
  if (a1 != b1) return a1 < b1;
  return load<u64>(a) < load<u64>(b);
}

/** Two's complement. */
@inline
export function isLessSigned(a: usize, b: usize): bool {
  const a3 = load<i64>(a, 24);
  const b3 = load<i64>(b, 24);
  return a3 != b3 ? a3 < b3 : isLess(a, b);
}

@inline
export function isNegative(word: usize): bool {
  return load<i64>(word, 24) < 0;
}

/** 0 - word. */
export function negate(word: usize, target: usize): void {
  let carry: u64 = 1;
  for (let at: usize = 0; at < 32; at += 8) {
    const limb = ~load<u64>(word + at) + carry;
    carry = carry & u64(limb == 0);
    store<u64>(target + at, limb);
  }
}

/** A word as a small number; 2^40 for everything from there on. */
@inline
export function clamp(word: usize): u64 {
  const low = load<u64>(word);
  if ((load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) != 0 || low > 0x10000000000) return 0x10000000000;
  return low;
}

export function shiftLeft(word: usize, bits: u64, target: usize): void {
  const limbs = (bits >> 6) as i32;
  const rest = bits & 63;
  for (let index: i32 = 3; index >= 0; index--) {
    const from = index - limbs;
    let limb: u64 = 0;
    if (from >= 0) {
      limb = load<u64>(word + (from << 3)) << rest;
      if (rest != 0 && from > 0) limb |= load<u64>(word + ((from - 1) << 3)) >> (64 - rest);
    }
    store<u64>(target + (index << 3), limb);
  }
}

/** @param fill what comes in from above: 0, or all ones */
export function shiftRight(word: usize, bits: u64, fill: u64, target: usize): void {
  const limbs = (bits >> 6) as i32;
  const rest = bits & 63;
  for (let index: i32 = 0; index < 4; index++) {
    const from = index + limbs;
    const low = from < 4 ? load<u64>(word + (from << 3)) : fill;
    const high = from < 3 ? load<u64>(word + ((from + 1) << 3)) : fill;
    store<u64>(target + (index << 3), rest == 0 ? low : (low >> rest) | (high << (64 - rest)));
  }
}

/** Extends the sign of the byte at `position` (0 is the lowest) upwards, in place. */
export function signExtend(position: u32, word: usize): void {
  if (position > 30) return;
  const fill: u8 = load<i8>(word + position) < 0 ? 0xff : 0;
  memory.fill(word + position + 1, fill, 31 - position);
}

/** Bytes that the number takes without leading zeros. */
export function byteLength(word: usize): u32 {
  for (let at: i32 = 24; at >= 0; at -= 8) {
    const limb = load<u64>(word + at);
    if (limb != 0) return ((at + 8) as u32) - ((clz<u64>(limb) >> 3) as u32);
  }
  return 0;
}

/** 32 bytes, big-endian, to a word. */
@inline
export function loadBigEndian(source: usize, target: usize): void {
  const first = v128.load(source);
  const last = v128.load(source, 16);
  v128.store(target, v128.shuffle<u8>(last, last, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  v128.store(target, v128.shuffle<u8>(first, first, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 16);
}

/** A word to 32 bytes, big-endian. */
@inline
export function storeBigEndian(word: usize, target: usize): void {
  loadBigEndian(word, target);
}
