/** Where the loop goes next, and how it gives control back. */
import * as at from './layout.ts';
import { frame } from './machine.ts';
import { Op } from './opcodes.ts';
import * as word from './words.ts';

export function fail(code: i32, first: i32 = 0, second: i32 = 0): i32 {
  store<i32>(at.FAILURE, code);
  store<i32>(at.FAILURE, first, 4);
  store<i32>(at.FAILURE, second, 8);
  return at.FAILED;
}

export function save(ip: usize, sp: usize, gas: i64): void {
  store<u32>(frame, ip as u32, at.IP);
  store<u32>(frame, sp as u32, at.SP);
  store<i64>(frame, gas, at.GAS);
}

/** Why a block cannot run: the slice is over, or something in it fails. What, is known where blocks are single instructions. */
export function refuseBlock(header: usize, sp: usize, gas: i64): i32 {
  const cost = load<u32>(header, 4) as i64;
  const items = ((sp + 32 - load<u32>(frame, at.STACK_BASE)) >> 5) as i32;
  const needed = load<u16>(header, 2) as i32;
  const growth = (load<u32>(header, 8) >> 5) as i32;
  const isStackWrong = items < needed || items + growth > 1024;
  if (gas >= cost && !isStackWrong) {
    save(header, sp, gas);
    return at.PAUSED;
  }
  if (load<u32>(load<u32>(frame, at.CODE_AT), at.CODE_SINGLE) == 0) {
    save(header, sp, gas);
    return at.UNSURE;
  }
  if (items < needed) return fail(at.STACK_UNDERFLOW, items, needed);
  if (isStackWrong) return fail(at.STACK_OVERFLOW, items, 1024 - growth);
  return fail(at.OUT_OF_GAS);
}

/** Where a dynamic jump leads; 0 when there is no JUMPDEST. */
export function destination(target: usize): usize {
  const pc = word.clamp(target);
  const code = load<u32>(frame, at.CODE_AT) as usize;
  if (pc >= (load<u32>(code, at.CODE_LENGTH) as u64)) return 0;
  const cell = load<u32>(code + at.CODE_MAP + ((pc as usize) << 2));
  return cell & 1 ? (cell & ~7) : 0;
}

/** Where a static jump leads; writes it into the cell, so that it is looked up once. */
export function resolveJump(cell: usize, known: Op): usize {
  const code = load<u32>(frame, at.CODE_AT) as usize;
  const pc = load<u32>(cell, 4);
  if (pc >= load<u32>(code, at.CODE_LENGTH)) return 0;
  const target = load<u32>(code + at.CODE_MAP + ((pc as usize) << 2));
  if ((target & 1) == 0) return 0;
  store<u32>(cell, target & ~7, 4);
  store<u16>(cell, known as u16);
  return target & ~7;
}
