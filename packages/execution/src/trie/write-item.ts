import { rlpHeaderSize, writeRlpHeader } from '@isoquorum/primitives/rlp';
import type { NodeReference } from './node.ts';

/** Size of a byte string's RLP. */
export function stringSize(value: Uint8Array): number {
  return value.length === 1 && (value[0] as number) < 0x80 ? 1 : rlpHeaderSize(value.length) + value.length;
}

export function writeString(value: Uint8Array, target: Uint8Array, offset: number): number {
  if (value.length === 1 && (value[0] as number) < 0x80) {
    target[offset] = value[0] as number;
    return offset + 1;
  }
  const start = writeRlpHeader(0x80, value.length, target, offset);
  target.set(value, start);
  return start + value.length;
}

export function referenceSize(reference: NodeReference): number {
  return reference.length === 32 ? 33 : reference.length;
}

/** A hash as a string, a short node as it is. */
export function writeReference(reference: NodeReference, target: Uint8Array, offset: number): number {
  if (reference.length === 32) {
    target[offset] = 0xa0;
    target.set(reference, offset + 1);
    return offset + 33;
  }
  target.set(reference, offset);
  return offset + reference.length;
}

/** Size of the hex-prefix encoding of a path of so many nibbles, as an RLP string (yellow paper, appendix C). */
export function pathSize(nibbles: number): number {
  const length = (nibbles >> 1) + 1;
  return length === 1 ? 1 : rlpHeaderSize(length) + length;
}

/** @param path nibbles, one per byte, of which those from `from` on are written */
export function writePath(path: Uint8Array, from: number, isLeaf: boolean, target: Uint8Array, offset: number): number {
  const count = path.length - from;
  const length = (count >> 1) + 1;
  const isOdd = count & 1;
  let position = length === 1 ? offset : writeRlpHeader(0x80, length, target, offset);
  target[position++] = (isLeaf ? 0x20 : 0) | (isOdd ? 0x10 | (path[from] as number) : 0);
  for (let index = from + isOdd; index < path.length; index += 2) {
    target[position++] = ((path[index] as number) << 4) | (path[index + 1] as number);
  }
  return position;
}
