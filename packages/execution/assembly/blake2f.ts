/** Entry of the module `blake2f`: the compression function F of BLAKE2b (RFC 7693, 3.2) with any number of rounds, as EIP-152 asks for it. */

/** Order of the message's words in each round (RFC 7693, 2.7). */
const SIGMA: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
]);
/** The message's words as ten rounds in a row take them. */
const ORDERED: usize = memory.data(1280, 16);
/** State (8 words), message (16), counters (2); the result replaces the state. */
const STATE: usize = memory.data(64, 16);
const MESSAGE: usize = memory.data(128, 16);
const COUNTERS: usize = memory.data(16, 16);

export function input(): usize {
  return STATE;
}

export function message(): usize {
  return MESSAGE;
}

export function counters(): usize {
  return COUNTERS;
}

/** The sixteen working words between calls of {@link rounds}. */
const WORKING: usize = memory.data(128, 16);

/** Sets the working words up. @param mask all ones for the last block, else 0 */
export function begin(mask: u64): void {
  for (let at: usize = 0; at < 160; at++) {
    store<u64>(ORDERED + (at << 3), load<u64>(MESSAGE + ((load<u8>(SIGMA + at) as usize) << 3)));
  }
  memory.copy(WORKING, STATE, 64);
  store<u64>(WORKING, 0x6a09e667f3bcc908, 64);
  store<u64>(WORKING, 0xbb67ae8584caa73b, 72);
  store<u64>(WORKING, 0x3c6ef372fe94f82b, 80);
  store<u64>(WORKING, 0xa54ff53a5f1d36f1, 88);
  store<u64>(WORKING, 0x510e527fade682d1 ^ load<u64>(COUNTERS), 96);
  store<u64>(WORKING, 0x9b05688c2b3e6c1f ^ load<u64>(COUNTERS, 8), 104);
  store<u64>(WORKING, 0x1f83d9abfb41bd6b ^ mask, 112);
  store<u64>(WORKING, 0x5be0cd19137e2179, 120);
}

/** Runs some rounds: a multiple of ten, except the last time. */
export function rounds(count: u32): void {
  let v0 = load<u64>(WORKING, 0);
  let v1 = load<u64>(WORKING, 8);
  let v2 = load<u64>(WORKING, 16);
  let v3 = load<u64>(WORKING, 24);
  let v4 = load<u64>(WORKING, 32);
  let v5 = load<u64>(WORKING, 40);
  let v6 = load<u64>(WORKING, 48);
  let v7 = load<u64>(WORKING, 56);
  let v8 = load<u64>(WORKING, 64);
  let v9 = load<u64>(WORKING, 72);
  let v10 = load<u64>(WORKING, 80);
  let v11 = load<u64>(WORKING, 88);
  let v12 = load<u64>(WORKING, 96);
  let v13 = load<u64>(WORKING, 104);
  let v14 = load<u64>(WORKING, 112);
  let v15 = load<u64>(WORKING, 120);
  let words = ORDERED;
  for (let round: u32 = 0; round < count; round++) {
    v0 += v4 + load<u64>(words, 0);
    v12 = rotr<u64>(v12 ^ v0, 32);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 24);
    v0 += v4 + load<u64>(words, 8);
    v12 = rotr<u64>(v12 ^ v0, 16);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 63);
    v1 += v5 + load<u64>(words, 16);
    v13 = rotr<u64>(v13 ^ v1, 32);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 24);
    v1 += v5 + load<u64>(words, 24);
    v13 = rotr<u64>(v13 ^ v1, 16);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 63);
    v2 += v6 + load<u64>(words, 32);
    v14 = rotr<u64>(v14 ^ v2, 32);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 24);
    v2 += v6 + load<u64>(words, 40);
    v14 = rotr<u64>(v14 ^ v2, 16);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 63);
    v3 += v7 + load<u64>(words, 48);
    v15 = rotr<u64>(v15 ^ v3, 32);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 24);
    v3 += v7 + load<u64>(words, 56);
    v15 = rotr<u64>(v15 ^ v3, 16);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 63);
    v0 += v5 + load<u64>(words, 64);
    v15 = rotr<u64>(v15 ^ v0, 32);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 24);
    v0 += v5 + load<u64>(words, 72);
    v15 = rotr<u64>(v15 ^ v0, 16);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 63);
    v1 += v6 + load<u64>(words, 80);
    v12 = rotr<u64>(v12 ^ v1, 32);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 24);
    v1 += v6 + load<u64>(words, 88);
    v12 = rotr<u64>(v12 ^ v1, 16);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 63);
    v2 += v7 + load<u64>(words, 96);
    v13 = rotr<u64>(v13 ^ v2, 32);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 24);
    v2 += v7 + load<u64>(words, 104);
    v13 = rotr<u64>(v13 ^ v2, 16);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 63);
    v3 += v4 + load<u64>(words, 112);
    v14 = rotr<u64>(v14 ^ v3, 32);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 24);
    v3 += v4 + load<u64>(words, 120);
    v14 = rotr<u64>(v14 ^ v3, 16);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 63);
    words += 128;
    if (words == ORDERED + 1280) words = ORDERED;
  }
  store<u64>(WORKING, v0, 0);
  store<u64>(WORKING, v1, 8);
  store<u64>(WORKING, v2, 16);
  store<u64>(WORKING, v3, 24);
  store<u64>(WORKING, v4, 32);
  store<u64>(WORKING, v5, 40);
  store<u64>(WORKING, v6, 48);
  store<u64>(WORKING, v7, 56);
  store<u64>(WORKING, v8, 64);
  store<u64>(WORKING, v9, 72);
  store<u64>(WORKING, v10, 80);
  store<u64>(WORKING, v11, 88);
  store<u64>(WORKING, v12, 96);
  store<u64>(WORKING, v13, 104);
  store<u64>(WORKING, v14, 112);
  store<u64>(WORKING, v15, 120);
}

/** Leaves the result in the state. */
export function end(): void {
  for (let at: usize = 0; at < 64; at += 8) {
    store<u64>(STATE + at, load<u64>(STATE + at) ^ load<u64>(WORKING + at) ^ load<u64>(WORKING + at, 64));
  }
}
