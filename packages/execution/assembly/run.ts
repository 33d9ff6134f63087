/** The interpreter's loop. */
import { destination, fail, refuseBlock, resolveJump, save } from './control.ts';
import { divide } from './division.ts';
import { touch } from './frame-memory.ts';
import * as host from './host.ts';
import { keccak256 } from './keccak-f.ts';
import * as at from './layout.ts';
import { failureOf, forks, frame, setReadOnly } from './machine.ts';
import { failureName } from './memory-range.ts';
import { operandsOf, prepareCall, prepareCreate } from './messages.ts';
import { Op } from './opcodes.ts';
import { loadCallData, operate, stackTop, writeRefusal } from './operations.ts';
import * as stack from './stack.ts';
import * as word from './words.ts';

/** Bytes of a full stack. */
const STACK_BYTES: usize = 1024 << 5;

/** Runs the current frame until it ends, needs its host, or has used `slice` gas. */
export function run(slice: i32, isReadOnly: i32): i32 {
  setReadOnly(isReadOnly);
  let ip: usize = load<u32>(frame, at.IP);
  let sp: usize = load<u32>(frame, at.SP);
  let gas = load<i64>(frame, at.GAS);
  const stackBase: usize = load<u32>(frame, at.STACK_BASE);
  const base: usize = load<u32>(frame, at.MEMORY_BASE);
  let size = load<u64>(frame, at.MEMORY_SIZE);
  let floor: i64 = gas > (slice as i64) ? gas - (slice as i64) : 0;
  // The first block always runs, however much it costs: a run makes progress.
  const first = gas - (load<u16>(ip) == Op.Block ? (load<u32>(ip, 4) as i64) : 0);
  if (first < floor) floor = first > 0 ? first : 0;
  while (true) {
    const op: i32 = load<u16>(ip);
    switch (op) {
      case Op.Block: {
        gas -= load<u32>(ip, 4) as i64;
        const used = sp + 32 - stackBase;
        if (gas < floor || used < (load<u16>(ip, 2) as usize) << 5 || used + load<i32>(ip, 8) > STACK_BYTES) {
          return refuseBlock(ip, sp, gas + (load<u32>(ip, 4) as i64));
        }
        ip += 16;
        continue;
      }
      case Op.Push: {
        sp += 32;
        word.setWord(sp, load<u32>(ip, 4));
        break;
      }
      case Op.PushWord: {
        sp += 32;
        word.copyWord(sp, ip + 8);
        ip += 40;
        continue;
      }
      case Op.Dup: {
        word.copyWord(sp + 32, sp - load<u32>(ip, 4));
        sp += 32;
        break;
      }
      case Op.Swap: {
        stack.swap(sp, sp - load<u32>(ip, 4));
        break;
      }
      case Op.Pop: {
        sp -= 32;
        break;
      }
      case Op.JumpKnown: {
        ip = load<u32>(ip, 4);
        continue;
      }
      case Op.JumpIfKnown: {
        const isTaken = !word.isZero(sp);
        sp -= 32;
        ip = isTaken ? load<u32>(ip, 4) : ip + 8;
        continue;
      }
      case Op.JumpTo: {
        ip = resolveJump(ip, Op.JumpKnown);
        if (ip == 0) return fail(at.INVALID_JUMP);
        continue;
      }
      case Op.JumpIfTo: {
        const isTaken = !word.isZero(sp);
        sp -= 32;
        if (!isTaken) break;
        ip = resolveJump(ip, Op.JumpIfKnown);
        if (ip == 0) return fail(at.INVALID_JUMP);
        continue;
      }
      case Op.Jump: {
        ip = destination(sp);
        if (ip == 0) return fail(at.INVALID_JUMP);
        sp -= 32;
        continue;
      }
      case Op.JumpIf: {
        const isTaken = !word.isZero(sp - 32);
        const target = isTaken ? destination(sp) : ip + 8;
        if (target == 0) return fail(at.INVALID_JUMP);
        ip = target;
        sp -= 64;
        continue;
      }
      case Op.Add: {
        stack.add(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Sub: {
        stack.subtract(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Mul: {
        word.multiply(sp, sp - 32, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Div:
      case Op.Mod: {
        divide(sp, sp - 32, op == Op.Mod, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Lt: {
        stack.less(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Gt: {
        stack.greater(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.SLt: {
        stack.lessSigned(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.SGt: {
        stack.greaterSigned(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Eq: {
        stack.equal(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.And: {
        stack.and(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Or: {
        stack.or(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.Xor: {
        stack.xor(sp, sp - 32);
        sp -= 32;
        break;
      }
      case Op.IsZero: {
        word.setWord(sp, u64(word.isZero(sp)));
        break;
      }
      case Op.Not: {
        stack.not(sp);
        break;
      }
      case Op.Shl: {
        const bits = word.clamp(sp);
        sp -= 32;
        if (bits < 256) word.shiftLeft(sp, bits, sp);
        else word.setWord(sp, 0);
        break;
      }
      case Op.Shr: {
        const bits = word.clamp(sp);
        sp -= 32;
        if (bits < 256) word.shiftRight(sp, bits, 0, sp);
        else word.setWord(sp, 0);
        break;
      }
      case Op.MLoad: {
        const offset = load<u64>(sp);
        const high = load<u64>(sp, 8) | load<u64>(sp, 16) | load<u64>(sp, 24) | (offset >> 40);
        if (high != 0 || offset + 32 > size) {
          gas = touch(gas, word.clamp(sp), 32);
          if (gas < 0) return fail(failureName(at.OUT_OF_GAS, op, 0, sp));
          size = load<u64>(frame, at.MEMORY_SIZE);
        }
        word.loadBigEndian(base + (offset as usize), sp);
        break;
      }
      case Op.MStore: {
        const offset = load<u64>(sp);
        const high = load<u64>(sp, 8) | load<u64>(sp, 16) | load<u64>(sp, 24) | (offset >> 40);
        if (high != 0 || offset + 32 > size) {
          gas = touch(gas, word.clamp(sp), 32);
          if (gas < 0) return fail(failureName(at.OUT_OF_GAS, op, 0, sp));
          size = load<u64>(frame, at.MEMORY_SIZE);
        }
        word.storeBigEndian(sp - 32, base + (offset as usize));
        sp -= 64;
        break;
      }
      case Op.Keccak: {
        const offset = word.clamp(sp);
        const length = word.clamp(sp - 32);
        gas -= 6 * (((length + 31) >> 5) as i64);
        if (gas >= 0) gas = touch(gas, offset, length);
        if (gas < 0) return fail(failureName(at.OUT_OF_GAS, op, 0, sp));
        size = load<u64>(frame, at.MEMORY_SIZE);
        sp -= 32;
        keccak256(base + (offset as usize), length as u32, sp);
        word.loadBigEndian(sp, sp);
        break;
      }
      case Op.SLoad: {
        if (host.hostLoad(sp) != 0) {
          gas -= 2000;
          if (gas < 0) return fail(at.OUT_OF_GAS);
        }
        break;
      }
      case Op.SStore: {
        const refusal = writeRefusal();
        if (refusal != 0) return fail(refusal);
        if (forks & at.ISTANBUL && gas <= 2300) return fail(at.OUT_OF_GAS);
        gas -= host.hostStore(sp) as i64;
        if (gas < 0) return fail(at.OUT_OF_GAS);
        sp -= 64;
        break;
      }
      case Op.Env: {
        sp += 32;
        word.copyWord(sp, at.ENV + load<u32>(ip, 4));
        break;
      }
      case Op.FrameWord: {
        sp += 32;
        word.copyWord(sp, frame + load<u32>(ip, 4));
        break;
      }
      case Op.CallDataLoad: {
        loadCallData(sp);
        break;
      }
      case Op.CallDataSize: {
        sp += 32;
        word.setWord(sp, load<u32>(frame, at.INPUT_LENGTH));
        break;
      }
      case Op.Gas: {
        sp += 32;
        word.setWord(sp, gas as u64);
        break;
      }
      case Op.Call: {
        const kind = load<u32>(ip, 4);
        gas = prepareCall(kind, sp, gas);
        if (gas < 0) return fail(failureName(failureOf(gas), op, kind, sp));
        save(ip + 8, sp - (operandsOf(kind) << 5), gas);
        return at.MESSAGE;
      }
      case Op.Create: {
        const kind = load<u32>(ip, 4);
        gas = prepareCreate(kind, sp, gas);
        if (gas < 0) return fail(failureName(failureOf(gas), op, kind, sp));
        save(ip + 8, sp - (operandsOf(kind) << 5), gas);
        return at.MESSAGE;
      }
      case Op.Stop: {
        store<u32>(frame, 0, at.OUTPUT_LENGTH);
        save(ip, sp, gas);
        return at.STOPPED;
      }
      case Op.Return:
      case Op.Revert: {
        const offset = word.clamp(sp);
        const length = word.clamp(sp - 32);
        gas = touch(gas, offset, length);
        if (gas < 0) return fail(failureName(at.OUT_OF_GAS, op, 0, sp));
        store<u32>(frame, (base + (offset as usize)) as u32, at.OUTPUT);
        store<u32>(frame, length as u32, at.OUTPUT_LENGTH);
        const isReturn = op == Op.Return;
        save(ip, sp, gas);
        return isReturn ? at.STOPPED : at.REVERTED;
      }
      case Op.Invalid: return fail(at.INVALID_OPCODE, load<u32>(ip, 4));
      case Op.SelfDestruct: {
        const refusal = writeRefusal();
        if (refusal != 0) return fail(refusal);
        gas -= host.hostSelfDestruct(sp) as i64;
        if (gas < 0) return fail(at.OUT_OF_GAS);
        store<u32>(frame, 0, at.OUTPUT_LENGTH);
        save(ip, sp, gas);
        return at.STOPPED;
      }
      case Op.SubtractConstant: {
        stack.subtractFrom(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.DupJumpIfKnown: {
        ip = word.isZero(sp) ? ip + 8 : (load<u32>(ip, 4) as usize);
        continue;
      }
      case Op.JumpIfZeroKnown: {
        ip = word.isZero(sp) ? (load<u32>(ip, 4) as usize) : ip + 8;
        sp -= 32;
        continue;
      }
      case Op.DupJumpIfTo:
      case Op.JumpIfZeroTo: {
        const isDup = op == Op.DupJumpIfTo;
        const isTaken = word.isZero(sp) != isDup;
        if (!isDup) sp -= 32;
        if (!isTaken) break;
        ip = resolveJump(ip, isDup ? Op.DupJumpIfKnown : Op.JumpIfZeroKnown);
        if (ip == 0) return fail(at.INVALID_JUMP);
        continue;
      }
      case Op.DupAdd: {
        stack.add(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.DupMul: {
        word.multiply(sp - load<u32>(ip, 4), sp, sp);
        break;
      }
      case Op.DupSub: {
        stack.subtract(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.DupAnd: {
        stack.and(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.DupEq: {
        stack.equal(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.DupLt: {
        stack.less(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.DupGt: {
        stack.greater(sp - load<u32>(ip, 4), sp);
        break;
      }
      case Op.PushAdd: {
        stack.add(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.PushMul: {
        word.multiply(ip + 8, sp, sp);
        ip += 40;
        continue;
      }
      case Op.PushSub: {
        stack.subtract(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.PushAnd: {
        stack.and(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.PushEq: {
        stack.equal(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.PushLt: {
        stack.less(ip + 8, sp);
        ip += 40;
        continue;
      }
      case Op.PushGt: {
        stack.greater(ip + 8, sp);
        ip += 40;
        continue;
      }
      default: {
        gas = operate(op, load<u32>(ip, 4), sp, gas);
        if (gas < 0) return fail(failureName(failureOf(gas), op, 0, sp));
        sp = stackTop;
        size = load<u64>(frame, at.MEMORY_SIZE);
      }
    }
    ip += 8;
  }
}
