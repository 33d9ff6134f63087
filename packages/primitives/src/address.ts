import type { Address, Hash32 } from './bytes.ts';
import { IsoquorumError } from './errors.ts';
import { bytesToBareHex, concatBytes, hexToBytes } from './hex.ts';
import { bigintToBytes } from './integer.ts';
import { keccak256 } from './keccak.ts';
import { encodeRlp } from './rlp.ts';
import { utf8ToBytes } from './utf8.ts';

/** Twenty zero bytes; do not write into it. */
export const zeroAddress: Address = new Uint8Array(20);

/** Address of a contract made by a transaction or CREATE: keccak(rlp[sender, nonce]), last 20 bytes. */
export function createContractAddress(sender: Address, nonce: bigint): Address {
  return keccak256(encodeRlp([sender, bigintToBytes(nonce)])).subarray(12);
}

/** Address of a contract made by CREATE2 (EIP-1014). */
export function createContractAddress2(sender: Address, salt: Hash32, initCodeHash: Hash32): Address {
  return keccak256(concatBytes(Uint8Array.of(0xff), sender, salt, initCodeHash)).subarray(12);
}

/** `0x` text with the checksum of EIP-55 in its letters' case. */
export function addressToChecksum(address: Address): `0x${string}` {
  const plain = bytesToBareHex(address);
  const hash = keccak256(utf8ToBytes(plain));
  let text = '';
  for (let index = 0; index < plain.length; index++) {
    const byte = hash[index >> 1] as number;
    const bit = index % 2 === 0 ? byte >> 4 : byte & 15;
    text += bit >= 8 ? plain.charAt(index).toUpperCase() : plain.charAt(index);
  }
  return `0x${text}`;
}

/** Strict `0x` text of 20 bytes; letters' case is not checked (clients send all kinds). @throws ADDRESS_INVALID */
export function hexToAddress(text: string, field = 'address'): Address {
  let bytes: Uint8Array | undefined;
  try {
    bytes = hexToBytes(text, field);
  } catch {
    bytes = undefined;
  }
  if (bytes?.length !== 20)
    throw new IsoquorumError('ADDRESS_INVALID', `${field}: expected 0x and 40 hexadecimal digits`, { field });
  return bytes;
}
