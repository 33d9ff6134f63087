import { keccak256 } from '@isoquorum/primitives/keccak';
import { evmErrors, invalidOpcode } from '../texts.ts';
import { atDeadline, type Frame, type Halt, type RunContext } from './frame.ts';
import { STACK_BOUNDS } from '../gas-table.ts';
import { memoryEnd } from '../memory-range.ts';
import { runOperation } from './operations.ts';
import { traceStep } from './trace.ts';
import {
  byteAt,
  byteLengthOf,
  bytesToWord,
  exponentiate,
  fromSigned,
  MASK,
  shiftRightSigned,
  signExtend,
  toSigned,
} from '../words.ts';

/** So many bytes (2^6) of hashing or copying count as a step more, for the deadline. */
const STEP_BYTES_LOG = 6;

function stackError(sp: number, opcode: number): string {
  const least = STACK_BOUNDS.least[opcode] ?? 0;
  return sp < least
    ? `stack underflow (${sp} <=> ${least})`
    : `stack limit reached ${sp} (${STACK_BOUNDS.most[opcode] ?? 0})`;
}

/** Fails an instruction whose gas does not suffice; geth has words of its own for memory that 64 bits do not count. */
function failForGas(frame: Frame, opcode: number, sp: number): Halt {
  const end = memoryEnd(opcode, (position) => frame.stack[sp - 1 - position] ?? 0n);
  return frame.fail(end === undefined ? evmErrors.gasOverflow : evmErrors.outOfGas);
}

/**
 * Runs a frame until it ends or has a message for the host. No opcode waits. The frequent opcodes are here; those that
 * talk to the host are in `operations.ts`. `pc`, `sp` and `gas` live in locals and are written back before anything else looks.
 */
