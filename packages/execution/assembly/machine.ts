/** What all frames of a run share. */

/** The running frame. */
export let frame: usize = 0;
/** What the last message of the running frame returned. It lies above the frame's memory. */
export let returnData: usize = 0;
export let returnDataLength: u32 = 0;
/** Forks, as bits. */
export let forks: u32 = 0;
/** Quorum: 1 while a private contract that called a public one may not write. */
export let readOnly: i32 = 0;

export function setFrame(at: usize): void {
  frame = at;
}

export function setReturnData(at: usize, length: u32): void {
  returnData = at;
  returnDataLength = length;
}

export function setForks(bits: u32): void {
  forks = bits;
}

export function setReadOnly(value: i32): void {
  readOnly = value;
}

/** What functions that answer gas answer instead when the frame fails: far below any gas, with the failure's code. */
export function failure(code: i32): i64 {
  return i64.MIN_VALUE + (code as i64);
}

/** The code of a failure: out of gas when the gas is just negative. */
export function failureOf(gas: i64): i32 {
  return gas < i64.MIN_VALUE + 100 ? ((gas - i64.MIN_VALUE) as i32) : 1;
}
