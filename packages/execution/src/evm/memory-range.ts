const UINT64 = 1n << 64n;
/** The last end that geth can round up to whole words. */
const LAST_END = UINT64 - 32n;

/** End of a range of memory; undefined beyond 64 bits. */
function end(offset: bigint, length: bigint): bigint | undefined {
  if (length === 0n) return 0n;
  const value = offset + length;
  return value <= LAST_END ? value : undefined;
}

function further(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined || right === undefined) return undefined;
  return left > right ? left : right;
}

/**
 * How far memory has to reach for an instruction; undefined beyond 64 bits, which geth (1.10.3, core/vm) calls `gas uint64 overflow`.
 * @param back item of the stack, 0 the topmost
 */
export function memoryEnd(opcode: number, back: (position: number) => bigint): bigint | undefined {
  switch (opcode) {
    case 0x20:
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4:
    case 0xf3:
    case 0xfd:
      return end(back(0), back(1));
    case 0x37:
    case 0x39:
    case 0x3e:
      return end(back(0), back(2));
    case 0x3c:
      return end(back(1), back(3));
    case 0x51:
    case 0x52:
      return end(back(0), 32n);
    case 0x53:
      return end(back(0), 1n);
    case 0x5e:
      return further(end(back(0), back(2)), end(back(1), back(2)));
    case 0xf0:
    case 0xf5:
      return end(back(1), back(2));
    case 0xf1:
    case 0xf2:
      return further(end(back(3), back(4)), end(back(5), back(6)));
    case 0xf4:
    case 0xfa:
      return further(end(back(2), back(3)), end(back(4), back(5)));
    default:
      return 0n;
  }
}
