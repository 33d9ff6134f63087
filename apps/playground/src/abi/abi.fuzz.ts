import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeAbiValues } from './abi-decode.ts';
import { parseAbiType } from './abi-type.ts';
import { parseContractAbi } from './contract-abi.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

function onlyOurErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    expect(error.code).toBe('ABI_INVALID');
  }
}

describe('ABI parsers', () => {
  it('fail only with ABI_INVALID on any returned bytes', () => {
    const elementary = fc.constantFrom('uint8', 'int256', 'bool', 'address', 'bytes', 'string', 'bytes4');
    const type = fc.tuple(elementary, fc.constantFrom('', '[]', '[3]', '[][2]')).map(([base, suffix]) => base + suffix);
    fc.assert(
      fc.property(fc.array(type, { maxLength: 4 }), fc.uint8Array({ maxLength: 400 }), (types, bytes) => {
        // Small words make lengths and offsets that point inside.
        const words = bytes.map((byte, index) => (index % 32 < 31 ? 0 : byte));
        const parsed = types.map((text, index) => ({ name: `v${index}`, type: parseAbiType({ type: text }) }));
        onlyOurErrors(() => decodeAbiValues(parsed, bytes));
        onlyOurErrors(() => decodeAbiValues(parsed, words));
      }),
      { numRuns },
    );
  });

  it('fail only with ABI_INVALID on any JSON', () => {
    const name = fc.constantFrom('type', 'name', 'inputs', 'outputs', 'components', 'stateMutability');
    const text = fc.oneof(fc.constantFrom('function', 'event', 'tuple[]', 'uint9', 'int256[0]'), fc.string());
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value')),
        fc.constant(null),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value), (json) => onlyOurErrors(() => parseContractAbi(json))),
      { numRuns },
    );
  });
});
