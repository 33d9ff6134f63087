import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Address } from '@isoquorum/primitives/bytes';
import type { VoteBook } from '../consensus-driver/vote-book.ts';
import type { ValidatorReader } from '../node-context.ts';
import type { EngineRules } from './engine.ts';

export interface ValidatorReaderOptions {
  readonly rules: EngineRules;
  readonly votes: VoteBook;
  readonly address: Address;
}

/** `ENGINE_MISMATCH`: the chain's engine has no such thing. */
export type ValidatorReaderErrorCode = 'ENGINE_MISMATCH';

/** What `istanbul_*` and `clique_*` ask. */
export function createValidatorReader(options: ValidatorReaderOptions): ValidatorReader {
  const { rules, votes } = options;
  const mismatch = (): IsoquorumError =>
    new IsoquorumError('ENGINE_MISMATCH', `a ${rules.kind} chain has no such snapshot`, { kind: rules.kind });
  return {
    kind: rules.kind,
    validatorsAfter: (header, hash) => rules.validatorsAfter({ header, hash }),
    snapshotAfter(header, hash) {
      const bft = rules.kind === 'raft' ? rules.end?.rules : rules;
      if (bft?.kind !== 'bft') throw mismatch();
      return bft.snapshotAfter({ header, hash });
    },
    cliqueSnapshotAfter(header, hash) {
      if (rules.kind !== 'clique') throw mismatch();
      return rules.snapshotAfter({ header, hash });
    },
    signers: (header) => ({ author: rules.author(header), committers: rules.committers(header) }),
    nodeAddress: options.address,
    candidates: () => votes.candidates(),
    propose: (candidate, authorize) => votes.propose(candidate, authorize),
    discard: (candidate) => votes.discard(candidate),
  };
}
