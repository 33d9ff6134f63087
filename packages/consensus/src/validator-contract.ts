import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { hexToBytes } from '@isoquorum/primitives/hex';

/** Call data of `getValidators()`, which returns address[]: what a contract that names validators has to answer (goquorum.md 9.9). */
export const getValidatorsCall: Uint8Array = hexToBytes('0xb7ab4db5');
/** Gas that the call may use; the same for everybody, since it decides who validates. */
export const getValidatorsGas = 25_000_000n;

/** `VALIDATOR_CONTRACT_FAILED`: the contract reverts, or answers with something else than a list of addresses. */
export type ValidatorContractErrorCode = 'VALIDATOR_CONTRACT_FAILED';

/** @param number of the block after which the contract was asked */
export function validatorContractFailed(number: number, reason: string): IsoquorumError<ValidatorContractErrorCode> {
  const text = `the contract that names the validators after block ${number} failed: ${reason}`;
  return new IsoquorumError('VALIDATOR_CONTRACT_FAILED', text, { number, reason });
}

const word = 32;
const addressLength = 20;

/** Reads address[] from the answer. @throws VALIDATOR_CONTRACT_FAILED */
export function decodeValidators(number: number, output: Uint8Array): readonly Address[] {
  const numberAt = (at: number): number => {
    const bytes = output.subarray(at, at + word);
    if (bytes.length !== word || bytes.subarray(0, word - 4).some((byte) => byte !== 0))
      throw validatorContractFailed(number, 'the answer is no list');
    return new DataView(bytes.buffer, bytes.byteOffset + word - 4, 4).getUint32(0);
  };
  const start = numberAt(0);
  const count = numberAt(start);
  const first = start + word;
  if (first + count * word > output.length) throw validatorContractFailed(number, 'the answer is cut');
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * word;
    return output.slice(at + word - addressLength, at + word);
  });
}
