import fc from 'fast-check';
import { isIsoquorumError } from '../errors.ts';

/** Runs per property: `FUZZ_RUNS`, small unless told. */
export const fuzzRuns: number = Number(process.env.FUZZ_RUNS ?? 200);

/**
 * Whatever the input, `decode` gives a value or throws one of our errors with a code that `allowed` matches.
 * Anything else (a TypeError, a RangeError) fails the property.
 */
export function onlyOurErrors<T>(decode: () => T, allowed: RegExp): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isIsoquorumError(error) && allowed.test(error.code)) return undefined;
    throw error;
  }
}

/** Bytes near a valid encoding: cut, lengthened, with changed, swapped or repeated bytes. */
export function mutations(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(),
    value: fc.nat(255),
    kind: fc.constantFrom('set', 'cut', 'insert', 'header'),
  });
  return fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => {
    const mutated = [...bytes];
    for (const { at, value, kind } of changes) {
      const position = mutated.length === 0 ? 0 : at % mutated.length;
      if (kind === 'set') mutated[position] = value;
      else if (kind === 'cut') mutated.length = position;
      else if (kind === 'insert') mutated.splice(position, 0, value);
      else mutated[position] = [0x80, 0xb8, 0xbf, 0xc0, 0xf8, 0xff][value % 6] as number;
    }
    return Uint8Array.from(mutated);
  });
}
