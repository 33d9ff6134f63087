import type { Address } from '@isoquorum/primitives/bytes';
import type { RecoveryInput } from '@isoquorum/primitives/transaction/transaction';

/** Digest 32, r and s 64, recovery id 1. */
const inputLength = 97;
/** Found flag 1, address 20. */
const outputLength = 21;

/** A batch as one transferable block of bytes. */
export function packInputs(batch: readonly RecoveryInput[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(batch.length * inputLength);
  batch.forEach((input, index) => {
    const offset = index * inputLength;
    bytes.set(input.digest, offset);
    bytes.set(input.signature, offset + 32);
    bytes[offset + 96] = input.recoveryId;
  });
  return bytes;
}

export function unpackInputs(bytes: Uint8Array): RecoveryInput[] {
  return Array.from({ length: bytes.length / inputLength }, (_, index) => {
    const offset = index * inputLength;
    return {
      digest: bytes.subarray(offset, offset + 32),
      signature: bytes.subarray(offset + 32, offset + 96),
      recoveryId: bytes[offset + 96] as number,
    };
  });
}

export function packSenders(senders: readonly (Address | undefined)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(senders.length * outputLength);
  senders.forEach((sender, index) => {
    if (sender === undefined) return;
    bytes[index * outputLength] = 1;
    bytes.set(sender, index * outputLength + 1);
  });
  return bytes;
}

export function unpackSenders(bytes: Uint8Array): (Address | undefined)[] {
  return Array.from({ length: bytes.length / outputLength }, (_, index) => {
    const offset = index * outputLength;
    return bytes[offset] === 1 ? bytes.slice(offset + 1, offset + outputLength) : undefined;
  });
}
