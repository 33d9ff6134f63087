/** Operations of the stack that the loop takes in whole: `target = top op target`, where the two words lie next to each other or not. */
import { isLess, isLessSigned, setWord } from './words.ts';

@inline
export function add(top: usize, target: usize): void {
  const a0 = load<u64>(top);
  const a1 = load<u64>(top, 8);
  const a2 = load<u64>(top, 16);
  const r0 = a0 + load<u64>(target);
  const c0 = u64(r0 < a0);
  const s1 = a1 + load<u64>(target, 8);
  const r1 = s1 + c0;
  const c1 = u64(s1 < a1) | u64(r1 < c0);
  const s2 = a2 + load<u64>(target, 16);
  const r2 = s2 + c1;
  const c2 = u64(s2 < a2) | u64(r2 < c1);
  store<u64>(target, r0);
  store<u64>(target, r1, 8);
  store<u64>(target, r2, 16);
  store<u64>(target, load<u64>(top, 24) + load<u64>(target, 24) + c2, 24);
}

@inline
export function subtract(top: usize, target: usize): void {
  const a0 = load<u64>(top);
  const a1 = load<u64>(top, 8);
  const a2 = load<u64>(top, 16);
  const b0 = load<u64>(target);
  const b1 = load<u64>(target, 8);
  const b2 = load<u64>(target, 16);
  const c0 = u64(a0 < b0);
  const s1 = a1 - b1;
  const c1 = u64(a1 < b1) | u64(s1 < c0);
  const s2 = a2 - b2;
  const c2 = u64(a2 < b2) | u64(s2 < c1);
  store<u64>(target, a0 - b0);
  store<u64>(target, s1 - c0, 8);
  store<u64>(target, s2 - c1, 16);
  store<u64>(target, load<u64>(top, 24) - load<u64>(target, 24) - c2, 24);
}

/** target = target - value. */
@inline
export function subtractFrom(value: usize, target: usize): void {
  const a0 = load<u64>(target);
  const a1 = load<u64>(target, 8);
  const a2 = load<u64>(target, 16);
  const b0 = load<u64>(value);
  const b1 = load<u64>(value, 8);
  const b2 = load<u64>(value, 16);
  const c0 = u64(a0 < b0);
  const s1 = a1 - b1;
  const c1 = u64(a1 < b1) | u64(s1 < c0);
  const s2 = a2 - b2;
  const c2 = u64(a2 < b2) | u64(s2 < c1);
  store<u64>(target, a0 - b0);
  store<u64>(target, s1 - c0, 8);
  store<u64>(target, s2 - c1, 16);
  store<u64>(target, load<u64>(target, 24) - load<u64>(value, 24) - c2, 24);
}

@inline
export function less(top: usize, target: usize): void {
  setWord(target, u64(isLess(top, target)));
}

@inline
export function greater(top: usize, target: usize): void {
  setWord(target, u64(isLess(target, top)));
}

@inline
export function lessSigned(top: usize, target: usize): void {
  setWord(target, u64(isLessSigned(top, target)));
}

@inline
export function greaterSigned(top: usize, target: usize): void {
  setWord(target, u64(isLessSigned(target, top)));
}

@inline
export function equal(top: usize, target: usize): void {
  const low = v128.xor(v128.load(top), v128.load(target));
  const high = v128.xor(v128.load(top, 16), v128.load(target, 16));
  setWord(target, u64(!v128.any_true(v128.or(low, high))));
}

@inline
export function and(top: usize, target: usize): void {
  v128.store(target, v128.and(v128.load(top), v128.load(target)));
  v128.store(target, v128.and(v128.load(top, 16), v128.load(target, 16)), 16);
}

@inline
export function or(top: usize, target: usize): void {
  v128.store(target, v128.or(v128.load(top), v128.load(target)));
  v128.store(target, v128.or(v128.load(top, 16), v128.load(target, 16)), 16);
}

@inline
export function xor(top: usize, target: usize): void {
  v128.store(target, v128.xor(v128.load(top), v128.load(target)));
  v128.store(target, v128.xor(v128.load(top, 16), v128.load(target, 16)), 16);
}

@inline
export function not(target: usize): void {
  v128.store(target, v128.not(v128.load(target)));
  v128.store(target, v128.not(v128.load(target, 16)), 16);
}

@inline
export function swap(top: usize, other: usize): void {
  const low = v128.load(top);
  const high = v128.load(top, 16);
  v128.store(top, v128.load(other));
  v128.store(top, v128.load(other, 16), 16);
  v128.store(other, low);
  v128.store(other, high, 16);
}
