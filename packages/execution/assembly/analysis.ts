/**
 * Code made ready to run, once per code: cells of eight bytes, `opcode u16 | … | operand u32`, in blocks. The header of a block (two cells)
 * says what its instructions cost and need together, so that these are checked once: `Block u16 | need u16 | gas u32 | growth
 * u32 | pc u32`. A block ends where control may leave it, and after every instruction that looks at the gas that is left.
 */
import { CODE_BYTES, CODE_LENGTH, CODE_MAP, CODE_SINGLE, GAS_TABLE, NEED_TABLE, NET_TABLE } from './layout.ts';
import { denseOf, Op, operandOf, pairOf } from './opcodes.ts';
import { setWord } from './words.ts';

const HEADER_BYTES: usize = 16;

let header: usize = 0;
let blockGas: u32 = 0;
let need: i32 = 0;
let height: i32 = 0;
let growth: i32 = 0;
/** The cell of a DUP or PUSH that has just been written into the open block; 0 when the last instruction was another. */
let operand: usize = 0;
/** The cell of a PUSH that has just been followed by a SWAP1, and that of an ISZERO that has just been written; else 0. */
let swapped: usize = 0;
let negated: usize = 0;

function closeBlock(): void {
  if (header == 0) return;
  store<u16>(header, Op.Block as u16);
  store<u16>(header, need as u16, 2);
  store<u32>(header, blockGas, 4);
  store<u32>(header, growth << 5, 8);
  header = 0;
}

function openBlock(at: usize, pc: u32): void {
  closeBlock();
  header = at;
  store<u32>(at, pc, 12);
  blockGas = 0;
  need = 0;
  height = 0;
  growth = 0;
  operand = 0;
  swapped = 0;
  negated = 0;
}

/** Counts an instruction into the open block. */
function count(opcode: u32): void {
  blockGas += load<u32>(GAS_TABLE + (opcode << 2));
  const needed = load<i32>(NEED_TABLE + (opcode << 2)) - height;
  if (needed > need) need = needed;
  height += load<i32>(NET_TABLE + (opcode << 2));
  if (height > growth) growth = height;
}

function isKnown(opcode: u32): bool {
  return load<i32>(GAS_TABLE + (opcode << 2)) >= 0;
}

/** After these nothing follows: the next instruction that counts is a JUMPDEST. */
function isEnd(op: u32): bool {
  return op == Op.Stop || op == Op.Jump || op == Op.Return || op == Op.Revert || op == Op.Invalid || op == Op.SelfDestruct;
}

/** After these a new block begins. */
function endsBlock(op: u32): bool {
  return op == Op.JumpIf || op == Op.SStore || op == Op.Gas || op == Op.Call || op == Op.Create;
}

/** Bytes that the analysis of so many bytes of code takes at most. */
export function analysisBound(length: u32): u64 {
  return (length as u64) * 28 + 256;
}

/** Makes one instruction of a DUP or PUSH and the one after it, or with -1 of PUSH, SWAP1 and SUB. Answers the next cell. */
function fuse(cell: usize, pair: i32): usize {
  const op = load<u16>(cell);
  if (op == (Op.Dup as u16)) {
    store<u16>(cell, (Op.DupAdd + pair) as u16);
    return cell + 8;
  }
  store<u16>(cell, (pair < 0 ? Op.SubtractConstant : Op.PushAdd + pair) as u16);
  if (op == (Op.Push as u16)) setWord(cell + 8, load<u32>(cell, 4));
  return cell + 40;
}

/** Writes up to 32 bytes of push data as a little-endian word; zeros stand for bytes after the code's end. */
function storePush(target: usize, bytes: usize, from: u32, size: u32, length: u32): void {
  store<u64>(target, 0);
  store<u64>(target, 0, 8);
  store<u64>(target, 0, 16);
  store<u64>(target, 0, 24);
  for (let index: u32 = 0; index < size; index++) {
    if (from + index < length) store<u8>(target + (size - 1 - index), load<u8>(bytes + from + index));
  }
}

/**
 * Analyses `length` bytes of code at `bytes` into memory from `at` on (as much as {@link analysisBound} says). With `single` each
 * instruction is a block of its own, so that the first failure is exactly the one that the rules name. Answers the end.
 */
