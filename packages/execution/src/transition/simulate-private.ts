import { addressToChecksum } from '@isoquorum/primitives/address';
import type { Address, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { LegacyTransaction } from '@isoquorum/primitives/transaction/transaction';
import { DualHost } from '../evm/host.ts';
import type { Evm, EvmResult, EvmRunOptions } from '../evm/port.ts';
import type { StateDatabase } from '../state/database.ts';
import { ExtraDataState } from '../state/extra-data-state.ts';
import { State } from '../state/state.ts';
import type { StatePair } from '../state/types.ts';
import { createEvmBlock } from './block-environment.ts';
import { outermostMessage, prepareAccessList } from './message.ts';
import { withNeeds } from './needs.ts';
import { affectedContractsRoot } from './privacy-checks.ts';
import { waitFor } from './steps.ts';
import type { Steps, TransitionOutcome } from './types.ts';

/**
 * A transaction with privacy enhancements cannot be sent; texts are GoQuorum's. `PRIVACY_METADATA_NOT_FOUND`: it calls a contract without
 * metadata; `PRIVACY_FLAG_MISMATCH`: one of another flag; `STATE_NOT_FOUND`: what it created is gone when its state is to be hashed.
 */
export type SimulationErrorCode = 'PRIVACY_METADATA_NOT_FOUND' | 'PRIVACY_FLAG_MISMATCH' | 'STATE_NOT_FOUND';

export interface SimulateInput {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly database: StateDatabase;
  /** Of the block on whose state the transaction is tried. */
  readonly header: Header;
  readonly author: Address;
  readonly states: StatePair;
  /** Root of the extra data that goes with the private state. */
  readonly extraRoot: Hash32;
  readonly blockHash: (number: number) => Hash32 | undefined;
  /** The transaction with its payload in the place of the digest; nobody has signed it. */
  readonly transaction: LegacyTransaction;
  readonly sender: Address;
  readonly privacyFlag: 0 | 1 | 2 | 3;
  readonly options?: EvmRunOptions;
}

/** What goes to the manager with a payload, or how the transaction would fail. */
export type Simulation =
  | {
      readonly status: 'done';
      /** Encrypted payload hashes of the creations of all contracts that it calls. */
      readonly affectedContracts: readonly EncryptedPayloadHash[];
      /** With flag 3: Merkle root over the contracts after it. */
      readonly executionHash: Hash32 | undefined;
    }
  | { readonly status: 'failed'; readonly result: EvmResult };

function affectedHashes(host: DualHost, extra: ExtraDataState, privacyFlag: number): EncryptedPayloadHash[] {
  const hashes: EncryptedPayloadHash[] = [];
  for (const address of host.affectedContracts('messageCall')) {
    if (!host.privateState.exists(address)) continue;
    const metadata = extra.get(address)?.metadata;
    if (metadata === undefined) {
      if (privacyFlag === 0) continue;
      const text = `PrivacyMetadata not found: ${addressToChecksum(address)}: no account extra data found`;
      throw new IsoquorumError('PRIVACY_METADATA_NOT_FOUND', text, { address: addressToChecksum(address) });
    }
    if (metadata.privacyFlag !== privacyFlag) {
      const text = "sent privacy flag doesn't match all affected contract flags";
      throw new IsoquorumError('PRIVACY_FLAG_MISMATCH', text, { address: addressToChecksum(address), privacyFlag });
    }
    if (!hashes.some((hash) => bytesEqual(hash, metadata.creationHash))) hashes.push(metadata.creationHash);
  }
  return hashes;
}

function* simulate(input: SimulateInput): Steps<Simulation> {
  const { transaction, sender, privacyFlag } = input;
  const block = createEvmBlock(input.config, input.header, input.author, input.blockHash);
  const publicState = new State(input.states.publicState);
  const ownPrivate = new State(input.states.privateState);
  // As for a call: what is not private, a creation among it, is tried on the public state alone.
  const { to } = transaction;
  const isPrivate = to !== undefined && ownPrivate.exists(to);
  const privateState = isPrivate ? ownPrivate : publicState;
  const extra = new ExtraDataState(input.database, input.extraRoot, ownPrivate);
  // A creation's address follows from the nonce that it will have, not from that of the state (goquorum.md 14.8).
  publicState.setNonce(sender, transaction.nonce);
  prepareAccessList(publicState, block, { transaction, sender });
  if (isPrivate) prepareAccessList(privateState, block, { transaction, sender });
  const origin = { origin: sender, gasPrice: transaction.gasPrice };
  const host = new DualHost(block, origin, publicState, privateState, { tracksContracts: true });
  const message = outermostMessage({ transaction, sender }, transaction.data, transaction.gasLimit);
  const result = yield* waitFor(input.evm.run(host, message, input.options));
  if (result.status !== 'success' && privacyFlag !== 0) return { status: 'failed', result };
  const affectedContracts = affectedHashes(host, extra, privacyFlag);
  if (privacyFlag !== 3) return { status: 'done', affectedContracts, executionHash: undefined };
  const executionHash = affectedContractsRoot(input.database, host);
  if (executionHash === undefined) throw new IsoquorumError('STATE_NOT_FOUND', 'no state found', {});
  return { status: 'done', affectedContracts, executionHash };
}

/**
 * Tries a private transaction at its sender before its payload goes out, for privacy enhancements (goquorum.md 4.1).
 * @throws PRIVACY_METADATA_NOT_FOUND, PRIVACY_FLAG_MISMATCH, STATE_NOT_FOUND; what `options.checkDeadline` throws
 */
export function simulatePrivate(input: SimulateInput): Steps<TransitionOutcome<Simulation>> {
  return withNeeds(simulate(input));
}
