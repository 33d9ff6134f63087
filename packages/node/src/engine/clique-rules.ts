import { cliqueAuthor } from '@isoquorum/consensus/clique/author';
import { verifyCliqueHeader } from '@isoquorum/consensus/clique/header';
import { cliqueGenesisSnapshot, type CliqueSnapshot, nextCliqueSnapshot } from '@isoquorum/consensus/clique/snapshot';
import {
  cliqueSnapshotFromJson,
  type CliqueSnapshotJson,
  cliqueSnapshotToJson,
} from '@isoquorum/consensus/clique/snapshot-json';
import { headerError } from '@isoquorum/consensus/header-error';
import type { Profile } from '@isoquorum/consensus/profile';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import type { Blockchain } from '../chain/blockchain.ts';
import { type CommonRules, type HashedHeader, refuseUncles } from './engine.ts';
import { createSnapshotCache } from './snapshot-cache.ts';

export interface CliqueRulesOptions {
  readonly chain: Blockchain;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
}

export interface CliqueRules extends CommonRules {
  readonly kind: 'clique';
  /** Who may sign after the block, who has signed lately, and pending votes. @throws UNKNOWN_BLOCK */
  snapshotAfter(block: HashedHeader): CliqueSnapshot;
}

/** Clique's rules on our chain: headers, signers by votes, turns. */
export function createCliqueRules(options: CliqueRulesOptions): CliqueRules {
  const { chain, profile, recover } = options;
  const { config } = chain.reader;
  const snapshotAfter = createSnapshotCache<CliqueSnapshot>(chain, {
    base: (block) => (block.header.number === 0 ? cliqueGenesisSnapshot(block.header) : undefined),
    next: (snapshot, block) => nextCliqueSnapshot(snapshot, block.header, { config, recover }),
    toJson: (snapshot) => cliqueSnapshotToJson(snapshot, config),
    fromJson: (json) => cliqueSnapshotFromJson(json as CliqueSnapshotJson),
  });

  return {
    kind: 'clique',
    snapshotAfter,
    author(header) {
      if (header.number === 0) return header.coinbase;
      const author = cliqueAuthor(header, recover);
      if (author === undefined) throw headerError('SEAL_UNRECOVERABLE', { number: header.number });
      return author;
    },
    verifyHeader(header, parent, nowMs) {
      const nowSeconds = BigInt(Math.floor(nowMs / 1000));
      const snapshot = snapshotAfter(parent);
      verifyCliqueHeader(header, parent.header, snapshot, { config, profile, recover, nowSeconds, seals: 'checked' });
    },
    verifyUncles: refuseUncles,
    validatorsAfter: (block) => snapshotAfter(block).signers,
    committers: () => [],
    warning: () => undefined,
  };
}
