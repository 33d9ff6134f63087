import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { callContract } from '@isoquorum/execution/transition/call';
import { runSync } from '@isoquorum/execution/transition/steps';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { hexToBytes } from '@isoquorum/primitives/hex';
import type { Blockchain } from '../chain/blockchain.ts';
import type { HashedHeader } from './engine.ts';

/** `getValidators()`, which returns address[]. */
const getValidators = hexToBytes('0xb7ab4db5');
/** Gas of the call; the same cap as `eth_call`. */
const gasCap = 25_000_000n;
const word = 32;

/** `VALIDATOR_CONTRACT_FAILED`: the contract that names the validators reverts, or answers with something else than a list of addresses. */
export type ValidatorContractErrorCode = 'VALIDATOR_CONTRACT_FAILED';

function failed(block: HashedHeader, reason: string): IsoquorumError {
  const fields = { number: block.header.number, reason };
  return new IsoquorumError('VALIDATOR_CONTRACT_FAILED', `the validator contract failed: ${reason}`, fields);
}

/** Reads address[] from the result of a call. */
function decodeAddresses(block: HashedHeader, output: Uint8Array): readonly Address[] {
  const numberAt = (at: number): number => {
    const bytes = output.subarray(at, at + word);
    if (bytes.length !== word || bytes.subarray(0, word - 4).some((byte) => byte !== 0))
      throw failed(block, 'the answer is no list');
    return new DataView(bytes.buffer, bytes.byteOffset + word - 4, 4).getUint32(0);
  };
  const start = numberAt(0);
  const count = numberAt(start);
  const first = start + word;
  if (first + count * word > output.length) throw failed(block, 'the answer is cut');
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * word;
    return output.slice(at + 12, at + word);
  });
}

/** Asks the contract on the public state after a block. It is read by one engine at every node, whatever engine runs its blocks. */
export type ReadValidatorContract = (contract: Address, block: HashedHeader) => readonly Address[];

/** @throws VALIDATOR_CONTRACT_FAILED; STATE_MISSING when the state of that block has been pruned */
export function createValidatorContractReader(chain: Blockchain, database: StateDatabase): ReadValidatorContract {
  const evm = createFastEvm();
  return (contract, block) => {
    const { header } = block;
    const publicState = createTrieReader(database, header.stateRoot);
    const outcome = runSync(
      callContract({
        config: chain.reader.config,
        evm,
        header,
        author: header.coinbase,
        states: { publicState, privateState: publicState },
        blockHash: (number) => (number < header.number ? chain.ancestorHash(block, number) : undefined),
        gasCap,
        request: { to: contract, data: getValidators },
      }),
    );
    if (outcome.status !== 'done') {
      const fields = { number: header.number };
      throw new IsoquorumError('STATE_MISSING', `the state of block ${header.number} is not kept`, fields);
    }
    const { status, output, error } = outcome.result;
    if (status !== 'success') throw failed(block, error ?? status);
    return decodeAddresses(block, output);
  };
}
