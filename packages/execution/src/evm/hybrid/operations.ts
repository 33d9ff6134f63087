import { evmErrors, invalidOpcode } from '../texts.ts';
import type { Frame, Halt, RunContext } from './frame.ts';
import { prepareCall, prepareCreate } from './messages.ts';
import { writeRefusal } from './operations-guard.ts';
import { selfDestruct } from '../self-destruct.ts';
import { storageSentry, storeSlot } from '../storage-gas.ts';
import { bytesToWord, wordToAddress, wordToBytes } from '../words.ts';

/** So many bytes (2^12) of copying count as a step more, for the deadline. */
const COPY_STEP_LOG = 12;

/** Takes the access cost of EIP-2929 for an account; the warm part is in the constant cost. */
function payForAccount(word: bigint, frame: Frame, context: RunContext): boolean {
  if (!context.gasTable.hasAccessLists) return true;
  return context.host.accessAddress(wordToAddress(word)) || frame.useGas(2_500);
}

/**
 * Copies from code, call data or return data to memory: cost by word, then the bytes.
 * @param isBounded fails beyond the source's end, where otherwise zeros are
 */
function copyToMemory(frame: Frame, context: RunContext, source: Uint8Array, isBounded = false): Halt | undefined {
  const to = frame.pop();
  const from = frame.pop();
  const length = frame.pop();
  if (!frame.expand(to, length) || !frame.useGas(3 * Math.ceil(Number(length) / 32)))
    return frame.fail(evmErrors.outOfGas);
  if (isBounded && from + length > BigInt(source.length)) return frame.fail(evmErrors.returnDataOutOfBounds);
  context.stepsLeft -= Number(length) >> COPY_STEP_LOG;
  frame.memory.writePadded(Number(to), source, from, Number(length));
  return undefined;
}

function loadCallData(frame: Frame): undefined {
  const from = frame.pop();
  const { input } = frame.entered;
  if (from >= BigInt(input.length)) {
    return frame.push(0n);
  }
  const start = Number(from);
  const part = input.subarray(start, start + 32);
  return frame.push(part.length === 32 ? bytesToWord(part) : bytesToWord(part) << BigInt(8 * (32 - part.length)));
}

function writeLog(topics: number, frame: Frame, context: RunContext): Halt | undefined {
  const refusal = writeRefusal(frame, context);
  if (refusal !== undefined) return frame.fail(refusal);
  const offset = frame.pop();
  const length = frame.pop();
  if (!frame.expand(offset, length) || !frame.useGas(8 * Number(length))) return frame.fail(evmErrors.outOfGas);
  const words = Array.from({ length: topics }, () => wordToBytes(frame.pop()));
  context.host.log({
    address: frame.entered.address,
    topics: words,
    data: frame.memory.copy(Number(offset), Number(length)),
  });
  return undefined;
}

function loadSlot(frame: Frame, context: RunContext): Halt | undefined {
  const slot = frame.pop();
  const { address } = frame.entered;
  if (context.gasTable.hasAccessLists && !context.host.accessSlot(address, slot) && !frame.useGas(2_000))
    return frame.fail(evmErrors.outOfGas);
  frame.push(context.host.storage(address, slot));
  return undefined;
}

function copyMemory(frame: Frame, context: RunContext): Halt | undefined {
  const to = frame.pop();
  const from = frame.pop();
  const length = frame.pop();
  if (!frame.expand(to > from ? to : from, length) || !frame.useGas(3 * Math.ceil(Number(length) / 32)))
    return frame.fail(evmErrors.outOfGas);
  context.stepsLeft -= Number(length) >> COPY_STEP_LOG;
  if (length !== 0n) frame.memory.bytes.copyWithin(Number(to), Number(from), Number(from + length));
  return undefined;
}

function accountCode(frame: Frame, context: RunContext, opcode: number): Halt | undefined {
  const word = frame.pop();
  if (!payForAccount(word, frame, context)) return frame.fail(evmErrors.outOfGas);
  const address = wordToAddress(word);
  const { host } = context;
  if (opcode === 0x3c) return copyToMemory(frame, context, host.code(address));
  if (opcode === 0x31) frame.push(host.balance(address));
  else if (opcode === 0x3b) frame.push(BigInt(host.codeSize(address)));
  else {
    const hash = host.isEmpty(address) ? undefined : host.codeHash(address);
    frame.push(hash === undefined ? 0n : bytesToWord(hash));
  }
  return undefined;
}

