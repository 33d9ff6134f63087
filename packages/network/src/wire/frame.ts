import { IsoquorumError } from '@isoquorum/primitives/errors';

/** `FRAME_TOO_LARGE`: fields `size`, `limit`. `FRAME_LENGTH_INVALID`: the length is no canonical varint of at most four bytes. */
export type FrameErrorCode = 'FRAME_TOO_LARGE' | 'FRAME_LENGTH_INVALID';

/** Largest frame unless a protocol says less: 10 MiB, as GoQuorum's `message too long`. */
export const maxFrameSize: number = 10 * 1024 * 1024;

/** Bytes of the longest length prefix: 28 bits. */
const maxLengthBytes = 4;

/** Throws FRAME_TOO_LARGE when `size` is above `limit`. */
export function checkFrameSize(size: number, limit: number = maxFrameSize): void {
  if (size > limit)
    throw new IsoquorumError('FRAME_TOO_LARGE', `frame of ${size} bytes, limit ${limit}`, { size, limit });
}

/** The prefix of a frame: its length as unsigned LEB128, the shortest form. */
export function frameHeader(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Prefix and parts of one frame in one buffer. @throws FRAME_TOO_LARGE */
export function encodeFrame(parts: readonly Uint8Array[], limit: number = maxFrameSize): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  checkFrameSize(length, limit);
  const header = frameHeader(length);
  const frame = new Uint8Array(header.length + length);
  frame.set(header);
  let offset = header.length;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}

/** Cuts a byte stream into frames. Holds at most one frame of `limit` bytes and the chunk that was pushed last. */
export class FrameReader {
  private readonly limit: number;
  private chunk: Uint8Array = new Uint8Array(0);
  private offset = 0;
  private lengthValue = 0;
  private lengthBytes = 0;
  private frame: Uint8Array | undefined;
  private filled = 0;

  constructor(limit: number = maxFrameSize) {
    this.limit = limit;
  }

  /** Adds bytes from the stream; read the frames that they complete with {@link next} before adding more. */
  push(chunk: Uint8Array): void {
    if (this.offset === this.chunk.length) {
      this.chunk = chunk;
    } else {
      const joined = new Uint8Array(this.chunk.length - this.offset + chunk.length);
      joined.set(this.chunk.subarray(this.offset));
      joined.set(chunk, this.chunk.length - this.offset);
      this.chunk = joined;
    }
    this.offset = 0;
  }

  /**
   * The next complete frame, or `undefined` when more bytes are needed. A frame that lies in one chunk is a view of it.
   * @throws FRAME_TOO_LARGE, FRAME_LENGTH_INVALID; the stream is useless afterwards
   */
  next(): Uint8Array | undefined {
    if (this.frame === undefined) {
      const length = this.readLength();
      if (length === undefined) return undefined;
      const end = this.offset + length;
      if (end <= this.chunk.length) {
        const view = this.chunk.subarray(this.offset, end);
        this.offset = end;
        return view;
      }
      this.frame = new Uint8Array(length);
      this.filled = 0;
    }
    const frame = this.frame;
    const part = this.chunk.subarray(this.offset, this.offset + frame.length - this.filled);
    frame.set(part, this.filled);
    this.filled += part.length;
    this.offset += part.length;
    if (this.filled < frame.length) return undefined;
    this.frame = undefined;
    return frame;
  }

  private readLength(): number | undefined {
    while (this.offset < this.chunk.length) {
      const byte = this.chunk[this.offset++] as number;
      this.lengthValue |= (byte & 0x7f) << (7 * this.lengthBytes);
      this.lengthBytes++;
      if (byte >= 0x80) {
        if (this.lengthBytes === maxLengthBytes) this.failLength('length of more than four bytes');
        continue;
      }
      if (byte === 0 && this.lengthBytes > 1) this.failLength('length is not the shortest form');
      const length = this.lengthValue;
      this.lengthValue = 0;
      this.lengthBytes = 0;
      checkFrameSize(length, this.limit);
      return length;
    }
    return undefined;
  }

  private failLength(message: string): never {
    throw new IsoquorumError('FRAME_LENGTH_INVALID', message, { field: 'length' });
  }
}
