import type { EvmRules } from './evm-rules.ts';

/** What an opcode costs before anything that depends on its operands, and what it does to the stack. */
export interface GasTable {
  /** Constant gas by opcode; -1 where the fork has no such opcode. */
  readonly constant: Int32Array;
  readonly expByte: number;
  /** True from Berlin on: access costs come on top of the constant part (EIP-2929). */
  readonly hasAccessLists: boolean;
}

const INVALID = -1;
const STACK_LIMIT = 1024;

/** Operands that each opcode takes, and results that it leaves. */
const STACK_EFFECT: readonly (readonly [first: number, last: number, takes: number, leaves: number])[] = [
  [0x00, 0x00, 0, 0],
  [0x01, 0x07, 2, 1],
  [0x08, 0x09, 3, 1],
  [0x0a, 0x0b, 2, 1],
  [0x10, 0x14, 2, 1],
  [0x15, 0x15, 1, 1],
  [0x16, 0x18, 2, 1],
  [0x19, 0x19, 1, 1],
  [0x1a, 0x1d, 2, 1],
  [0x20, 0x20, 2, 1],
  [0x30, 0x30, 0, 1],
  [0x31, 0x31, 1, 1],
  [0x32, 0x34, 0, 1],
  [0x35, 0x35, 1, 1],
  [0x36, 0x36, 0, 1],
  [0x37, 0x37, 3, 0],
  [0x38, 0x38, 0, 1],
  [0x39, 0x39, 3, 0],
  [0x3a, 0x3a, 0, 1],
  [0x3b, 0x3b, 1, 1],
  [0x3c, 0x3c, 4, 0],
  [0x3d, 0x3d, 0, 1],
  [0x3e, 0x3e, 3, 0],
  [0x3f, 0x40, 1, 1],
  [0x41, 0x48, 0, 1],
  [0x49, 0x49, 1, 1],
  [0x4a, 0x4a, 0, 1],
  [0x50, 0x50, 1, 0],
  [0x51, 0x51, 1, 1],
  [0x52, 0x53, 2, 0],
  [0x54, 0x54, 1, 1],
  [0x55, 0x55, 2, 0],
  [0x56, 0x56, 1, 0],
  [0x57, 0x57, 2, 0],
  [0x58, 0x5a, 0, 1],
  [0x5b, 0x5b, 0, 0],
  [0x5c, 0x5c, 1, 1],
  [0x5d, 0x5d, 2, 0],
  [0x5e, 0x5e, 3, 0],
  [0x5f, 0x7f, 0, 1],
  [0xf0, 0xf0, 3, 1],
  [0xf1, 0xf2, 7, 1],
  [0xf3, 0xf3, 2, 0],
  [0xf4, 0xf4, 6, 1],
  [0xf5, 0xf5, 4, 1],
  [0xfa, 0xfa, 6, 1],
  [0xfd, 0xfd, 2, 0],
  [0xff, 0xff, 1, 0],
];

/** Fewest and most items that may be on the stack before each opcode. */
function stackBounds(): { readonly least: Int32Array; readonly most: Int32Array } {
  const least = new Int32Array(256);
  const most = new Int32Array(256).fill(STACK_LIMIT);
  const set = (opcode: number, takes: number, leaves: number): void => {
    least[opcode] = takes;
    most[opcode] = STACK_LIMIT + takes - leaves;
  };
  for (const [first, last, takes, leaves] of STACK_EFFECT)
    for (let opcode = first; opcode <= last; opcode += 1) set(opcode, takes, leaves);
  for (let n = 1; n <= 16; n += 1) {
    set(0x7f + n, n, n + 1);
    set(0x8f + n, n + 1, n + 1);
  }
  for (let topics = 0; topics <= 4; topics += 1) set(0xa0 + topics, topics + 2, 0);
  return { least, most };
}

export const STACK_BOUNDS: { readonly least: Int32Array; readonly most: Int32Array } = stackBounds();

/** Constant costs: the yellow paper's tiers, then what each fork changed (EIP-150, 1884, 2929, …). */
function createGasTable(rules: EvmRules): GasTable {
  const constant = new Int32Array(256).fill(INVALID);
  const price = (gas: number, ...opcodes: readonly number[]): void => {
    for (const opcode of opcodes) constant[opcode] = gas;
  };
  price(0, 0x00, 0xf3);
  price(1, 0x5b);
  price(2, 0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x58, 0x59, 0x5a);
  price(
    3,
    0x01,
    0x03,
    0x10,
    0x11,
    0x12,
    0x13,
    0x14,
    0x15,
    0x16,
    0x17,
    0x18,
    0x19,
    0x1a,
    0x35,
    0x37,
    0x39,
    0x51,
    0x52,
    0x53,
  );
  for (let opcode = 0x60; opcode <= 0x9f; opcode += 1) constant[opcode] = 3;
  price(5, 0x02, 0x04, 0x05, 0x06, 0x07, 0x0b);
  price(8, 0x08, 0x09, 0x56);
  price(10, 0x57, 0x0a);
  price(20, 0x40);
  price(30, 0x20);
  for (let topics = 0; topics <= 4; topics += 1) constant[0xa0 + topics] = 375 * (topics + 1);
  price(32_000, 0xf0);
  price(0, 0x55);
  if (rules.isHomestead) price(0, 0xf4);
  const access = rules.isBerlin ? 100 : rules.isIstanbul ? 700 : rules.isEip150 ? 400 : 20;
  const code = rules.isBerlin ? 100 : rules.isEip150 ? 700 : 20;
  const call = rules.isBerlin ? 100 : rules.isEip150 ? 700 : 40;
  price(access, 0x31);
  price(code, 0x3b, 0x3c);
  price(rules.isBerlin ? 100 : rules.isIstanbul ? 800 : rules.isEip150 ? 200 : 50, 0x54);
  price(call, 0xf1, 0xf2);
  if (rules.isHomestead) price(call, 0xf4);
  price(rules.isEip150 ? 5_000 : 0, 0xff);
  if (rules.isByzantium) {
    price(call, 0xfa);
    price(0, 0xfd);
    price(2, 0x3d);
    price(3, 0x3e);
  }
  if (rules.isConstantinople || rules.isPetersburg) {
    price(3, 0x1b, 0x1c, 0x1d);
    price(access, 0x3f);
    price(32_000, 0xf5);
  }
  if (rules.isIstanbul) {
    price(2, 0x46);
    price(5, 0x47);
  }
  if (rules.isLondon === true) price(2, 0x48);
  if (rules.isShanghai === true) price(2, 0x5f);
  if (rules.isCancun === true) {
    price(3, 0x49, 0x5e);
    price(2, 0x4a);
    price(100, 0x5c, 0x5d);
  }
  return { constant, expByte: rules.isEip158 ? 50 : 10, hasAccessLists: rules.isBerlin };
}

const tables = new WeakMap<EvmRules, GasTable>();

/** The table of a fork, made once per rules object. */
export function gasTableOf(rules: EvmRules): GasTable {
  let table = tables.get(rules);
  if (table === undefined) {
    table = createGasTable(rules);
    tables.set(rules, table);
  }
  return table;
}