function finish(frame: Frame, halt: 'return' | 'revert'): Halt {
  const offset = frame.pop();
  const length = frame.pop();
  if (!frame.expand(offset, length)) return frame.fail(evmErrors.outOfGas);
  frame.output = frame.memory.copy(Number(offset), Number(length));
  return halt;
}

/** Runs an opcode that needs the host, pays what depends on its operands, and says how the frame ended, if it did. */
export function runOperation(opcode: number, frame: Frame, context: RunContext): Halt | undefined {
  const { host } = context;
  const { block, transaction } = host;
  switch (opcode) {
    case 0x30:
      return frame.push(bytesToWord(frame.entered.address));
    case 0x31:
    case 0x3b:
    case 0x3c:
    case 0x3f:
      return accountCode(frame, context, opcode);
    case 0x32:
      return frame.push(bytesToWord(transaction.origin));
    case 0x33:
      return frame.push(bytesToWord(frame.message.caller));
    case 0x34:
      return frame.push(frame.message.value);
    case 0x35:
      return loadCallData(frame);
    case 0x36:
      return frame.push(BigInt(frame.entered.input.length));
    case 0x37:
      return copyToMemory(frame, context, frame.entered.input);
    case 0x38:
      return frame.push(BigInt(frame.code.bytes.length));
    case 0x39:
      return copyToMemory(frame, context, frame.code.bytes);
    case 0x3a:
      return frame.push(transaction.gasPrice);
    case 0x3d:
      return frame.push(BigInt(frame.returnData.length));
    case 0x3e:
      return copyToMemory(frame, context, frame.returnData, true);
    case 0x40: {
      const number = frame.pop();
      const hash =
        number < BigInt(block.number) && number + 256n >= BigInt(block.number)
          ? block.blockHash(Number(number))
          : undefined;
      return frame.push(hash === undefined ? 0n : bytesToWord(hash));
    }
    case 0x41:
      return frame.push(bytesToWord(block.coinbase));
    case 0x42:
      return frame.push(block.timestamp);
    case 0x43:
      return frame.push(BigInt(block.number));
    case 0x44:
      return frame.push(block.randomness === undefined ? block.difficulty : bytesToWord(block.randomness));
    case 0x45:
      return frame.push(block.gasLimit);
    case 0x46:
      return frame.push(block.rules.chainId);
    case 0x47:
      return frame.push(host.selfBalance(frame.entered.address));
    case 0x48:
      return frame.push(block.baseFee ?? 0n);
    case 0x49: {
      const index = frame.pop();
      const hash = index < 256n ? transaction.blobHashes?.[Number(index)] : undefined;
      return frame.push(hash === undefined ? 0n : bytesToWord(hash));
    }
    case 0x4a:
      return frame.push(block.blobBaseFee ?? 1n);
    case 0x54:
      return loadSlot(frame, context);
    case 0x55: {
      const refusal = writeRefusal(frame, context);
      if (refusal !== undefined) return frame.fail(refusal);
      if (frame.gas <= storageSentry(context.rules)) return frame.fail(evmErrors.outOfGas);
      const slot = frame.pop();
      const gas = storeSlot(host, context.rules, frame.entered.address, slot, frame.pop());
      return frame.useGas(gas) ? undefined : frame.fail(evmErrors.outOfGas);
    }
    case 0x5c:
      return frame.push(host.transientStorage(frame.entered.address, frame.pop()));
    case 0x5d: {
      const refusal = writeRefusal(frame, context);
      if (refusal !== undefined) return frame.fail(refusal);
      const slot = frame.pop();
      host.setTransientStorage(frame.entered.address, slot, frame.pop());
      return undefined;
    }
    case 0x5e:
      return copyMemory(frame, context);
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4:
      return writeLog(opcode - 0xa0, frame, context);
    case 0xf0:
    case 0xf5:
      return prepareCreate(opcode, frame, context);
    case 0xf1:
    case 0xf2:
    case 0xf4:
    case 0xfa:
      return prepareCall(opcode, frame, context);
    case 0xf3:
      return finish(frame, 'return');
    case 0xfd:
      return finish(frame, 'revert');
    case 0xff: {
      const refusal = writeRefusal(frame, context);
      if (refusal !== undefined) return frame.fail(refusal);
      const gas = selfDestruct(host, context.rules, frame.entered.address, wordToAddress(frame.pop()));
      return frame.useGas(gas) ? 'stop' : frame.fail(evmErrors.outOfGas);
    }
    default:
      return frame.fail(invalidOpcode(opcode));
  }
}
