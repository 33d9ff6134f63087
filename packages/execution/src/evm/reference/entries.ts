import type { Common } from '@ethereumjs/common';
import { EVMError } from '@ethereumjs/evm';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { ReferenceFrame } from './frame.ts';

/** What the library's opcode handlers read and write; `frame` is what they call the interpreter. */
export type OpcodeHandler = (runState: ReferenceFrame, common: Common) => void | Promise<void>;
export type GasHandler = (runState: ReferenceFrame, gas: bigint, common: Common) => bigint | Promise<bigint>;

/** An entry of the library's opcode table. */
interface LibraryEntry {
  readonly opcodeInfo: { readonly feeBigInt: bigint; readonly dynamicGas: boolean; readonly isInvalid: boolean };
  readonly opHandler: OpcodeHandler;
  readonly gasHandler: GasHandler | undefined;
}

/** One opcode under one fork. */
export interface Entry {
  readonly fee: bigint;
  readonly isInvalid: boolean;
  /** Refused while a private contract has called into public state. */
  readonly isWriting: boolean;
  readonly gas: GasHandler | undefined;
  readonly run: OpcodeHandler;
}

const isWriting = new Set([0x55, 0x5d, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xf0, 0xf5, 0xff]);
const addressMask = (1n << 160n) - 1n;

function wordCount(length: bigint): bigint {
  return (length + 31n) >> 5n;
}

/** Gas for growing the memory so that it covers a range. */
function memoryGas(frame: ReferenceFrame, offset: bigint, length: bigint): bigint {
  if (length === 0n) return 0n;
  const words = wordCount(offset + length);
  if (words <= frame.memoryWordCount) return 0n;
  const total = words * 3n + (words * words) / 512n;
  const cost = total - frame.highestMemCost;
  frame.highestMemCost = total;
  frame.memoryWordCount = words;
  return cost;
}

function rangeGas(length: bigint | undefined): GasHandler {
  return (frame, gas) => {
    const [offset, size] = frame.stack.peek(length === undefined ? 2 : 1) as [bigint, bigint];
    return gas + memoryGas(frame, offset, length ?? size);
  };
}

const copyGas: GasHandler = (frame, gas, common) => {
  const [offset, , length] = frame.stack.peek(3) as [bigint, bigint, bigint];
  return gas + memoryGas(frame, offset, length) + common.param('copyGas') * wordCount(length);
};

const returnDataCopyGas: GasHandler = (frame, gas, common) => {
  const [, source, length] = frame.stack.peek(3) as [bigint, bigint, bigint];
  if (source + length > BigInt(frame.returnBytes.length)) frame.fail('return data out of bounds');
  return copyGas(frame, gas, common);
};

const keccakGas: GasHandler = (frame, gas) => {
  const [offset, length] = frame.stack.peek(2) as [bigint, bigint];
  return gas + memoryGas(frame, offset, length) + 6n * wordCount(length);
};

const logGas: GasHandler = (frame, gas) => {
  if (frame.env.isStatic) throw new EVMError(EVMError.errorMessages.STATIC_STATE_CHANGE);
  const [offset, length] = frame.stack.peek(2) as [bigint, bigint];
  return gas + memoryGas(frame, offset, length) + 375n * BigInt(frame.opCode - 0xa0) + 8n * length;
};

const slotGas: GasHandler = (frame, gas, common) => {
  if (!common.isActivatedEIP(2929)) return gas;
  const [slot] = frame.stack.peek(1) as [bigint];
  const wasWarm = frame.host.accessSlot(frame.address, slot);
  return gas + common.param(wasWarm ? 'warmstoragereadGas' : 'coldsloadGas');
};

function addressOf(frame: ReferenceFrame): Uint8Array {
  return frame.wordToAddress(frame.stack.pop() & addressMask);
}

const runs: Readonly<Record<number, OpcodeHandler>> = {
  0x20: (frame) => {
    const [offset, length] = frame.stack.popN(2) as [bigint, bigint];
    frame.stack.push(bytesToBigint(keccak256(frame.memory.read(Number(offset), Number(length), true))));
  },
  0x31: (frame) => frame.stack.push(frame.host.balance(addressOf(frame))),
  0x3b: (frame) => frame.stack.push(BigInt(frame.host.codeSize(addressOf(frame)))),
  0x3c: (frame) => {
    const code = frame.host.code(addressOf(frame));
    const [target, source, length] = frame.stack.popN(3) as [bigint, bigint, bigint];
    if (length === 0n) return;
    const size = Number(length);
    const copy = new Uint8Array(size);
    if (source < BigInt(code.length)) copy.set(code.subarray(Number(source), Number(source) + size));
    frame.memory.write(Number(target), size, copy);
  },
  0x3f: (frame) => {
    const address = addressOf(frame);
    const hash = frame.host.isEmpty(address) ? undefined : frame.host.codeHash(address);
    frame.stack.push(hash === undefined ? 0n : bytesToBigint(hash));
  },
  0x40: (frame) => {
    const number = frame.stack.pop();
    const distance = BigInt(frame.host.block.number) - number;
    const hash = distance > 0n && distance <= 256n ? frame.host.block.blockHash(Number(number)) : undefined;
    frame.stack.push(hash === undefined ? 0n : bytesToBigint(hash));
  },
  0x54: (frame) => frame.stack.push(frame.host.storage(frame.address, frame.stack.pop())),
  0x55: (frame) => {
    const [slot, value] = frame.stack.popN(2) as [bigint, bigint];
    frame.host.setStorage(frame.address, slot, value);
  },
  0xf0: async (frame, common) => {
    const [value, offset, length] = frame.stack.popN(3) as [bigint, bigint, bigint];
    frame.stack.push(await frame.createContract(common, value, offset, length, undefined));
  },
  0xf5: async (frame, common) => {
    const [value, offset, length, salt] = frame.stack.popN(4) as [bigint, bigint, bigint, bigint];
    frame.stack.push(await frame.createContract(common, value, offset, length, salt));
  },
};

const gases: Readonly<Record<number, GasHandler>> = {
  0x20: keccakGas,
  0x37: copyGas,
  0x39: copyGas,
  0x3e: returnDataCopyGas,
  0x51: rangeGas(32n),
  0x52: rangeGas(32n),
  0x53: rangeGas(1n),
  0x54: slotGas,
  0xa0: logGas,
  0xa1: logGas,
  0xa2: logGas,
  0xa3: logGas,
  0xa4: logGas,
  0xf3: rangeGas(undefined),
  0xfd: rangeGas(undefined),
};

/**
 * The library's opcode table with some entries replaced: those that look at accounts and code, so that they ask the host
 * (and know nothing of later code formats), creations, and the simple gas formulas that the library has as promises,
 * which would cost more than what they compute.
 */
export function overrideEntries(table: readonly unknown[]): Entry[] {
  return (table as readonly LibraryEntry[]).map((entry, opcode) => {
    const { feeBigInt, dynamicGas, isInvalid } = entry.opcodeInfo;
    return {
      fee: feeBigInt,
      isInvalid,
      isWriting: isWriting.has(opcode),
      gas: isInvalid || (!dynamicGas && opcode !== 0x54) ? undefined : (gases[opcode] ?? entry.gasHandler),
      run: (isInvalid ? undefined : runs[opcode]) ?? entry.opHandler,
    };
  });
}
