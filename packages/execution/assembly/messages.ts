/** CALL and its kin, CREATE and CREATE2: what they cost, and the message that they leave in the frame. */
import { hostTarget } from './host.ts';
import { failure, forks, frame, readOnly } from './machine.ts';
import * as at from './layout.ts';
import { touch } from './frame-memory.ts';
import { clamp, copyWord, isZero, setWord } from './words.ts';

/** Operands before the offset of the input: gas, target, and for two of the kinds a value. */
function hasValueOperand(kind: u32): bool {
  return kind == at.CALL || kind == at.CALLCODE;
}

/** Pays for a call whose operands are on the stack. Answers the gas that is left, negative when the frame fails. */
export function prepareCall(kind: u32, sp: usize, gas: i64): i64 {
  const withValue = hasValueOperand(kind);
  const value = sp - 64;
  const target = sp - 32;
  const rest = withValue ? sp - 96 : sp - 64;
  const hasValue = withValue && !isZero(value);
  if (kind == at.CALL && hasValue && load<u32>(frame, at.IS_STATIC) != 0) {
    return failure(at.WRITE_PROTECTION);
  }
  const about = hostTarget(target, kind, hasValue as i32);
  if (about & 1) gas -= 2500;
  if (hasValue) gas -= 9000;
  if (about & 2) gas -= 25000;
  if (gas < 0) return failure(at.OUT_OF_GAS);
  const inputOffset = clamp(rest);
  const inputLength = clamp(rest - 32);
  const outputOffset = clamp(rest - 64);
  const outputLength = clamp(rest - 96);
  gas = touch(gas, inputOffset, inputLength);
  if (gas < 0) return failure(at.OUT_OF_GAS);
  gas = touch(gas, outputOffset, outputLength);
  if (gas < 0) return failure(at.OUT_OF_GAS);
  const isHuge = (load<u64>(sp, 8) | load<u64>(sp, 16) | load<u64>(sp, 24)) != 0 || load<i64>(sp) < 0;
  let calleeGas = load<i64>(sp);
  if (forks & at.EIP_150) {
    const most = gas - gas / 64;
    if (isHuge || calleeGas > most) calleeGas = most;
  } else if (isHuge || calleeGas > gas) return failure(at.OUT_OF_GAS);
  gas -= calleeGas;
  store<u32>(frame, kind, at.PENDING_KIND);
  store<u32>(frame, inputOffset as u32, at.PENDING_INPUT);
  store<u32>(frame, inputLength as u32, at.PENDING_INPUT_LENGTH);
  store<u32>(frame, outputOffset as u32, at.PENDING_OUTPUT);
  store<u32>(frame, outputLength as u32, at.PENDING_OUTPUT_LENGTH);
  store<i64>(frame, hasValue ? calleeGas + 2300 : calleeGas, at.PENDING_GAS);
  copyWord(frame + at.PENDING_TARGET, target);
  if (withValue) copyWord(frame + at.PENDING_VALUE, value);
  else if (kind == at.DELEGATECALL) copyWord(frame + at.PENDING_VALUE, frame + at.VALUE);
  else setWord(frame + at.PENDING_VALUE, 0);
  return gas;
}

/** Items that a message takes from the stack. */
export function operandsOf(kind: u32): u32 {
  if (kind == at.CREATE) return 3;
  if (kind == at.CREATE2) return 4;
  return hasValueOperand(kind) ? 7 : 6;
}

/** Pays for a creation whose operands are on the stack. Answers the gas that is left, negative when the frame fails. */
export function prepareCreate(kind: u32, sp: usize, gas: i64): i64 {
  if (load<u32>(frame, at.IS_STATIC) != 0) return failure(at.WRITE_PROTECTION);
  if (readOnly != 0) return failure(at.READ_ONLY);
  const offset = clamp(sp - 32);
  const length = clamp(sp - 64);
  if ((forks & at.SHANGHAI) && length > 49152) return failure(at.INIT_CODE_TOO_LONG);
  gas = touch(gas, offset, length);
  if (gas < 0) return failure(at.OUT_OF_GAS);
  const words = ((length + 31) >> 5) as i64;
  if (kind == at.CREATE2) gas -= 6 * words;
  if (forks & at.SHANGHAI) gas -= 2 * words;
  if (gas < 0) return failure(at.OUT_OF_GAS);
  const calleeGas = forks & at.EIP_150 ? gas - gas / 64 : gas;
  store<u32>(frame, kind, at.PENDING_KIND);
  store<u32>(frame, offset as u32, at.PENDING_INPUT);
  store<u32>(frame, length as u32, at.PENDING_INPUT_LENGTH);
  store<u32>(frame, 0, at.PENDING_OUTPUT);
  store<u32>(frame, 0, at.PENDING_OUTPUT_LENGTH);
  store<i64>(frame, calleeGas, at.PENDING_GAS);
  copyWord(frame + at.PENDING_VALUE, sp);
  if (kind == at.CREATE2) copyWord(frame + at.PENDING_SALT, sp - 96);
  return gas - calleeGas;
}
