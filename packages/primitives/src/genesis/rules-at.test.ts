import { describe, expect, test } from 'vitest';
import { rulesAt, signerChainIdAt } from '../fork.ts';
import { bareHexToBytes, bytesToHex } from '../hex.ts';
import { type Json, other, parse, validator } from '../testing/genesis-json.ts';
import { bftAlgorithmAt, bftConfigAt, selectEngine } from './bft-config.ts';
import {
  blockRewardAt,
  codeSizeLimitAt,
  isGasPriceEnabledAt,
  isPrivacyEnhancementsEnabledAt,
  isPrivacyPrecompileEnabledAt,
  isQip714At,
  maxCodeSizeAt,
  minerGasLimitAt,
  rewardAccountAt,
  transactionSizeLimitAt,
} from './rules-at.ts';

describe('values by height', () => {
  test('engine and algorithm', () => {
    const engine = (config: Json): unknown => selectEngine(parse({ qbft: undefined, ...config }).config);
    expect(engine({})).toBeUndefined();
    expect(engine({ clique: {}, qbft: {} })).toBe('clique');
    expect(engine({ istanbul: {} })).toBe('istanbul');
    expect(engine({ ibft: {} })).toBe('ibft');
    expect(engine({ qbft: {} })).toBe('qbft');
    expect(engine({ transitions: [{ block: 0, algorithm: 'ibft' }] })).toBe('ibft');
    expect(engine({ transitions: [{ block: 0, algorithm: 'qbft' }] })).toBe('qbft');
    const algorithms = (config: Json, ...numbers: number[]): unknown[] =>
      numbers.map((number) => bftAlgorithmAt(parse({ qbft: undefined, ...config }).config, number));
    expect(algorithms({ clique: {} }, 5)).toEqual([undefined]);
    expect(algorithms({ istanbul: { testQBFTBlock: 24 } }, 23, 24, 99)).toEqual(['ibft', 'qbft', 'qbft']);
    expect(
      algorithms({ ibft: {}, transitions: [{ block: 16, algorithm: 'QBFT' }, { block: 20 }] }, 15, 16, 20),
    ).toEqual(['ibft', 'qbft', 'qbft']);
  });

  test('BFT settings: defaults, genesis, transitions', () => {
    expect(bftConfigAt(parse({ qbft: {} }).config, 5)).toEqual({
      algorithm: 'qbft',
      epochLength: 30_000,
      blockPeriodSeconds: 5,
      emptyBlockPeriodSeconds: 0,
      requestTimeoutMs: 10_000,
      maxRequestTimeoutSeconds: 0,
      proposerPolicy: 'roundRobin',
      isCeil2NBy3: true,
      validatorSelectionMode: 'blockheader',
      validatorContractAddress: undefined,
      validators: [],
    });
    const { config } = parse({
      qbft: {
        epochlength: 10,
        blockperiodseconds: 1,
        emptyblockperiodseconds: 60,
        requesttimeoutseconds: 4,
        policy: 1,
        ceil2Nby3Block: 7,
        validators: [validator],
        maxRequestTimeoutSeconds: 30,
      },
      transitions: [
        { block: 10, blockperiodseconds: 2, emptyblockperiodseconds: 0, '2FPlus1Enabled': true, validators: [other] },
        { block: 20, requesttimeoutseconds: 9, epochlength: 3, '2FPlus1Enabled': false },
        { block: 30, validatorselectionmode: 'contract', validatorcontractaddress: other, maxRequestTimeoutSeconds: 0 },
        { block: 40, validatorselectionmode: 'blockheader' },
      ],
    });
    const at = (number: number): Record<string, unknown> => ({ ...bftConfigAt(config, number) });
    expect(at(0)).toMatchObject({
      blockPeriodSeconds: 1,
      emptyBlockPeriodSeconds: 60,
      requestTimeoutMs: 4_000,
      proposerPolicy: 'sticky',
    });
    expect((at(0).validators as Uint8Array[]).map(bytesToHex)).toEqual([validator]);
    expect(at(6)).toMatchObject({ isCeil2NBy3: false, validators: [], epochLength: 10, maxRequestTimeoutSeconds: 30 });
    expect(at(7)).toMatchObject({ isCeil2NBy3: true });
    expect(at(10)).toMatchObject({ blockPeriodSeconds: 2, emptyBlockPeriodSeconds: 0, isCeil2NBy3: false });
    expect((at(10).validators as Uint8Array[]).map(bytesToHex)).toEqual([other]);
    expect(at(11)).toMatchObject({ validators: [] });
    expect(at(25)).toMatchObject({ requestTimeoutMs: 9_000, epochLength: 3, isCeil2NBy3: true, blockPeriodSeconds: 2 });
    expect(at(30)).toMatchObject({ validatorSelectionMode: 'contract', maxRequestTimeoutSeconds: 0 });
    expect(at(45)).toMatchObject({ validatorSelectionMode: 'blockheader' });
    const legacy = parse({ qbft: undefined, istanbul: { epoch: 0, policy: 1 } }).config;
    expect(bftConfigAt(legacy, 9)).toMatchObject({ epochLength: 30_000, isCeil2NBy3: false, proposerPolicy: 'sticky' });
    expect(bftConfigAt(parse({ qbft: undefined }).config, 0)).toBeUndefined();
  });

  test('transaction size: a later transition without the key resets it, as in the original', () => {
    const { config } = parse({
      txnSizeLimit: 48,
      transitions: [
        { block: 5, transactionSizeLimit: 96 },
        { block: 9, blockperiodseconds: 2 },
      ],
    });
    expect([4, 5, 8, 9].map((number) => transactionSizeLimitAt(config, number))).toEqual([48, 96, 96, 48]);
    expect(transactionSizeLimitAt(parse().config, 0)).toBe(64);
  });

  test('code size', () => {
    const scheduled = parse({
      maxCodeSizeConfig: [
        { block: 0, size: 32 },
        { block: 10, size: 64 },
      ],
    }).config;
    expect([0, 9, 10].map((number) => maxCodeSizeAt(scheduled, number))).toEqual([32_768, 32_768, 65_536]);
    const changed = parse({ transitions: [{ block: 3, contractsizelimit: 50 }, { block: 4 }] }).config;
    expect([2, 3, 4].map((number) => codeSizeLimitAt(changed, number))).toEqual([24_576, 51_200, 51_200]);
    const legacy = parse({ isQuorum: false, maxCodeSize: 20, maxCodeSizeChangeBlock: 5 }).config;
    expect([maxCodeSizeAt(legacy, 4), maxCodeSizeAt(legacy, 5), codeSizeLimitAt(legacy, 5)]).toEqual([
      24_576, 20_480, 24_576,
    ]);
  });

  test('switches', () => {
    const { config } = parse({
      qip714Block: 50,
      privacyPrecompileBlock: 5,
      transitions: [
        { block: 10, privacyEnhancementsEnabled: true, gasPriceEnabled: true, privacyPrecompileEnabled: false },
        { block: 20, privacyEnhancementsEnabled: false, enhancedPermissioningEnabled: true },
      ],
    });
    const at = (read: (c: typeof config, n: number) => boolean): boolean[] =>
      [4, 5, 10, 20].map((number) => read(config, number));
    expect(at(isPrivacyEnhancementsEnabledAt)).toEqual([false, false, true, false]);
    expect(at(isGasPriceEnabledAt)).toEqual([false, false, true, true]);
    expect(at(isPrivacyPrecompileEnabledAt)).toEqual([false, true, true, true]);
    expect(at(isQip714At)).toEqual([false, false, false, true]);
  });

  test('reward, its account, and the least gas limit', () => {
    const coinbase = bareHexToBytes('aa'.repeat(20));
    const { config } = parse({
      qbft: { blockReward: '7', miningBeneficiary: validator },
      transitions: [
        { block: 5, blockReward: '0x10', beneficiaryMode: 'validators', 'miner.gaslimit': 900_000_000 },
        { block: 9, miningBeneficiary: other },
        { block: 12, miningBeneficiary: validator, beneficiaryMode: 'list' },
      ],
    });
    expect([4, 5].map((number) => blockRewardAt(config, number))).toEqual([7n, 16n]);
    expect([4, 5].map((number) => minerGasLimitAt(config, number))).toEqual([700_000_000n, 900_000_000n]);
    const accounts = [4, 5, 9, 12].map((number) => bytesToHex(rewardAccountAt(config, number, coinbase)));
    expect(accounts).toEqual([validator, bytesToHex(coinbase), other, other]);
    expect(blockRewardAt(parse().config, 4)).toBe(0n);
    const wrong = parse({ qbft: { beneficiaryMode: 'list' } }).config;
    expect(() => rewardAccountAt(wrong, 0, coinbase)).toThrow('BeneficiaryMode must be coinbase|fixed');
  });

  test('forks', () => {
    const { config } = parse({
      homesteadBlock: 0,
      eip155Block: 2,
      byzantiumBlock: 3,
      constantinopleBlock: 4,
      istanbulBlock: 6,
      berlinBlock: 7,
    });
    expect(rulesAt(config, 3)).toMatchObject({
      isByzantium: true,
      isConstantinople: false,
      isPetersburg: false,
      isQuorum: true,
      chainId: 10n,
    });
    expect(rulesAt(config, 4)).toMatchObject({ isConstantinople: true, isPetersburg: true, isIstanbul: false });
    expect(rulesAt(config, 7)).toMatchObject({ isIstanbul: true, isBerlin: true, codeSizeLimit: 24_576 });
    expect([signerChainIdAt(config, 1), signerChainIdAt(config, 2)]).toEqual([undefined, 10n]);
  });
});
