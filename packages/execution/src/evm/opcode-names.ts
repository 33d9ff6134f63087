/** Mnemonics of a run of opcodes, from its first one on. */
const RUNS: readonly (readonly [first: number, names: string])[] = [
  [0x00, 'STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND'],
  [0x10, 'LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR'],
  [0x20, 'SHA3'],
  [0x30, 'ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY GASPRICE'],
  [0x3b, 'EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH'],
  [0x40, 'BLOCKHASH COINBASE TIMESTAMP NUMBER DIFFICULTY GASLIMIT CHAINID SELFBALANCE'],
  [0x50, 'POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST'],
  [0xa0, 'LOG0 LOG1 LOG2 LOG3 LOG4'],
  [0xf0, 'CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2'],
  [0xfa, 'STATICCALL'],
  [0xfd, 'REVERT'],
  [0xff, 'SELFDESTRUCT'],
];

function createNames(): readonly string[] {
  const names = Array.from({ length: 256 }, (_, opcode) => `opcode 0x${opcode.toString(16)} not defined`);
  for (const [first, run] of RUNS) for (const [offset, name] of run.split(' ').entries()) names[first + offset] = name;
  for (let n = 1; n <= 32; n += 1) names[0x5f + n] = `PUSH${n}`;
  for (let n = 1; n <= 16; n += 1) {
    names[0x7f + n] = `DUP${n}`;
    names[0x8f + n] = `SWAP${n}`;
  }
  return names;
}

const NAMES = createNames();

/** Geth's name of an opcode, whether a fork has it or not (geth 1.10.3, on which GoQuorum 24.4 stands). */
export function opcodeName(opcode: number): string {
  return NAMES[opcode] ?? `opcode 0x${opcode.toString(16)} not defined`;
}
