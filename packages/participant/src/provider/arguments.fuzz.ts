import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { readCall, readSend } from './arguments.ts';

const allowed = [
  'ARGUMENTS_INVALID',
  'SILENT_DOWNGRADE',
  'VALUE_IN_PRIVATE',
  'HEX_INVALID',
  'QUANTITY_INVALID',
  'BASE64_INVALID',
];
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

describe('provider arguments', () => {
  it('fail only with coded errors, whatever a dapp sends', () => {
    const name = fc.constantFrom(
      'from',
      'to',
      'data',
      'input',
      'value',
      'gas',
      'gasPrice',
      'nonce',
      'privateFor',
      'privateFrom',
      'privacyFlag',
      'mandatoryFor',
    );
    const text = fc.oneof(
      fc.constantFrom('0x', '0x1', '0x01', `0x${'aa'.repeat(20)}`, 'BULeR8JyUWhiuuCMU/HLA0Q5pzkYT+cHII3ZKBey3Bo='),
      fc.string(),
    );
    const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.array(text, { maxLength: 3 }), fc.object());
    const request = fc.oneof(fc.dictionary(name, value), fc.anything());
    fc.assert(
      fc.property(request, fc.boolean(), (input, isPrivate) => {
        for (const read of [() => readCall(input), () => readSend(input, undefined, () => isPrivate, isPrivate)]) {
          try {
            read();
          } catch (error) {
            if (!isIsoquorumError(error, ...allowed)) throw error;
            expect(allowed).toContain(error.code);
          }
        }
      }),
      { numRuns },
    );
  });
});
