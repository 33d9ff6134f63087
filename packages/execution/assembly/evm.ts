/** Entry of the module `evm`: an interpreter whose host owns messages and state. */
import { analyse, analysisBound } from './analysis.ts';
import { reserve } from './frame-memory.ts';
import * as at from './layout.ts';
import { frame, setForks, setFrame, setReturnData } from './machine.ts';
import { copyWord, setWord } from './words.ts';

export { keccak256 } from './keccak-f.ts';
export { run } from './run.ts';
export * from './layout.ts';

/** End of the reusable code. */
let codeEnd: usize = at.CODE;

/** Static data end below what {@link at.ENV} and the rest are placed at. */
export function staticEnd(): usize {
  return __heap_base;
}

/** Forgets all reusable code, and sets the forks for what comes; tables were written before. */
export function configure(forks: u32): void {
  setForks(forks);
  codeEnd = at.CODE;
}

/** Makes linear memory reach `end`. */
export function ensure(end: usize): bool {
  return reserve(end as u64);
}

/** First byte above the running frame's memory. */
export function top(): usize {
  return (load<u32>(frame, at.MEMORY_BASE) + (load<u64>(frame, at.MEMORY_SIZE) as u32) + 63) & ~63;
}

/** Bytes are copied, and analysed to stay. Answers 0 when there is no room. */
export function analyseReusable(bytes: usize, length: u32, single: bool): usize {
  const copied = (length + 63) & ~63;
  if ((codeEnd as u64) + analysisBound(length) + (copied as u64) > (at.ARENA as u64)) return 0;
  const code = codeEnd + copied;
  memory.copy(codeEnd, bytes, length);
  codeEnd = (analyse(codeEnd, length, code, single) + 63) & ~63;
  return code;
}

/** Analyses bytes where they lie, to use once. Answers the end of the analysis, which begins at `code`; 0 when memory is exhausted. */
export function analyseOnce(bytes: usize, length: u32, code: usize, single: bool): usize {
  if (!reserve((code as u64) + analysisBound(length))) return 0;
  return (analyse(bytes, length, code, single) + 63) & ~63;
}

function start(code: usize, stackBase: usize, memoryBase: usize): void {
  store<u32>(frame, load<u32>(code, 12), at.IP);
  store<u32>(frame, (stackBase - 32) as u32, at.SP);
  store<u32>(frame, stackBase as u32, at.STACK_BASE);
  store<u32>(frame, memoryBase as u32, at.MEMORY_BASE);
  store<u64>(frame, 0, at.MEMORY_SIZE);
  store<u32>(frame, code as u32, at.CODE_AT);
  store<u32>(frame, 0, at.OUTPUT_LENGTH);
  setReturnData(0, 0);
}

/** Begins the outermost frame; the host wrote its words and its gas before. */
export function begin(code: usize, input: usize, inputLength: u32, memoryBase: usize, isStatic: u32): void {
  setFrame(at.FRAMES);
  start(code, at.STACKS, memoryBase);
  store<u32>(frame, input as u32, at.INPUT);
  store<u32>(frame, inputLength, at.INPUT_LENGTH);
  store<u32>(frame, isStatic, at.IS_STATIC);
}

function enter(code: usize, memoryBase: usize): usize {
  const parent = frame;
  setFrame(parent + at.FRAME_BYTES);
  start(code, load<u32>(parent, at.SP) + 32, memoryBase);
  store<i64>(frame, load<i64>(parent, at.PENDING_GAS), at.GAS);
  copyWord(frame + at.VALUE, parent + at.PENDING_VALUE);
  return parent;
}

/** Begins the call that the running frame waits for. */
export function enterCall(code: usize, memoryBase: usize): void {
  const parent = enter(code, memoryBase);
  const kind = load<u32>(parent, at.PENDING_KIND);
  const isOwn = kind == at.CALLCODE || kind == at.DELEGATECALL;
  copyWord(frame + at.ADDRESS, parent + (isOwn ? at.ADDRESS : at.PENDING_TARGET));
  // The upper twelve bytes of the operand do not count.
  store<u32>(frame, 0, at.ADDRESS + 20);
  store<u64>(frame, 0, at.ADDRESS + 24);
  copyWord(frame + at.CALLER, parent + (kind == at.DELEGATECALL ? at.CALLER : at.ADDRESS));
  store<u32>(frame, load<u32>(parent, at.MEMORY_BASE) + load<u32>(parent, at.PENDING_INPUT), at.INPUT);
  store<u32>(frame, load<u32>(parent, at.PENDING_INPUT_LENGTH), at.INPUT_LENGTH);
  store<u32>(frame, kind == at.STATICCALL ? 1 : load<u32>(parent, at.IS_STATIC), at.IS_STATIC);
}

/** Begins the creation that the running frame waits for; the host writes its address. */
export function enterCreation(code: usize, memoryBase: usize): void {
  const parent = enter(code, memoryBase);
  copyWord(frame + at.CALLER, parent + at.ADDRESS);
  store<u32>(frame, 0, at.INPUT_LENGTH);
  store<u32>(frame, load<u32>(parent, at.IS_STATIC), at.IS_STATIC);
}

function resume(gas: i64, output: usize, length: u32): usize {
  const sp = (load<u32>(frame, at.SP) as usize) + 32;
  store<u32>(frame, sp as u32, at.SP);
  store<i64>(frame, load<i64>(frame, at.GAS) + gas, at.GAS);
  setReturnData(output, length);
  const wanted = load<u32>(frame, at.PENDING_OUTPUT_LENGTH);
  const copied = length < wanted ? length : wanted;
  if (copied > 0) memory.copy(load<u32>(frame, at.MEMORY_BASE) + load<u32>(frame, at.PENDING_OUTPUT), output, copied);
  return sp;
}

/** Ends the running frame, a call, and tells its caller. `isFailed`: its gas and output are lost. */
export function leaveCall(isSuccess: u32, isFailed: bool): void {
  const child = frame;
  setFrame(child - at.FRAME_BYTES);
  const sp = isFailed
    ? resume(0, 0, 0)
    : resume(load<i64>(child, at.GAS), load<u32>(child, at.OUTPUT), load<u32>(child, at.OUTPUT_LENGTH));
  setWord(sp, isSuccess);
}

/** Ends the running frame, a creation, whose gas the host wrote. Only revert data come back. */
export function leaveCreation(isSuccess: bool, isRevert: bool): void {
  const child = frame;
  setFrame(child - at.FRAME_BYTES);
  const sp = resume(load<i64>(child, at.GAS), load<u32>(child, at.OUTPUT), isRevert ? load<u32>(child, at.OUTPUT_LENGTH) : 0);
  if (isSuccess) copyWord(sp, child + at.ADDRESS);
  else setWord(sp, 0);
}

/** Answers the message that the running frame waits for without a frame; what of its gas is left lies where the gas was. */
export function answer(isSuccess: u32, output: usize, length: u32): void {
  setWord(resume(load<i64>(frame, at.PENDING_GAS), output, length), isSuccess);
}

/** Goes on in another analysis of the running frame's code, at the instruction where its block begins. */
export function continueIn(code: usize): void {
  const pc = load<u32>(load<u32>(frame, at.IP), 12);
  store<u32>(frame, code as u32, at.CODE_AT);
  store<u32>(frame, load<u32>(code + at.CODE_MAP + ((pc as usize) << 2)) & ~7, at.IP);
}
