/** Division and what rests on it, over digits of 32 bits (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D). */
import { SCRATCH } from './layout.ts';
import { byteLength, copyWord, isNegative, isZero, multiply, negate, setWord } from './words.ts';

/** Dividend (17 digits), divisor (8), quotient (17), two words. */
const DIVIDEND: usize = SCRATCH;
const DIVISOR: usize = SCRATCH + 80;
const QUOTIENT: usize = SCRATCH + 128;
const LEFT: usize = SCRATCH + 208;
const RIGHT: usize = SCRATCH + 240;

function significantDigits(at: usize, most: i32): i32 {
  let digits = most;
  while (digits > 0 && load<u32>(at + ((digits - 1) << 2)) == 0) digits--;
  return digits;
}

function divideByDigit(digits: i32, divisor: u64): void {
  let rest: u64 = 0;
  for (let index = digits - 1; index >= 0; index--) {
    const value = (rest << 32) | (load<u32>(DIVIDEND + (index << 2)) as u64);
    store<u32>(QUOTIENT + (index << 2), (value / divisor) as u32);
    rest = value % divisor;
    store<u32>(DIVIDEND + (index << 2), 0);
  }
  store<u32>(DIVIDEND, rest as u32);
}

function shiftDigitsLeft(at: usize, digits: i32, bits: u32): void {
  let carry: u64 = 0;
  for (let index = 0; index < digits; index++) {
    const value = ((load<u32>(at + (index << 2)) as u64) << bits) | carry;
    store<u32>(at + (index << 2), value as u32);
    carry = value >> 32;
  }
}

function shiftDigitsRight(at: usize, digits: i32, bits: u32): void {
  for (let index = 0; index < digits; index++) {
    const high: u64 = index + 1 < digits ? load<u32>(at + ((index + 1) << 2)) : 0;
    const value = ((high << 32) | (load<u32>(at + (index << 2)) as u64)) >> bits;
    store<u32>(at + (index << 2), value as u32);
  }
}

/** One digit of the quotient: guess, at most two corrections, subtract, and add back when the guess was still too large. */
function quotientDigit(at: i32, divisorDigits: i32): u32 {
  const top = DIVIDEND + ((at + divisorDigits) << 2);
  const first: u64 = load<u32>(DIVISOR + ((divisorDigits - 1) << 2));
  const second: u64 = load<u32>(DIVISOR + ((divisorDigits - 2) << 2));
  const upper = ((load<u32>(top) as u64) << 32) | (load<u32>(top - 4) as u64);
  let guess = upper / first;
  let rest = upper % first;
  while (guess > 0xffffffff || guess * second > ((rest << 32) | (load<u32>(top - 8) as u64))) {
    guess--;
    rest += first;
    if (rest > 0xffffffff) break;
  }
  let borrow: i64 = 0;
  let carry: u64 = 0;
  for (let index = 0; index < divisorDigits; index++) {
    const place = DIVIDEND + ((at + index) << 2);
    carry += guess * (load<u32>(DIVISOR + (index << 2)) as u64);
    const value = (load<u32>(place) as i64) - ((carry & 0xffffffff) as i64) + borrow;
    store<u32>(place, value as u32);
    borrow = value >> 32;
    carry >>= 32;
  }
  const value = (load<u32>(top) as i64) - (carry as i64) + borrow;
  store<u32>(top, value as u32);
  if (value >= 0) return guess as u32;
  carry = 0;
  for (let index = 0; index < divisorDigits; index++) {
    const place = DIVIDEND + ((at + index) << 2);
    carry += (load<u32>(place) as u64) + (load<u32>(DIVISOR + (index << 2)) as u64);
    store<u32>(place, carry as u32);
    carry >>= 32;
  }
  store<u32>(top, load<u32>(top) + (carry as u32));
  return (guess - 1) as u32;
}

