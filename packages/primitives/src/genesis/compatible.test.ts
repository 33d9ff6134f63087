import { describe, expect, test } from 'vitest';
import type { ChainConfig } from './chain-config.ts';
import { configConflict, configConflictText } from './compatible.ts';
import { parseGenesis } from './genesis.ts';

function configOf(config: Record<string, unknown>): ChainConfig {
  return parseGenesis(
    { config: { chainId: 10, eip155Block: 0, ...config }, gasLimit: '0x1', difficulty: '0x1', alloc: {} },
    { validate: false },
  ).config;
}

/** What a change says at this head; undefined when the chain may go on. */
function textOf(stored: Record<string, unknown>, wanted: Record<string, unknown>, head: number): string | undefined {
  const conflict = configConflict(configOf(stored), configOf(wanted), head);
  return conflict && configConflictText(conflict);
}

describe('a chain under another configuration', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, number, string | undefined]>([
    ['at the genesis', { byzantiumBlock: 0 }, { byzantiumBlock: 5 }, 0, undefined],
    ['with forks to come', { istanbulBlock: 10 }, { istanbulBlock: 20 }, 9, undefined],
    [
      'with a fork moved from the past',
      { istanbulBlock: 10 },
      { istanbulBlock: 20 },
      15,
      'mismatching Istanbul fork block in database (have 10, want 20, rewindto 9)',
    ],
    [
      'with a fork that never was',
      {},
      { privacyEnhancementsBlock: 3 },
      4,
      'mismatching Privacy Enhancements fork block in database (have <nil>, want 3, rewindto 2)',
    ],
    [
      'with a gas price from the past on, which the original does not see',
      {},
      { enableGasPriceBlock: 2 },
      4,
      'mismatching gas price fork block in database (have <nil>, want 2, rewindto 1)',
    ],
    [
      'with Petersburg named where Constantinople was',
      { constantinopleBlock: 2 },
      { constantinopleBlock: 2, petersburgBlock: 2 },
      9,
      undefined,
    ],
    [
      'with another chain id',
      {},
      { chainId: 11 },
      9,
      'mismatching EIP155 chain ID in database (have 10, want 11, rewindto 0)',
    ],
    [
      'with several private states',
      {},
      { isMPS: true },
      9,
      'mismatching the IsMPS (multiple private states support) flag once configured at block height 0 cannot be changed in database (have 0, want 9, rewindto 0)',
    ],
    [
      'without code sizes',
      { maxCodeSizeConfig: [{ block: 2, size: 28 }] },
      {},
      5,
      'mismatching genesis file missing max code size information in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with a code size in the past',
      { maxCodeSizeConfig: [{ block: 2, size: 28 }] },
      {
        maxCodeSizeConfig: [
          { block: 2, size: 28 },
          { block: 4, size: 32 },
        ],
      },
      5,
      'mismatching maxCodeSizeConfig data incompatible. updating maxCodeSize for past in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with another code size in the past',
      { maxCodeSizeConfig: [{ block: 2, size: 28 }] },
      { maxCodeSizeConfig: [{ block: 2, size: 32 }] },
      5,
      'mismatching maxCodeSizeConfig data incompatible. maxCodeSize historical data does not match in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with a code size to come',
      { maxCodeSizeConfig: [{ block: 2, size: 28 }] },
      {
        maxCodeSizeConfig: [
          { block: 2, size: 28 },
          { block: 9, size: 32 },
        ],
      },
      5,
      undefined,
    ],
    [
      'without transitions',
      { transitions: [{ block: 3, blockperiodseconds: 2 }] },
      {},
      5,
      'mismatching genesis file missing transitions information in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with a transition in the past',
      { transitions: [] },
      { transitions: [{ block: 3, blockperiodseconds: 2 }] },
      5,
      'mismatching transitions data incompatible. updating transitions for past in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with another period in the past',
      { transitions: [{ block: 3, blockperiodseconds: 2 }] },
      { transitions: [{ block: 3, blockperiodseconds: 4 }] },
      5,
      'mismatching transitions.BlockPeriodSeconds data incompatible. BlockPeriodSeconds historical data does not match in database (have 5, want 5, rewindto 4)',
    ],
    [
      'with the same switch in the past, which the original takes for another',
      { transitions: [{ block: 3, '2FPlus1Enabled': true, validators: [`0x${'11'.repeat(20)}`] }] },
      { transitions: [{ block: 3, '2FPlus1Enabled': true, validators: [`0x${'11'.repeat(20)}`] }] },
      5,
      undefined,
    ],
    [
      'with a transition to come',
      { transitions: [{ block: 3, blockperiodseconds: 2 }] },
      {
        transitions: [
          { block: 3, blockperiodseconds: 2 },
          { block: 9, blockperiodseconds: 1 },
        ],
      },
      5,
      undefined,
    ],
  ])('%s', (_name, stored, wanted, head, text) => {
    expect(textOf(stored, wanted, head)).toBe(text);
    expect(textOf(stored, stored, head)).toBeUndefined();
  });
});
