/** The memory of the running frame: paid for and grown, filled from other places. */
import { frame, returnData, returnDataLength, setReturnData } from './machine.ts';
import { MEMORY_BASE, MEMORY_LIMIT, MEMORY_SIZE, PAGE } from './layout.ts';

/**
 * Makes linear memory reach `end`; false when that is more than any block could pay for. Where the machine has no more memory the run is void (a trap):
 * what a block does must not depend on the machine.
 */
export function reserve(end: u64): bool {
  const size = (memory.size() as u64) * PAGE;
  if (end <= size) return true;
  if (end > MEMORY_LIMIT) return false;
  // Some more than asked for, so that a memory that grows word by word does not ask each time.
  const pages = (end - size + PAGE - 1) / PAGE;
  const generous = pages + (size / PAGE >> 4);
  if (memory.grow(generous as i32) < 0 && memory.grow(pages as i32) < 0) unreachable();
  return true;
}

/** Gas of a memory of so many words (yellow paper, appendix G). */
function memoryGas(words: u64): u64 {
  return words * 3 + ((words * words) >> 9);
}

/**
 * Pays for and grows memory to reach `offset + length`, both below 2^41; a length of 0 reaches nothing. Answers the gas that
 * is left, negative when it does not suffice. Return data that are in the way move up.
 */
export function touch(gas: i64, offset: u64, length: u64): i64 {
  if (length == 0) return gas;
  const size = load<u64>(frame, MEMORY_SIZE);
  const end = offset + length;
  if (end <= size) return gas;
  if (end > 0x1000000000) return -1;
  const words = (end + 31) >> 5;
  const left = gas - ((memoryGas(words) - memoryGas(size >> 5)) as i64);
  if (left < 0) return -1;
  const base = load<u32>(frame, MEMORY_BASE) as u64;
  const newSize = words << 5;
  const top = base + newSize;
  if (returnDataLength > 0 && (returnData as u64) < top) {
    if (!reserve(top + (returnDataLength as u64))) return -1;
    memory.copy(top as usize, returnData, returnDataLength);
    setReturnData(top as usize, returnDataLength);
  } else if (!reserve(top)) return -1;
  memory.fill((base + size) as usize, 0, (newSize - size) as usize);
  store<u64>(frame, newSize, MEMORY_SIZE);
  return left;
}

/** Copies `length` bytes from `from` of a source to memory that is paid for; zeros stand for bytes after the source's end. */
export function copyPadded(target: u64, source: usize, sourceLength: u32, from: u64, length: u64): void {
  if (length == 0) return;
  const place = (load<u32>(frame, MEMORY_BASE) + (target as u32)) as usize;
  const available: u64 = from < (sourceLength as u64) ? (sourceLength as u64) - from : 0;
  const copied = available < length ? available : length;
  if (copied > 0) memory.copy(place, source + (from as usize), copied as usize);
  if (copied < length) memory.fill(place + (copied as usize), 0, (length - copied) as usize);
}
