import type { Address } from '@isoquorum/primitives/bytes';
import type { ChainReader } from '../chain/chain.ts';
import type { VoteBook } from '../consensus-driver/vote-book.ts';
import type { ValidatorReader } from '../node-context.ts';
import type { BftRules } from './bft-rules.ts';

export interface ValidatorReaderOptions {
  readonly chain: ChainReader;
  readonly rules: BftRules;
  readonly votes: VoteBook;
  readonly address: Address;
}

/** What `istanbul_*` asks. */
export function createValidatorReader(options: ValidatorReaderOptions): ValidatorReader {
  const { rules, votes } = options;
  return {
    validatorsAfter: (header, hash) => rules.validatorsAfter({ header, hash }),
    snapshotAfter: (header, hash) => rules.snapshotAfter({ header, hash }),
    signers: (header) => ({ author: rules.author(header), committers: rules.committers(header) }),
    nodeAddress: options.address,
    candidates: () => votes.candidates(),
    propose: (candidate, authorize) => votes.propose(candidate, authorize),
    discard: (candidate) => votes.discard(candidate),
  };
}
