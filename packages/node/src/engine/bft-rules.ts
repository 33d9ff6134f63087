import { bftAuthor, bftCommitters, verifyBftHeader } from '@isoquorum/consensus/header';
import { headerError } from '@isoquorum/consensus/header-error';
import type { Profile } from '@isoquorum/consensus/profile';
import { isUnsafeQuorum, quorumOf } from '@isoquorum/consensus/quorum';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import {
  genesisSnapshot,
  lastRaftSnapshot,
  nextSnapshot,
  type Snapshot,
  validatorContractAt,
} from '@isoquorum/consensus/snapshot';
import { snapshotFromJson, snapshotToJson, type SnapshotJson } from '@isoquorum/consensus/snapshot-json';
import { sortValidators } from '@isoquorum/consensus/validator-set';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bftAlgorithmAt, bftConfigAt, raftEndBlock } from '@isoquorum/primitives/genesis/bft-config';
import type { Header } from '@isoquorum/primitives/header';
import type { Blockchain } from '../chain/blockchain.ts';
import type { CommonRules, HashedHeader } from './engine.ts';
import { createSnapshotCache } from './snapshot-cache.ts';
import type { ValidatorContractReader } from './validator-contract.ts';

export interface BftRulesOptions {
  readonly chain: Blockchain;
  readonly contracts: ValidatorContractReader;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  /** `--istanbul.blockperiod`, for chains with the legacy `istanbul` key; 1 unless told. */
  readonly legacyBlockPeriodSeconds?: number;
}

export interface BftRules extends CommonRules {
  readonly kind: 'bft';
  /** Who validates after the block, and pending votes. @throws UNKNOWN_BLOCK */
  snapshotAfter(block: HashedHeader): Snapshot;
}

/** Seconds between blocks that the original's flag gives a chain with the legacy key, when nothing else is said. */
const legacyBlockPeriodDefault = 1;

/** IBFT's and QBFT's rules on our chain: headers, validators by votes, config or contract, seals. */
export function createBftRules(options: BftRulesOptions): BftRules {
  const { chain, contracts, profile, recover } = options;
  const { config } = chain.reader;
  const legacyBlockPeriodSeconds = options.legacyBlockPeriodSeconds ?? legacyBlockPeriodDefault;
  const rules = { config, profile, recover, legacyBlockPeriodSeconds };

  /** What the contract of the settings at block `number` says on the state after `block`. */
  function chosenAt(block: HashedHeader, number: number): readonly Address[] | undefined {
    const contract = validatorContractAt(config, number);
    return contract && contracts.read(contract, block);
  }

  const chosenByContract = (block: HashedHeader): readonly Address[] | undefined =>
    chosenAt(block, block.header.number);

  /** Where a contract names the validators and older states are pruned, the contract's word is the beginning: votes count for nothing there. */
  function isOldestKept({ header }: HashedHeader): boolean {
    if (header.number === 0 || validatorContractAt(config, header.number) === undefined) return false;
    const parent = chain.blocks.header(header.parentHash);
    return parent !== undefined && !contracts.hasState(parent) && contracts.hasState(header);
  }

  const snapshotAfter = createSnapshotCache<Snapshot>(chain, {
    base(block) {
      const { number } = block.header;
      if (number === 0 && bftAlgorithmAt(config, 0) !== undefined)
        return genesisSnapshot(block.header, rules, chosenByContract(block));
      if (isOldestKept(block)) {
        const { hash } = block;
        const validators = sortValidators(chosenByContract(block) ?? []);
        return { number, hash, votes: [], tally: new Map(), validators };
      }
      return raftEndBlock(config) === number + 1
        ? lastRaftSnapshot(block.header, rules, chosenAt(block, number + 1))
        : undefined;
    },
    next: (snapshot, block) => nextSnapshot(snapshot, block.header, rules, chosenByContract(block)),
    toJson: (snapshot) => snapshotToJson(snapshot, config),
    fromJson: (json) => snapshotFromJson(json as SnapshotJson),
  });

  return {
    kind: 'bft',
    snapshotAfter,
    author(header) {
      const author = header.number === 0 ? header.coinbase : bftAuthor(header, config, recover);
      if (author === undefined) {
        throw new IsoquorumError('PROPOSER_SEAL_INVALID', 'invalid signature', { number: header.number });
      }
      return author;
    },
    verifyHeader(header, parent, nowMs) {
      const { validators } = snapshotAfter(parent);
      const nowSeconds = BigInt(Math.floor(nowMs / 1000));
      verifyBftHeader(header, parent.header, validators, { ...rules, nowSeconds, seals: 'checked' });
    },
    verifyUncles({ header, uncles }) {
      if (uncles.length > 0) throw headerError('UNCLES_NOT_EMPTY', { number: header.number });
    },
    validatorsAfter: (block) => snapshotAfter(block).validators,
    committers(header: Header) {
      if (header.number === 0) return [];
      const found = bftCommitters(header, config, recover);
      return found.filter((address): address is Address => address !== undefined);
    },
    warning(block) {
      const number = block.header.number + 1;
      const count = snapshotAfter(block).validators.length;
      const isCeil = bftConfigAt(config, number)?.isCeil2NBy3 ?? false;
      const rule = isCeil ? 'ceil2N/3' : '2F+1';
      if (count <= 1 || !isUnsafeQuorum(count, rule)) return undefined;
      return `with ${count} validators a quorum is ${quorumOf(count, rule)} (${rule}): two quorums need not share a correct validator`;
    },
  };
}
