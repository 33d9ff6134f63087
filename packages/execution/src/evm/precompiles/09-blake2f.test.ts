import { bytesToBareHex, hexToBytes } from '@isoquorum/primitives/hex';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PrecompileResult, PrecompileSteps } from './precompiles.ts';

// Test vector 5 of EIP-152, and its input with other numbers of rounds.
const state =
  '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b';
const message = `616263${'00'.repeat(125)}`;
const counters = '03000000000000000000000000000000';
const expected =
  'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923';

function input(rounds: number, flag: string): Uint8Array {
  return hexToBytes(`0x${rounds.toString(16).padStart(8, '0')}${state}${message}${counters}${flag}`);
}

/** To its end, with what else happens at each pause. */
function finish(steps: PrecompileSteps<PrecompileResult | undefined>, atPause?: () => void) {
  let step = steps.next();
  while (step.done !== true) {
    atPause?.();
    step = steps.next();
  }
  return step.value;
}

describe('BLAKE2b F', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('answers the vector of EIP-152, and the same in WebAssembly and without', async () => {
    const { runBlake2f } = await import('./09-blake2f.ts');
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const plain = await import('./09-blake2f.ts');
    expect(bytesToBareHex(finish(runBlake2f(input(12, '01'), 12))?.output ?? new Uint8Array(0))).toBe(expected);
    for (const rounds of [0, 1, 9, 10, 11, 12, 123, 100_007]) {
      for (const flag of ['00', '01'])
        expect(finish(plain.runBlake2f(input(rounds, flag), rounds))).toEqual(
          finish(runBlake2f(input(rounds, flag), rounds)),
        );
    }
  });

  it('answers the same when another begins at each of its pauses', async () => {
    const { runBlake2f } = await import('./09-blake2f.ts');
    const rounds = 200_007;
    const alone = finish(runBlake2f(input(rounds, '01'), rounds));
    let pauses = 0;
    const disturbed = finish(runBlake2f(input(rounds, '01'), rounds), () => {
      pauses++;
      finish(runBlake2f(input(60_000, '00'), rounds));
    });
    expect(pauses).toBeGreaterThan(2);
    expect(disturbed).toEqual(alone);
  });

  it('refuses other lengths and flags, and takes a gas a round', async () => {
    const { runBlake2f } = await import('./09-blake2f.ts');
    expect(finish(runBlake2f(input(12, '02'), 12))?.error).toBe('invalid final flag');
    expect(finish(runBlake2f(input(12, '01').subarray(1), 12))?.error).toBe('invalid input length');
    expect(finish(runBlake2f(input(12, '01'), 11))).toBeUndefined();
  });
});
