import { opcodeName } from './opcode-names.ts';

/** Texts of failures, as geth and GoQuorum have them: clients and traces show them. */
export const evmErrors = {
  outOfGas: 'out of gas',
  /** Memory that reaches further than 64 bits count. */
  gasOverflow: 'gas uint64 overflow',
  codeStoreOutOfGas: 'contract creation code storage out of gas',
  depth: 'max call depth exceeded',
  insufficientBalance: 'insufficient balance for transfer',
  collision: 'contract address collision',
  reverted: 'execution reverted',
  maxCodeSize: 'max code size exceeded',
  maxInitCodeSize: 'max initcode size exceeded',
  invalidJump: 'invalid jump destination',
  writeProtection: 'write protection',
  returnDataOutOfBounds: 'return data out of bounds',
  invalidCode: 'invalid code: must not begin with 0xef',
  stackOverflow: 'stack limit reached 1024 (1023)',
  /** Quorum: a private contract that called a public one tries to write. */
  readOnlyMutation: 'VM in read-only mode. Mutating opcode prohibited',
  readOnlyValueTransfer: 'VM in read-only mode. Value transfer prohibited.',
} as const;

/** Geth's text for a byte that is no instruction; one that another fork has is named. */
export function invalidOpcode(opcode: number): string {
  return `invalid opcode: ${opcodeName(opcode)}`;
}
