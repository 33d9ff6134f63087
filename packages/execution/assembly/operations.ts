/** Instructions that are not worth a place in the loop. */
import { addModulo, divideSigned, exponentiate, multiplyModulo } from './division.ts';
import { copyPadded, touch } from './frame-memory.ts';
import * as host from './host.ts';
import * as at from './layout.ts';
import { failure, forks, frame, readOnly, returnData, returnDataLength } from './machine.ts';
import { Op } from './opcodes.ts';
import * as word from './words.ts';

/** Topmost word of the stack after the last operation. */
export let stackTop: usize = 0;

/** Why the running frame may not write; 0 when it may. */
export function writeRefusal(): i32 {
  if (load<u32>(frame, at.IS_STATIC) != 0) return at.WRITE_PROTECTION;
  return readOnly != 0 ? at.READ_ONLY : 0;
}

export function loadCallData(offset: usize): void {
  const input = load<u32>(frame, at.INPUT) as usize;
  const length = load<u32>(frame, at.INPUT_LENGTH) as u64;
  const from = word.clamp(offset);
  if (from + 32 <= length) {
    word.loadBigEndian(input + (from as usize), offset);
    return;
  }
  word.setWord(offset, 0);
  for (let index: u64 = from; index < length; index++) {
    store<u8>(offset + ((31 - (index - from)) as usize), load<u8>(input + (index as usize)));
  }
}

/** CALLDATACOPY, CODECOPY, RETURNDATACOPY, EXTCODECOPY: pays by word and grows memory. */
function payCopy(sp: usize, gas: i64): i64 {
  const length = word.clamp(sp - 64);
  gas -= 3 * (((length + 31) >> 5) as i64);
  return gas < 0 ? -1 : touch(gas, word.clamp(sp), length);
}

/** Pays for the address on top of the stack, where it was not accessed before. */
function payAccess(isCold: i32, gas: i64): i64 {
  return isCold != 0 ? gas - 2500 : gas;
}

function log(topics: u32, sp: usize, gas: i64): i64 {
  const refusal = writeRefusal();
  if (refusal != 0) return failure(refusal);
  const offset = word.clamp(sp);
  const length = word.clamp(sp - 32);
  gas -= 8 * (length as i64);
  if (gas < 0) return gas;
  gas = touch(gas, offset, length);
  if (gas < 0) return gas;
  const base = load<u32>(frame, at.MEMORY_BASE) as usize;
  host.hostLog(topics, sp - 64, base + (offset as usize), length as u32);
  stackTop = sp - 64 - ((topics as usize) << 5);
  return gas;
}

function copyCode(sp: usize, gas: i64): i64 {
  gas = payAccess(host.hostAccess(sp), gas);
  gas = gas < 0 ? gas : payCopy(sp - 32, gas);
  if (gas < 0) return gas;
  const length = word.clamp(sp - 96);
  const from = word.clamp(sp - 64);
  const base = load<u32>(frame, at.MEMORY_BASE) as usize;
  const isFar = from > 0xffffffff;
  if (length > 0) {
    host.hostCopyCode(sp, base + (word.clamp(sp - 32) as usize), isFar ? 0xffffffff : (from as u32), length as u32);
  }
  stackTop = sp - 128;
  return gas;
}

function copyMemory(sp: usize, gas: i64): i64 {
  const to = word.clamp(sp);
  const from = word.clamp(sp - 32);
  const length = word.clamp(sp - 64);
  gas -= 3 * (((length + 31) >> 5) as i64);
  if (gas < 0) return gas;
  gas = touch(gas, to > from ? to : from, length);
  if (gas < 0) return gas;
  const base = load<u32>(frame, at.MEMORY_BASE) as usize;
  if (length > 0) memory.copy(base + (to as usize), base + (from as usize), length as usize);
  stackTop = sp - 96;
  return gas;
}

function copyFrom(source: usize, sourceLength: u32, sp: usize, gas: i64): i64 {
  gas = payCopy(sp, gas);
  if (gas >= 0) copyPadded(word.clamp(sp), source, sourceLength, word.clamp(sp - 32), word.clamp(sp - 64));
  stackTop = sp - 96;
  return gas;
}

function copyReturnData(sp: usize, gas: i64): i64 {
  const length = word.clamp(sp - 64);
  gas = payCopy(sp, gas);
  if (gas >= 0 && word.clamp(sp - 32) + length > (returnDataLength as u64)) return failure(at.RETURN_DATA_OUT_OF_BOUNDS);
  // Growth may have moved the data.
  if (gas >= 0) copyPadded(word.clamp(sp), returnData, returnDataLength, word.clamp(sp - 32), length);
  stackTop = sp - 96;
  return gas;
}

