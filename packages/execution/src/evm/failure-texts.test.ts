import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage, testRules } from '../testing/states.ts';
import { DualHost } from './host.ts';
import { forkNames } from './evm-rules.ts';

const sender = addressOf(1);
const contract = addressOf(2);
const rules = testRules(Object.fromEntries(forkNames.map((name) => [name, true])));

const push = (word: bigint): string => `7f${word.toString(16).padStart(64, '0')}`;
const LARGE = 1n << 64n;
/** Geth rounds an end up to words of 32 bytes, in 64 bits. */
const LAST_END = LARGE - 32n;

/** A program by the operands of its only instruction, the topmost last. */
function program(opcode: string, ...operands: readonly bigint[]): string {
  return operands.map(push).join('') + opcode;
}

const OVERFLOWS: readonly (readonly [string, string])[] = [
  ['MLOAD', program('51', LAST_END - 31n)],
  ['MLOAD beyond 64 bits', program('51', 1n << 200n)],
  ['MSTORE', program('52', 1n, LARGE)],
  ['MSTORE8', program('53', 1n, LAST_END)],
  ['KECCAK256, offset', program('20', 1n, LAST_END)],
  ['KECCAK256, length', program('20', LARGE, 0n)],
  ['CALLDATACOPY', program('37', 1n, 0n, LARGE)],
  ['CODECOPY', program('39', LARGE - 1n, 0n, 1n)],
  ['EXTCODECOPY', program('3c', 1n, 0n, LARGE, 5n)],
  ['RETURNDATACOPY', program('3e', 1n, 0n, LARGE)],
  ['MCOPY, target', program('5e', 1n, 0n, LARGE)],
  ['MCOPY, source', program('5e', 1n, LARGE, 0n)],
  ['LOG1', program('a1', 1n, LARGE, 0n)],
  ['CREATE', program('f0', 1n, LARGE, 0n)],
  ['CREATE2', program('f5', 0n, 1n, LARGE, 0n)],
  ['CALL, input', program('f1', 0n, 0n, 1n, LARGE, 0n, 5n, 0n)],
  ['CALL, output', program('f1', LARGE, 0n, 0n, 0n, 0n, 5n, 0n)],
  ['DELEGATECALL, output', program('f4', 1n, LARGE, 0n, 0n, 5n, 0n)],
  ['RETURN', program('f3', 1n, LARGE)],
  ['REVERT', program('fd', LARGE, 1n)],
];

const FAR: readonly (readonly [string, string])[] = [
  ['MLOAD', program('51', LAST_END - 32n)],
  ['MSTORE', program('52', 1n, 1n << 40n)],
  ['MSTORE8', program('53', 1n, LAST_END - 1n)],
  ['KECCAK256', program('20', LAST_END, 0n)],
  ['RETURNDATACOPY, before it looks at the data', program('3e', 1n << 33n, 0n, 0n)],
  ['CREATE', program('f0', 1n, LAST_END - 1n, 0n)],
  ['CALL', program('f1', 1n, 1n << 50n, 0n, 0n, 0n, 5n, 0n)],
  ['RETURN', program('f3', 1n, LAST_END - 1n)],
];

const NOWHERE: readonly (readonly [string, string])[] = [
  ['KECCAK256', `${program('20', 0n, LARGE)}00`],
  ['CALL', `${program('f1', 0n, LARGE, 0n, LARGE, 0n, 5n, 0n)}00`],
];

// The library words its failures in its own way.
describe.each(engines.filter(({ name }) => name !== 'reference'))('texts of failures, engine $name', ({ create }) => {
  const evm = create();

  async function run(code: string) {
    const state = createTestState([{ address: contract, nonce: 1n, code }]);
    const host = new DualHost(testBlock({ rules }), { origin: sender, gasPrice: 0n }, state, state);
    return evm.run(host, testMessage(sender, contract, hexToBytes('0x'), 1_000_000n));
  }

  it.each(OVERFLOWS)('memory that 64 bits do not count: %s', async (_, code) => {
    expect(await run(code)).toMatchObject({ status: 'failure', gasLeft: 0n, error: 'gas uint64 overflow' });
  });

  it.each(FAR)('memory that no gas pays for: %s', async (_, code) => {
    expect(await run(code)).toMatchObject({ status: 'failure', gasLeft: 0n, error: 'out of gas' });
  });

  it.each(NOWHERE)('a length of nothing reaches nothing: %s', async (_, code) => {
    expect(await run(code)).toMatchObject({ status: 'success' });
  });

  it('return data are looked at when the copy is paid for', async () => {
    expect(await run(program('3e', 1n, 0n, 0n))).toMatchObject({ error: 'return data out of bounds' });
  });
});
