import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';

/** Where test networks keep the contract that names their validators. */
export const validatorContractAddress = '0x0000000000000000000000000000000000007777';

/**
 * Four bytes of call data (`getValidators()`): answers address[] of as many as slot 0 says, from slots 1 to 4. Anything else: slot 0 becomes
 * the first word of the call data, so that a transaction changes who validates.
 *
 * CALLDATASIZE 4 EQ jump · CALLDATALOAD(0) → slot 0 STOP · JUMPDEST MSTORE(0, 32) MSTORE(32, slot 0) MSTORE(64 + 32 i, slot i + 1) RETURN(0, 192)
 */
const code =
  '0x36600414600e57600035600055005b602060005260005460205260015460405260025460605260035460805260045460a05260c06000f3';

const word = (value: bigint): string => bytesToHex(bigintToFixedBytes(value, 32));

/** The contract's account in a genesis: it names up to four validators. */
export function validatorContractAccount(validators: readonly Address[]): Record<string, unknown> {
  const slots = [BigInt(validators.length), ...validators.map((address) => BigInt(bytesToHex(address)))];
  const storage = Object.fromEntries(slots.map((value, slot) => [word(BigInt(slot)), word(value)]));
  return { balance: '0x0', code, storage };
}
