import { addressToChecksum } from '@isoquorum/primitives/address';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, test } from 'vitest';
import { type ProposerPolicy, proposerOf } from './proposer.ts';
import { faultsOf, quorumOf } from './quorum.ts';
import { hasVectors, readJson } from './testing/recordings.ts';
import { orderValidators } from './validator-set.ts';

interface Cases {
  readonly cases: readonly {
    readonly engine: 'ibft' | 'qbft';
    readonly policy: ProposerPolicy;
    readonly validators: readonly string[];
    readonly lastProposer: string;
    readonly round: number;
    readonly proposer: string;
    readonly quorum: number;
    readonly f: number;
  }[];
}

describe.skipIf(!hasVectors('consensus', 'proposers.json'))(
  'recorded proposers (needs shared/vectors/consensus)',
  () => {
    test('order, proposer, quorum and F of every case', () => {
      const { cases } = readJson<Cases>('consensus', 'proposers.json');
      expect(cases.length).toBe(136);
      for (const recorded of cases) {
        const listed = recorded.validators.map((address) => hexToBytes(address));
        const validators = orderValidators(listed.toReversed(), recorded.engine);
        expect(validators.map(addressToChecksum)).toEqual(recorded.validators);
        const proposer = proposerOf(validators, hexToBytes(recorded.lastProposer), recorded.round, recorded.policy);
        expect(proposer && addressToChecksum(proposer)).toBe(recorded.proposer);
        expect([quorumOf(listed.length, 'ceil2N/3'), faultsOf(listed.length)]).toEqual([recorded.quorum, recorded.f]);
      }
    });
  },
);
