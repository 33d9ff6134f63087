import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToBareHex, isZeroBytes } from '@isoquorum/primitives/hex';
import type { ForkRules } from '@isoquorum/primitives/fork';
import type { DualHost } from '../evm/host.ts';
import { encodeCurrentAccount } from '../state/account-encoding.ts';
import type { StateDatabase } from '../state/database.ts';
import type { ExtraDataState } from '../state/extra-data-state.ts';
import { Trie } from '../trie/trie.ts';
import type { PayloadMetadata } from './types.ts';

/** `PRIVACY_ENHANCEMENTS_DISABLED`: a payload with a flag came in a block at which the chain has no privacy enhancements; fields `digest`, `privacyFlag`. */
export type PrivacyErrorCode = 'PRIVACY_ENHANCEMENTS_DISABLED';

/** What a payload without metadata counts as. */
export const standardMetadata: PayloadMetadata = {
  privacyFlag: 0,
  affectedContracts: [],
  executionHash: undefined,
  managedParties: [],
};

function hasExecutionHash({ executionHash }: PayloadMetadata): boolean {
  return executionHash !== undefined && !isZeroBytes(executionHash);
}

/**
 * Before the code runs (goquorum.md 4.4): false when the transaction fails without running.
 * @throws PRIVACY_ENHANCEMENTS_DISABLED
 */
export function mayRun(metadata: PayloadMetadata, digest: Uint8Array, rules: ForkRules): boolean {
  const { privacyFlag } = metadata;
  if (!rules.isPrivacyEnhancementsEnabled && privacyFlag !== 0) {
    throw new IsoquorumError(
      'PRIVACY_ENHANCEMENTS_DISABLED',
      `Privacy enhanced transaction received while privacy enhancements are disabled. Please check your node configuration. EPH=${bytesToBase64(digest)}`,
      { digest: bytesToBareHex(digest), privacyFlag },
      'RETRY',
    );
  }
  return privacyFlag !== 3 || hasExecutionHash(metadata);
}

/**
 * Root of a plain trie (keys not hashed) of all contracts that a run called or created, as they are after it (goquorum.md 4.2);
 * `undefined` when one of them does not exist. @throws STATE_MISSING
 */
export function affectedContractsRoot(database: StateDatabase, host: DualHost): Hash32 | undefined {
  const trie = new Trie();
  for (const address of host.affectedContracts()) {
    const account = encodeCurrentAccount(database, host.dual(address), address);
    if (account === undefined) return undefined;
    trie.put(address, account);
  }
  return trie.commit(() => undefined);
}

/** After the run (goquorum.md 4.5): whether what it touched is what the sender said. @throws STATE_MISSING */
export function isAsSimulated(
  database: StateDatabase,
  host: DualHost,
  extra: ExtraDataState,
  received: PayloadMetadata,
): boolean {
  for (const address of host.affectedContracts('messageCall')) {
    // What is not in the private state is public: it may be read under any flag.
    if (!host.privateState.exists(address)) continue;
    const metadata = extra.get(address)?.metadata;
    if (metadata === undefined) {
      if (received.privacyFlag !== 0) return false;
      continue;
    }
    if (metadata.privacyFlag !== received.privacyFlag) return false;
    if (!received.affectedContracts.some((hash) => bytesEqual(hash, metadata.creationHash))) return false;
  }
  if (!hasExecutionHash(received)) return true;
  const root = affectedContractsRoot(database, host);
  return root !== undefined && bytesEqual(root, received.executionHash as Hash32);
}
