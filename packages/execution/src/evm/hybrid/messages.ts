import type { CallKind } from '../port.ts';
import { evmErrors } from '../texts.ts';
import type { Frame, Halt, RunContext } from './frame.ts';
import { writeRefusal } from './operations-guard.ts';
import { wordToAddress } from '../words.ts';

const COLD_SURCHARGE = 2_500;
const VALUE_TRANSFER = 9_000;
const NEW_ACCOUNT = 25_000;
const STIPEND = 2_300n;
const MAX_INIT_CODE = 49_152;

const CALL_KINDS: Readonly<Record<number, CallKind>> = {
  0xf1: 'call',
  0xf2: 'callcode',
  0xf4: 'delegatecall',
  0xfa: 'staticcall',
};

/** Gas that a call may take of what is left: all but a 64th since EIP-150; what it asks for before. Undefined: more than there is. */
function calleeGas(frame: Frame, context: RunContext, asked: bigint): bigint | undefined {
  const left = frame.gasLeft();
  if (context.rules.isEip150) {
    const most = left - left / 64n;
    return asked > most ? most : asked;
  }
  return asked > left ? undefined : asked;
}

/** Input of a message: a view of memory, which does not change while the frame waits; a copy for a tracer, which may keep it. */
function messageInput(frame: Frame, context: RunContext, offset: bigint, length: bigint): Uint8Array {
  const { memory } = frame;
  const [from, size] = [Number(offset), Number(length)];
  return context.options?.tracer === undefined ? memory.view(from, size) : memory.copy(from, size);
}

/** CALL, CALLCODE, DELEGATECALL, STATICCALL: pays, and leaves the message in `frame.pending`. */
export function prepareCall(opcode: number, frame: Frame, context: RunContext): Halt | undefined {
  const { host, rules } = context;
  const kind = CALL_KINDS[opcode] ?? 'call';
  const asked = frame.pop();
  const target = wordToAddress(frame.pop());
  const hasValue = kind === 'call' || kind === 'callcode';
  const value = hasValue ? frame.pop() : 0n;
  const inputOffset = frame.pop();
  const inputLength = frame.pop();
  const outputOffset = frame.pop();
  const outputLength = frame.pop();
  if (kind === 'call' && value !== 0n && frame.message.isStatic)
    return frame.fail(writeRefusal(frame, context) ?? evmErrors.writeProtection);
  if (context.gasTable.hasAccessLists && !host.accessAddress(target) && !frame.useGas(COLD_SURCHARGE))
    return frame.fail(evmErrors.outOfGas);
  let cost = 0;
  if (value !== 0n) cost += VALUE_TRANSFER;
  if (kind === 'call') {
    const isNew = rules.isEip158 ? value !== 0n && host.isEmpty(target) : !host.exists(target);
    if (isNew) cost += NEW_ACCOUNT;
  }
  if (!frame.useGas(cost) || !frame.expand(inputOffset, inputLength) || !frame.expand(outputOffset, outputLength))
    return frame.fail(evmErrors.outOfGas);
  const gas = calleeGas(frame, context, asked);
  if (gas === undefined) return frame.fail(evmErrors.outOfGas);
  frame.setGas(frame.gasLeft() - gas);
  const self = frame.entered.address;
  const { message } = frame;
  frame.outputOffset = Number(outputOffset);
  frame.outputLength = Number(outputLength);
  frame.pending = {
    kind,
    caller: kind === 'delegatecall' ? message.caller : self,
    codeAddress: target,
    address: kind === 'call' || kind === 'staticcall' ? target : self,
    input: messageInput(frame, context, inputOffset, inputLength),
    gas: value === 0n ? gas : gas + STIPEND,
    value: kind === 'delegatecall' ? message.value : value,
    isStatic: message.isStatic || kind === 'staticcall',
    depth: message.depth + 1,
  };
  return 'message';
}

/** CREATE and CREATE2: pays, and leaves the message in `frame.pending`. */
export function prepareCreate(opcode: number, frame: Frame, context: RunContext): Halt | undefined {
  const refusal = writeRefusal(frame, context);
  if (refusal !== undefined) return frame.fail(refusal);
  const { rules } = context;
  const isCreate2 = opcode === 0xf5;
  const value = frame.pop();
  const offset = frame.pop();
  const length = frame.pop();
  const salt = isCreate2 ? frame.pop() : 0n;
  if (rules.isShanghai === true && length > BigInt(MAX_INIT_CODE)) return frame.fail(evmErrors.maxInitCodeSize);
  if (!frame.expand(offset, length)) return frame.fail(evmErrors.outOfGas);
  const words = Math.ceil(Number(length) / 32);
  if (!frame.useGas((isCreate2 ? 6 * words : 0) + (rules.isShanghai === true ? 2 * words : 0)))
    return frame.fail(evmErrors.outOfGas);
  const left = frame.gasLeft();
  const gas = rules.isEip150 ? left - left / 64n : left;
  frame.setGas(left - gas);
  const self = frame.entered.address;
  frame.outputOffset = 0;
  frame.outputLength = 0;
  frame.pending = {
    kind: isCreate2 ? 'create2' : 'create',
    caller: self,
    codeAddress: self,
    address: self,
    input: messageInput(frame, context, offset, length),
    gas,
    value,
    ...(isCreate2 ? { salt } : {}),
    isStatic: frame.message.isStatic,
    depth: frame.message.depth + 1,
  };
  return 'message';
}