function push(sp: usize, low: u64): void {
  word.setWord(sp + 32, low);
  stackTop = sp + 32;
}

/** Runs one instruction, leaves the stack's top in {@link stackTop}, and answers the gas that is left; negative: the frame fails. */
export function operate(op: u32, operand: u32, sp: usize, gas: i64): i64 {
  const code = load<u32>(frame, at.CODE_AT) as usize;
  switch (op) {
    case Op.SDiv:
    case Op.SMod: {
      divideSigned(sp, sp - 32, op == Op.SMod, sp - 32);
      stackTop = sp - 32;
      break;
    }
    case Op.AddMod: {
      addModulo(sp, sp - 32, sp - 64, sp - 64);
      stackTop = sp - 64;
      break;
    }
    case Op.MulMod: {
      multiplyModulo(sp, sp - 32, sp - 64, sp - 64);
      stackTop = sp - 64;
      break;
    }
    case Op.Exp: {
      const perByte: i64 = forks & at.EIP_158 ? 50 : 10;
      gas -= perByte * (word.byteLength(sp - 32) as i64);
      if (gas >= 0) exponentiate(sp, sp - 32, sp - 32);
      stackTop = sp - 32;
      break;
    }
    case Op.SignExtend: {
      const position = word.clamp(sp);
      if (position < 31) word.signExtend(position as u32, sp - 32);
      stackTop = sp - 32;
      break;
    }
    case Op.Byte: {
      const position = word.clamp(sp);
      const value: u64 = position < 32 ? load<u8>(sp - 32 + ((31 - position) as usize)) : 0;
      word.setWord(sp - 32, value);
      stackTop = sp - 32;
      break;
    }
    case Op.Sar: {
      const bits = word.clamp(sp);
      const fill: u64 = word.isNegative(sp - 32) ? ~(0 as u64) : 0;
      word.shiftRight(sp - 32, bits < 256 ? bits : 256, fill, sp - 32);
      stackTop = sp - 32;
      break;
    }
    case Op.MStore8: {
      const offset = word.clamp(sp);
      gas = touch(gas, offset, 1);
      if (gas >= 0) store<u8>(load<u32>(frame, at.MEMORY_BASE) + (offset as usize), load<u8>(sp - 32));
      stackTop = sp - 64;
      break;
    }
    case Op.MSize: {
      push(sp, load<u64>(frame, at.MEMORY_SIZE));
      break;
    }
    case Op.MCopy: {
      gas = copyMemory(sp, gas);
      break;
    }
    case Op.TLoad: {
      host.hostLoadTransient(sp);
      stackTop = sp;
      break;
    }
    case Op.TStore: {
      const refusal = writeRefusal();
      if (refusal != 0) return failure(refusal);
      host.hostStoreTransient(sp);
      stackTop = sp - 64;
      break;
    }
    case Op.CallDataCopy: {
      gas = copyFrom(load<u32>(frame, at.INPUT), load<u32>(frame, at.INPUT_LENGTH), sp, gas);
      break;
    }
    case Op.CodeSize: {
      push(sp, load<u32>(code, at.CODE_LENGTH));
      break;
    }
    case Op.CodeCopy: {
      gas = copyFrom(load<u32>(code, at.CODE_BYTES), load<u32>(code, at.CODE_LENGTH), sp, gas);
      break;
    }
    case Op.ReturnDataSize: {
      push(sp, returnDataLength);
      break;
    }
    case Op.ReturnDataCopy: {
      gas = copyReturnData(sp, gas);
      break;
    }
    case Op.Account: {
      gas = payAccess(host.hostAccount(sp, operand), gas);
      stackTop = sp;
      break;
    }
    case Op.ExtCodeCopy: {
      gas = copyCode(sp, gas);
      break;
    }
    case Op.BlockHash: {
      host.hostBlockHash(sp);
      stackTop = sp;
      break;
    }
    case Op.SelfBalance: {
      host.hostSelfBalance(sp + 32);
      stackTop = sp + 32;
      break;
    }
    case Op.BlobHash: {
      host.hostBlobHash(sp);
      stackTop = sp;
      break;
    }
    case Op.Log: {
      gas = log(operand, sp, gas);
      break;
    }
  }
  return gas;
}
