import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex, concatBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';

/** Where simulated networks keep the contract that names their validators. */
export const VALIDATOR_CONTRACT = '0x0000000000000000000000000000000000007777';

const push2 = (value: number): Uint8Array => Uint8Array.of(0x61, value >> 8, value & 0xff);
const store = Uint8Array.of(0x52);

/**
 * Four bytes of call data (`getValidators()`): answers address[] of as many as slot 0 says, from slot 1 on. Anything else: slot 0 becomes
 * the first word of the call data.
 *
 * CALLDATASIZE 4 EQ jump · CALLDATALOAD(0) → slot 0 STOP · JUMPDEST MSTORE(0, 32) MSTORE(32 + 32 i, slot i) … RETURN
 */
function contractCode(names: number): Uint8Array {
  const head = Uint8Array.of(0x36, 0x60, 4, 0x14, 0x60, 14, 0x57, 0x60, 0, 0x35, 0x60, 0, 0x55, 0, 0x5b);
  const words = Array.from({ length: names + 1 }, (_, slot) =>
    concatBytes(Uint8Array.of(0x60, slot, 0x54), push2(32 + 32 * slot), store),
  );
  const tail = concatBytes(push2(32 * (names + 2)), Uint8Array.of(0x60, 0, 0xf3));
  return concatBytes(head, Uint8Array.of(0x60, 32, 0x60, 0), store, ...words, tail);
}

const word = (value: bigint): string => bytesToHex(bigintToFixedBytes(value, 32));

/**
 * The contract's account in a genesis: it can name `addresses`, and names the first `named` of them as long as nobody says otherwise.
 */
export function validatorContractAccount(addresses: readonly Address[], named: number): Record<string, unknown> {
  const slots = [BigInt(named), ...addresses.map((address) => BigInt(bytesToHex(address)))];
  const storage = Object.fromEntries(slots.map((value, slot) => [word(BigInt(slot)), word(value)]));
  return { balance: '0x0', code: bytesToHex(contractCode(addresses.length)), storage };
}

/** Call data by which the contract names so many of its list. */
export function callToName(count: number): Uint8Array {
  return bigintToFixedBytes(BigInt(count), 32);
}
