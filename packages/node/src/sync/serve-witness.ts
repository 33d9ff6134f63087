import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { collectWitness } from '@isoquorum/execution/witness/witness';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { NetworkHost } from '@isoquorum/network/host';
import { WITNESS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeWitnessRequest, encodeWitness } from '@isoquorum/network/wire/witness';
import type { ChainReader } from '../chain/chain.ts';

/** Gives pages proofs of the public state after any canonical block: what they need to run its next block, or a private call. */
export function serveWitness(host: NetworkHost, chain: ChainReader, database: StateDatabase): void {
  host.onRequest(WITNESS_PROTOCOL, async (_peer, bytes) => {
    const { blockHash, accounts } = decodeWitnessRequest(bytes);
    const header = chain.headerByHash(blockHash);
    if (header === undefined || !chain.isCanonical(blockHash)) {
      throw new IsoquorumError('UNKNOWN_BLOCK', 'unknown block', { hash: bytesToHex(blockHash) }, 'IGNORE');
    }
    const requests = accounts.map(({ address, slots }) => ({ address, slots: slots.map(bytesToBigint) }));
    return encodeWitness(collectWitness(database, header.stateRoot, requests));
  });
}
