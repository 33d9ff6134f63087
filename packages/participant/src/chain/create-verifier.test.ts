import { describe, expect, it } from 'vitest';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, headerHash } from '@isoquorum/primitives/header';
import { createTestChain, type Sealer, testSealer } from '../testing/test-chain.ts';
import { createHeaderVerifier, quorumWarning } from './create-verifier.ts';

const now = 1000;

function setUp(validators = 4) {
  const chain = createTestChain({ validators });
  const verifier = createHeaderVerifier({ config: chain.config, genesisHeader: chain.genesisHeader });
  return { chain, verifier };
}

describe('header verifier', () => {
  it('accepts a full quorum and says who sealed', () => {
    const { chain, verifier } = setUp();
    const { header } = chain.make({ sealers: chain.sealers.slice(1) });
    const checked = verifier.accept(header, now);
    expect(checked).toMatchObject({ quorum: 3, round: 0 });
    expect(checked.sealers).toHaveLength(3);
    expect(bytesEqual(checked.author, chain.sealers[0]!.address)).toBe(true);
    expect(verifier.head.header.number).toBe(1);
  });

  it.each([
    [
      'SEALS_BELOW_QUORUM',
      'Block 1 carries 2 seals of 4 validators; 3 are needed.',
      (all: readonly Sealer[]) => all.slice(0, 2),
    ],
    ['SEALS_MISSING', 'Block 1 carries no seal at all; 3 of 4 are needed.', () => []],
    ['SEAL_DUPLICATE', 'two seals', (all: readonly Sealer[]) => [all[0]!, all[1]!, all[1]!]],
    [
      'SEAL_BY_STRANGER',
      'which is not a validator',
      (all: readonly Sealer[]) => [all[0]!, all[1]!, all[2]!, testSealer(99)],
    ],
  ])('refuses with %s', (code, text, choose) => {
    const { chain, verifier } = setUp();
    const { header } = chain.make({ sealers: choose([...chain.sealers]) });
    expect(() => verifier.accept(header, now)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
    expect(verifier.head.header.number).toBe(0);
    verifier.accept(chain.make().header, now);
    expect(verifier.head.header.number).toBe(1);
  });

  it.each([
    [
      'more seals than validators',
      'SEAL_DUPLICATE',
      'more seals than there are validators',
      { seals: [0, 1, 2, 3, 0] },
    ],
    ['another list', 'VALIDATOR_LIST_MISMATCH', 'names other validators', { list: true }],
    ['seals of another header', 'SEAL_BY_STRANGER', 'which is not a validator', { gasUsed: 1n }],
  ] as const)('refuses %s', (_, code, text, wish: { seals?: readonly number[]; list?: boolean; gasUsed?: bigint }) => {
    const { chain, verifier } = setUp();
    if (wish.list === true) chain.validators = [...chain.validators.slice(0, 3), testSealer(99).address];
    const sealers = (wish.seals ?? [0, 1, 2]).map((index) => chain.sealers[index]!);
    const made = chain.make({ sealers }).header;
    const header = wish.gasUsed === undefined ? made : { ...made, gasUsed: wish.gasUsed };
    expect(() => verifier.accept(header, now)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it('refuses a block that is not the next', () => {
    const { chain, verifier } = setUp();
    chain.add();
    expect(() => verifier.accept(chain.make().header, now)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_PARENT' }),
    );
  });

  it('refuses a stranger as author, another parent, and the future', () => {
    const { chain, verifier } = setUp();
    const refusal = (wishes: Parameters<typeof chain.make>[0]) => () => verifier.accept(chain.make(wishes).header, now);
    expect(refusal({ author: testSealer(99).address })).toThrow('not a validator');
    expect(refusal({ change: (header) => ({ ...header, parentHash: new Uint8Array(32) }) })).toThrow('does not follow');
    expect(refusal({ change: (header) => ({ ...header, timestamp: 2000n }) })).toThrow('future');
  });

  it('follows votes, and demands the quorum of the new set', () => {
    const { chain, verifier } = setUp();
    const newcomer = testSealer(50);
    for (const author of chain.sealers.slice(0, 3)) {
      const { header } = chain.add({ author: author.address, vote: { recipient: newcomer.address, voteType: 0xff } });
      verifier.accept(header, now);
    }
    expect(verifier.validators).toHaveLength(5);
    expect(verifier.quorum).toBe(4);
  });

  it('goes on from its stored state', () => {
    const { chain, verifier } = setUp();
    verifier.accept(chain.add().header, now);
    const resume = { header: verifier.head.header, state: verifier.encode() };
    const again = createHeaderVerifier({ config: chain.config, genesisHeader: chain.genesisHeader, resume });
    const { header } = chain.add();
    again.accept(header, now);
    expect(bytesEqual(again.head.hash, headerHash(header))).toBe(true);
  });

  it('warns of sets whose quorums may miss each other', () => {
    const { chain } = setUp();
    const addresses = chain.sealers.map((sealer) => sealer.address);
    expect(quorumWarning(chain.config, 1, addresses)).toBeUndefined();
    const { qbft } = chain.config;
    const config = { ...chain.config, qbft: { ...qbft!, ceil2NBy3Block: 100 } };
    expect(quorumWarning(config, 1, [...addresses, testSealer(9).address])).toContain('5 validators');
    expect(quorumWarning(config, 1, addresses)).toBeUndefined();
  });
});

describe('chains that a page cannot check', () => {
  const genesisOf = (config: Record<string, unknown>) =>
    parseGenesis({ config: { chainId: 1337, ...config }, gasLimit: '0x1', difficulty: '0x1', alloc: {} });

  it.each([
    ['Clique', { clique: { period: 1 } }, 'one signature each'],
    ['Raft', {}, 'its log is not on the chain'],
  ])('are refused with the reason: %s', (engine, section, text) => {
    const { config, ...rest } = genesisOf(section);
    const genesisHeader = createGenesisHeader({ config, ...rest }, emptyTrieRoot);
    expect(() => createHeaderVerifier({ config, genesisHeader })).toThrow(
      expect.objectContaining({
        code: 'CHAIN_NOT_SUPPORTED',
        fields: { engine },
        message: expect.stringContaining(text),
      }),
    );
  });

  it('a header after which a contract names the validators, when nobody asked it', () => {
    const chain = createTestChain();
    const { qbft } = chain.config;
    const config = {
      ...chain.config,
      transitions: [
        ...genesisOf({
          qbft: {},
          transitions: [
            { block: 1, validatorselectionmode: 'contract', validatorcontractaddress: `0x${'77'.repeat(20)}` },
          ],
        }).config.transitions,
      ],
      qbft,
    };
    const verifier = createHeaderVerifier({ config, genesisHeader: chain.genesisHeader });
    const { header } = chain.make();
    expect(verifier.contractAt(1)).toEqual(new Uint8Array(20).fill(0x77));
    expect(() => verifier.accept(header, now)).toThrow(expect.objectContaining({ code: 'VALIDATORS_UNKNOWN' }));
    expect(verifier.head.header.number).toBe(0);
    const chosen = [new Uint8Array(20).fill(5)];
    verifier.accept(header, now, chosen);
    expect(verifier.validators).toEqual(chosen);
  });
});
