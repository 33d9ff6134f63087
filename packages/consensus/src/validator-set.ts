import { addressToChecksum } from '@isoquorum/primitives/address';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex, compareBytes } from '@isoquorum/primitives/hex';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';

/** The order of lists in headers, snapshots and RPC: by bytes. A copy. */
export function sortValidators(validators: readonly Address[]): readonly Address[] {
  return validators.toSorted(compareBytes);
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * The order that decides who proposes: QBFT by bytes, IBFT by the checksummed text, in which upper-case letters come before
 * lower-case ones (goquorum.md 9.1). A copy.
 */
export function orderValidators(validators: readonly Address[], algorithm: BftAlgorithm): readonly Address[] {
  if (algorithm === 'qbft') return sortValidators(validators);
  return validators
    .map((address) => ({ address, text: addressToChecksum(address) }))
    .sort((left, right) => compareText(left.text, right.text))
    .map(({ address }) => address);
}

export function includesAddress(addresses: readonly Address[], address: Address): boolean {
  return addresses.some((other) => bytesEqual(other, address));
}

/** True when both lists hold the same addresses in the same order. */
export function addressesEqual(left: readonly Address[], right: readonly Address[]): boolean {
  return left.length === right.length && left.every((address, index) => bytesEqual(address, right[index] as Address));
}

/** The addresses as a set of hexadecimal keys (without 0x). */
export function addressKeys(addresses: readonly Address[]): ReadonlySet<string> {
  return new Set(addresses.map(bytesToBareHex));
}
