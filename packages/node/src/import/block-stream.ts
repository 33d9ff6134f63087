import { type Block, decodeBlock } from '@isoquorum/primitives/block';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';

/**
 * `CHAIN_FILE_INVALID`: what stands at `offset` is not a block, or the file cannot be read or unpacked; `CHAIN_FILE_CUT`: the file ends
 * inside a block, or inside its packing; `CHAIN_FILE_EMPTY`: it holds nothing.
 */
export type ChainFileErrorCode = 'CHAIN_FILE_INVALID' | 'CHAIN_FILE_CUT' | 'CHAIN_FILE_EMPTY';

/** Largest block that is read, bytes: more than any gas limit of ours allows. */
const blockBytesMax = 256 * 1024 * 1024;

/** Length of the RLP list that begins at `offset`, header included; `undefined` while its header is not whole. */
function listLength(bytes: Uint8Array, offset: number, end: number, position: number): number | undefined {
  const first = bytes[offset];
  if (first === undefined || offset >= end) return undefined;
  if (first < 0xc0)
    throw new IsoquorumError('CHAIN_FILE_INVALID', `no block at byte ${position}`, { offset: position });
  if (first < 0xf8) return first - 0xc0 + 1;
  const size = first - 0xf7;
  if (offset + 1 + size > end) return undefined;
  let length = 0;
  for (let index = 0; index < size; index++) length = length * 256 + (bytes[offset + 1 + index] as number);
  if (length > blockBytesMax) {
    throw new IsoquorumError('CHAIN_FILE_INVALID', `a block of ${length} bytes at byte ${position}`, {
      offset: position,
      length,
    });
  }
  return length + 1 + size;
}

/** @throws CHAIN_FILE_INVALID that names the place in the file; its cause says what is wrong */
function decodeBlockAt(bytes: Uint8Array, position: number): Block {
  try {
    return decodeBlock(bytes);
  } catch (cause) {
    if (!isIsoquorumError(cause)) throw cause;
    const fields = { offset: position, code: cause.code };
    const text = `no block at byte ${position} (${cause.code}: ${cause.message})`;
    throw new IsoquorumError('CHAIN_FILE_INVALID', text, fields, 'REJECT', { cause });
  }
}

export interface StreamedBlock {
  readonly block: Block;
  /** Bytes of the (unpacked) file up to the end of this block. */
  readonly bytesRead: number;
}

/**
 * Blocks of a file that `geth export` wrote: RLPs one after another. Holds one block and one piece of the file at a time.
 * @throws CHAIN_FILE_INVALID, CHAIN_FILE_CUT, CHAIN_FILE_EMPTY
 */
export async function* streamBlocks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedBlock, void, undefined> {
  let held: Uint8Array = new Uint8Array(0);
  let consumed = 0;
  for await (const piece of pieces) {
    if (held.length === 0) {
      held = piece;
    } else {
      const joined = new Uint8Array(held.length + piece.length);
      joined.set(held);
      joined.set(piece, held.length);
      held = joined;
    }
    let offset = 0;
    for (;;) {
      const length = listLength(held, offset, held.length, consumed);
      if (length === undefined || offset + length > held.length) break;
      // A copy: decoded blocks are views, and must not keep the whole piece alive.
      const block = decodeBlockAt(held.slice(offset, offset + length), consumed);
      offset += length;
      consumed += length;
      yield { block, bytesRead: consumed };
    }
    held = held.subarray(offset);
  }
  if (held.length > 0)
    throw new IsoquorumError('CHAIN_FILE_CUT', `the file ends inside a block at byte ${consumed}`, {
      offset: consumed,
    });
  if (consumed === 0) throw new IsoquorumError('CHAIN_FILE_EMPTY', 'the file holds no block', {});
}