/** DIVIDEND (16 digits) by DIVISOR (8 digits, not zero): the quotient, and the rest in DIVIDEND. */
function divideDigits(): void {
  memory.fill(QUOTIENT, 0, 68);
  store<u32>(DIVIDEND, 0, 64);
  const dividendDigits = significantDigits(DIVIDEND, 16);
  const divisorDigits = significantDigits(DIVISOR, 8);
  if (dividendDigits < divisorDigits) return;
  if (divisorDigits == 1) {
    divideByDigit(dividendDigits, load<u32>(DIVISOR));
    return;
  }
  const bits = clz<u32>(load<u32>(DIVISOR + ((divisorDigits - 1) << 2)));
  shiftDigitsLeft(DIVISOR, divisorDigits, bits);
  shiftDigitsLeft(DIVIDEND, dividendDigits + 1, bits);
  for (let at = dividendDigits - divisorDigits; at >= 0; at--) {
    store<u32>(QUOTIENT + (at << 2), quotientDigit(at, divisorDigits));
  }
  shiftDigitsRight(DIVIDEND, divisorDigits + 1, bits);
}

function isSmall(word: usize): bool {
  return (load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) == 0;
}

/** The quotient (or the rest) of two words; 0 for a divisor of 0. */
export function divide(a: usize, b: usize, wantsRest: bool, target: usize): void {
  if (isZero(b)) {
    setWord(target, 0);
    return;
  }
  if (isSmall(a) && isSmall(b)) {
    const left = load<u64>(a);
    const right = load<u64>(b);
    setWord(target, wantsRest ? left % right : left / right);
    return;
  }
  copyWord(DIVIDEND, a);
  memory.fill(DIVIDEND + 32, 0, 36);
  copyWord(DIVISOR, b);
  divideDigits();
  copyWord(target, wantsRest ? DIVIDEND : QUOTIENT);
}

/** Two's complement, rounded towards zero; the rest has the sign of the dividend. */
export function divideSigned(a: usize, b: usize, wantsRest: bool, target: usize): void {
  const isANegative = isNegative(a);
  const isBNegative = isNegative(b);
  if (isANegative) negate(a, LEFT);
  else copyWord(LEFT, a);
  if (isBNegative) negate(b, RIGHT);
  else copyWord(RIGHT, b);
  divide(LEFT, RIGHT, wantsRest, target);
  if (wantsRest ? isANegative : isANegative != isBNegative) negate(target, target);
}

/** (a + b) mod m without losing the carry; 0 for m = 0. */
export function addModulo(a: usize, b: usize, modulus: usize, target: usize): void {
  if (isZero(modulus)) {
    setWord(target, 0);
    return;
  }
  memory.fill(DIVIDEND + 32, 0, 36);
  let carry: u64 = 0;
  for (let at: usize = 0; at < 32; at += 4) {
    carry += (load<u32>(a + at) as u64) + (load<u32>(b + at) as u64);
    store<u32>(DIVIDEND + at, carry as u32);
    carry >>= 32;
  }
  store<u32>(DIVIDEND, carry as u32, 32);
  copyWord(DIVISOR, modulus);
  divideDigits();
  copyWord(target, DIVIDEND);
}

/** (a * b) mod m over the whole product; 0 for m = 0. */
export function multiplyModulo(a: usize, b: usize, modulus: usize, target: usize): void {
  if (isZero(modulus)) {
    setWord(target, 0);
    return;
  }
  memory.fill(DIVIDEND, 0, 68);
  for (let i: usize = 0; i < 32; i += 4) {
    const digit: u64 = load<u32>(a + i);
    if (digit == 0) continue;
    let carry: u64 = 0;
    for (let j: usize = 0; j < 32; j += 4) {
      carry += digit * (load<u32>(b + j) as u64) + (load<u32>(DIVIDEND + i + j) as u64);
      store<u32>(DIVIDEND + i + j, carry as u32);
      carry >>= 32;
    }
    store<u32>(DIVIDEND + i, carry as u32, 32);
  }
  copyWord(DIVISOR, modulus);
  divideDigits();
  copyWord(target, DIVIDEND);
}

/** base ^ exponent mod 2^256. */
export function exponentiate(base: usize, exponent: usize, target: usize): void {
  copyWord(LEFT, base);
  setWord(RIGHT, 1);
  const bits = byteLength(exponent) << 3;
  for (let bit: u32 = 0; bit < bits; bit++) {
    if ((load<u8>(exponent + (bit >> 3)) >> (bit & 7)) & 1) multiply(RIGHT, LEFT, RIGHT);
    multiply(LEFT, LEFT, LEFT);
  }
  copyWord(target, RIGHT);
}