export function analyse(bytes: usize, length: u32, at: usize, single: bool): usize {
  store<u32>(at, length, CODE_LENGTH);
  store<u32>(at, bytes as u32, CODE_BYTES);
  store<u32>(at, single as u32, CODE_SINGLE);
  const map = at + CODE_MAP;
  memory.fill(map, 0, (length as usize) << 2);
  let ip: usize = (map + ((length as usize) << 2) + 7) & ~7;
  store<u32>(at, ip as u32, 12);
  let isDead = false;
  header = 0;
  let pc: u32 = 0;
  while (pc < length) {
    const opcode: u32 = load<u8>(bytes + pc);
    const size: u32 = opcode >= 0x60 && opcode <= 0x7f ? opcode - 0x5f : 0;
    const next = pc + 1 + size;
    if (isDead && opcode != 0x5b) {
      pc = next;
      continue;
    }
    isDead = false;
    if (single || opcode == 0x5b || header == 0) {
      openBlock(ip, pc);
      if (single || opcode == 0x5b) store<u32>(map + (pc << 2), (ip as u32) | (opcode == 0x5b ? 1 : 0));
      ip += HEADER_BYTES;
    }
    if (!isKnown(opcode)) {
      store<u16>(ip, Op.Invalid as u16);
      store<u32>(ip, opcode, 4);
      ip += 8;
      closeBlock();
      isDead = true;
      pc = next;
      continue;
    }
    count(opcode);
    if (opcode == 0x5b) {
      pc = next;
      continue;
    }
    if (opcode >= 0x80 && opcode <= 0x9f) {
      const isDup = opcode <= 0x8f;
      swapped = opcode == 0x90 && operand != 0 && load<u16>(operand) != (Op.Dup as u16) ? operand : 0;
      operand = isDup ? ip : 0;
      negated = 0;
      store<u16>(ip, (isDup ? Op.Dup : Op.Swap) as u16);
      store<u32>(ip, (isDup ? opcode - 0x80 : opcode - 0x8f) << 5, 4);
      ip += 8;
    } else if (size > 4) {
      store<u16>(ip, Op.PushWord as u16);
      storePush(ip + 8, bytes, pc + 1, size, length);
      operand = ip;
      swapped = 0;
      negated = 0;
      ip += 40;
    } else if (size > 0 || opcode == 0x5f || opcode == 0x58) {
      let value: u32 = opcode == 0x58 ? pc : 0;
      for (let index: u32 = 1; index <= size; index++) {
        value = (value << 8) | (pc + index < length ? load<u8>(bytes + pc + index) : 0);
      }
      const after: u32 = size > 0 && next < length && !single ? load<u8>(bytes + next) : 0;
      const isJump = after == 0x56 || after == 0x57;
      if (after == 0x57 && negated != 0) {
        store<u16>(negated, Op.JumpIfZeroTo as u16);
        store<u32>(negated, value, 4);
      } else if (after == 0x57 && operand != 0 && load<u16>(operand) == (Op.Dup as u16) && load<u32>(operand, 4) == 0) {
        store<u16>(operand, Op.DupJumpIfTo as u16);
        store<u32>(operand, value, 4);
      } else {
        store<u16>(ip, (!isJump ? Op.Push : after == 0x56 ? Op.JumpTo : Op.JumpIfTo) as u16);
        store<u32>(ip, value, 4);
        operand = ip;
        ip += 8;
      }
      swapped = 0;
      negated = 0;
      if (isJump) {
        count(after);
        closeBlock();
        isDead = after == 0x56;
        pc = next + 1;
        continue;
      }
    } else {
      const op = denseOf(opcode);
      const pair = pairOf(op);
      if (op == Op.Sub && swapped != 0) {
        ip = fuse(swapped, -1);
      } else if (pair >= 0 && operand != 0) {
        ip = fuse(operand, pair);
      } else {
        store<u16>(ip, op as u16);
        store<u32>(ip, operandOf(opcode), 4);
        ip += 8;
      }
      operand = 0;
      swapped = 0;
      negated = op == Op.IsZero ? ip - 8 : 0;
      isDead = isEnd(op);
      if (isDead || endsBlock(op)) closeBlock();
    }
    pc = next;
  }
  store<u16>(ip, Op.Stop as u16);
  closeBlock();
  return ip + 8;
}
