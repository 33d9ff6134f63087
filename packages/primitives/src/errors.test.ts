import { expect, test } from 'vitest';
import { IsoquorumError, isIsoquorumError } from './errors.ts';

test('an error carries code, fields and reaction', () => {
  const error = new IsoquorumError('RLP_TOO_SHORT', 'input ends early', { offset: 3 });
  expect(error.toObject()).toEqual({
    code: 'RLP_TOO_SHORT',
    message: 'input ends early',
    fields: { offset: 3 },
    reaction: 'REJECT',
  });
  expect(isIsoquorumError(error, 'RLP_TOO_SHORT')).toBe(true);
  expect(isIsoquorumError(error, 'OTHER')).toBe(false);
  expect(isIsoquorumError(new Error('x'))).toBe(false);
});