export function runFrame(frame: Frame, context: RunContext): Halt {
  const { stack, memory, code } = frame;
  const { bytes, destinations, operands } = code;
  const { constant, expByte } = context.gasTable;
  const { least, most } = STACK_BOUNDS;
  const tracer = context.options?.tracer;
  let { pc, sp, gas } = frame;
  for (;;) {
    const opcode = pc < bytes.length ? (bytes[pc] as number) : 0;
    const cost = constant[opcode] as number;
    if (context.stepsLeft <= 0) {
      frame.pc = pc;
      frame.sp = sp;
      frame.gas = gas;
      if (atDeadline(context)) return 'pause';
    }
    context.stepsLeft -= 1;
    if (tracer !== undefined) {
      frame.pc = pc;
      frame.sp = sp;
      frame.gas = gas;
      traceStep(tracer, frame, context, opcode, cost);
    }
    if (cost < 0 || sp < (least[opcode] as number) || sp > (most[opcode] as number)) {
      return frame.fail(cost < 0 ? invalidOpcode(opcode) : stackError(sp, opcode));
    }
    gas -= cost;
    if (gas < 0) return frame.fail(evmErrors.outOfGas);
    if (opcode >= 0x60) {
      if (opcode <= 0x7f) {
        let operand = operands[pc];
        const length = opcode - 0x5f;
        if (operand === undefined) {
          operand = bytesToWord(bytes.subarray(pc + 1, pc + 1 + length));
          const cutOff = pc + 1 + length - bytes.length;
          if (cutOff > 0) operand <<= BigInt(8 * Math.min(cutOff, length));
          operands[pc] = operand;
        }
        stack[sp] = operand;
        sp += 1;
        pc += length + 1;
        continue;
      }
      if (opcode <= 0x8f) {
        stack[sp] = stack[sp - opcode + 0x7f] as bigint;
        sp += 1;
        pc += 1;
        continue;
      }
      if (opcode <= 0x9f) {
        const other = sp - opcode + 0x8e;
        const top = stack[sp - 1] as bigint;
        stack[sp - 1] = stack[other] as bigint;
        stack[other] = top;
        pc += 1;
        continue;
      }
    } else {
      const a = stack[sp - 1] as bigint;
      const b = stack[sp - 2] as bigint;
      let handled = true;
      switch (opcode) {
        case 0x00:
          frame.gas = gas;
          return 'stop';
        case 0x01:
          sp -= 1;
          stack[sp - 1] = (a + b) & MASK;
          break;
        case 0x02:
          sp -= 1;
          stack[sp - 1] = (a * b) & MASK;
          break;
        case 0x03:
          sp -= 1;
          stack[sp - 1] = (a - b) & MASK;
          break;
        case 0x04:
          sp -= 1;
          stack[sp - 1] = b === 0n ? 0n : a / b;
          break;
        case 0x05:
          sp -= 1;
          stack[sp - 1] = b === 0n ? 0n : BigInt.asUintN(256, toSigned(a) / toSigned(b));
          break;
        case 0x06:
          sp -= 1;
          stack[sp - 1] = b === 0n ? 0n : a % b;
          break;
        case 0x07:
          sp -= 1;
          stack[sp - 1] = b === 0n ? 0n : fromSigned(toSigned(a) % toSigned(b));
          break;
        case 0x08:
        case 0x09: {
          sp -= 2;
          const modulus = stack[sp - 1] as bigint;
          stack[sp - 1] = modulus === 0n ? 0n : (opcode === 0x08 ? a + b : a * b) % modulus;
          break;
        }
        case 0x0a:
          gas -= expByte * byteLengthOf(b);
          if (gas < 0) return frame.fail(evmErrors.outOfGas);
          sp -= 1;
          stack[sp - 1] = exponentiate(a, b);
          break;
        case 0x0b:
          sp -= 1;
          stack[sp - 1] = signExtend(a, b);
          break;
        case 0x10:
          sp -= 1;
          stack[sp - 1] = a < b ? 1n : 0n;
          break;
        case 0x11:
          sp -= 1;
          stack[sp - 1] = a > b ? 1n : 0n;
          break;
        case 0x12:
          sp -= 1;
          stack[sp - 1] = toSigned(a) < toSigned(b) ? 1n : 0n;
          break;
        case 0x13:
          sp -= 1;
          stack[sp - 1] = toSigned(a) > toSigned(b) ? 1n : 0n;
          break;
        case 0x14:
          sp -= 1;
          stack[sp - 1] = a === b ? 1n : 0n;
          break;
        case 0x15:
          stack[sp - 1] = a === 0n ? 1n : 0n;
          break;
        case 0x16:
          sp -= 1;
          stack[sp - 1] = a & b;
          break;
        case 0x17:
          sp -= 1;
          stack[sp - 1] = a | b;
          break;
        case 0x18:
          sp -= 1;
          stack[sp - 1] = a ^ b;
          break;
        case 0x19:
          stack[sp - 1] = a ^ MASK;
          break;
        case 0x1a:
          sp -= 1;
          stack[sp - 1] = byteAt(a, b);
          break;
        case 0x1b:
          sp -= 1;
          stack[sp - 1] = a > 255n ? 0n : (b << a) & MASK;
          break;
        case 0x1c:
          sp -= 1;
          stack[sp - 1] = a > 255n ? 0n : b >> a;
          break;
        case 0x1d:
          sp -= 1;
          stack[sp - 1] = shiftRightSigned(a, b);
          break;
        case 0x20: {
          gas -= 6 * Math.ceil(Number(b) / 32) + memory.expansionGas(a, b);
          if (!(gas >= 0)) return failForGas(frame, opcode, sp);
          context.stepsLeft -= Number(b) >> STEP_BYTES_LOG;
          const length = Number(b);
          if (length !== 0) memory.grow(Number(a), length);
          sp -= 1;
          stack[sp - 1] = bytesToWord(
            keccak256(length === 0 ? memory.copy(0, 0) : memory.bytes.subarray(Number(a), Number(a) + length)),
          );
          break;
        }
        case 0x50:
          sp -= 1;
          break;
        case 0x51:
        case 0x52:
        case 0x53: {
          const length = opcode === 0x53 ? 1n : 32n;
          gas -= memory.expansionGas(a, length);
          if (!(gas >= 0)) return failForGas(frame, opcode, sp);
          const offset = Number(a);
          memory.grow(offset, Number(length));
          if (opcode === 0x51) {
            stack[sp - 1] = memory.load(offset);
            break;
          }
          if (opcode === 0x52) memory.store(offset, b);
          else memory.bytes[offset] = Number(b & 0xffn);
          sp -= 2;
          break;
        }
        case 0x56:
        case 0x57: {
          sp -= opcode - 0x55;
          if (opcode === 0x57 && b === 0n) break;
          const target = a < BigInt(bytes.length) ? Number(a) : -1;
          if (target < 0 || destinations[target] !== 1) return frame.fail(evmErrors.invalidJump);
          pc = target;
          continue;
        }
        case 0x58:
          stack[sp] = BigInt(pc);
          sp += 1;
          break;
        case 0x59:
          stack[sp] = BigInt(memory.size);
          sp += 1;
          break;
        case 0x5a:
          frame.gas = gas;
          stack[sp] = frame.gasLeft();
          sp += 1;
          break;
        case 0x5b:
          break;
        case 0x5f:
          stack[sp] = 0n;
          sp += 1;
          break;
        default:
          handled = false;
      }
      if (handled) {
        pc += 1;
        continue;
      }
    }
    frame.pc = pc;
    frame.sp = sp;
    frame.gas = gas;
    const halt = runOperation(opcode, frame, context);
    if (halt === 'failure' && frame.error === evmErrors.outOfGas) return failForGas(frame, opcode, sp);
    if (halt !== undefined) return halt;
    ({ sp, gas } = frame);
    pc += 1;
  }
}
