import { evmErrors, invalidOpcode } from '../texts.ts';
import { layout } from './layout.ts';

/** Geth's text of a failure by its code and numbers. */
export function failureText(code: number, first: number, second: number): string {
  switch (code) {
    case layout.STACK_UNDERFLOW:
      return `stack underflow (${first} <=> ${second})`;
    case layout.STACK_OVERFLOW:
      return `stack limit reached ${first} (${second})`;
    case layout.INVALID_OPCODE:
      return invalidOpcode(first);
    case layout.INVALID_JUMP:
      return evmErrors.invalidJump;
    case layout.WRITE_PROTECTION:
      return evmErrors.writeProtection;
    case layout.READ_ONLY:
      return evmErrors.readOnlyMutation;
    case layout.RETURN_DATA_OUT_OF_BOUNDS:
      return evmErrors.returnDataOutOfBounds;
    case layout.INIT_CODE_TOO_LONG:
      return evmErrors.maxInitCodeSize;
    case layout.GAS_OVERFLOW:
      return evmErrors.gasOverflow;
    default:
      return evmErrors.outOfGas;
  }
}
