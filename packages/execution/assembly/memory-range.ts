/** Ranges of memory that are too far for any gas: geth has words of its own for those that 64 bits do not count. */
import * as at from './layout.ts';
import { Op } from './opcodes.ts';
import * as word from './words.ts';

/** The last end that geth can round up to whole words. */
const LAST_END: u64 = 0xffffffffffffffe0;

function isHuge(place: usize): bool {
  return (load<u64>(place, 8) | load<u64>(place, 16) | load<u64>(place, 24)) != 0;
}

function isBeyond(offset: usize, length: u64): bool {
  return isHuge(offset) || length > LAST_END || load<u64>(offset) > LAST_END - length;
}

function isRangeBeyond(offset: usize, length: usize): bool {
  if (word.isZero(length)) return false;
  return isHuge(length) || isBeyond(offset, load<u64>(length));
}

/** Whether an instruction, its operands still on the stack, reaches for memory beyond 64 bits. */
function reachesBeyond(op: i32, operand: u32, sp: usize): bool {
  switch (op) {
    case Op.MLoad:
    case Op.MStore: return isBeyond(sp, 32);
    case Op.MStore8: return isBeyond(sp, 1);
    case Op.Keccak:
    case Op.Log:
    case Op.Return:
    case Op.Revert: return isRangeBeyond(sp, sp - 32);
    case Op.CallDataCopy:
    case Op.CodeCopy:
    case Op.ReturnDataCopy: return isRangeBeyond(sp, sp - 64);
    case Op.ExtCodeCopy: return isRangeBeyond(sp - 32, sp - 96);
    case Op.MCopy: return isRangeBeyond(sp, sp - 64) || isRangeBeyond(sp - 32, sp - 64);
    case Op.Create: return isRangeBeyond(sp - 32, sp - 64);
    case Op.Call: {
      const ranges = operand == at.CALL || operand == at.CALLCODE ? sp - 96 : sp - 64;
      return isRangeBeyond(ranges, ranges - 32) || isRangeBeyond(ranges - 64, ranges - 96);
    }
  }
  return false;
}

/** The code of an instruction's failure, `code`, or what geth says instead of out of gas. */
export function failureName(code: i32, op: i32, operand: u32, sp: usize): i32 {
  return code == at.OUT_OF_GAS && reachesBeyond(op, operand, sp) ? at.GAS_OVERFLOW : code;
}
