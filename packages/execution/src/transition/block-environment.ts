import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { type ForkRules, rulesAt, signerChainIdAt } from '@isoquorum/primitives/fork';
import { bftAlgorithmAt, selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import { blockRewardAt, rewardAccountAt } from '@isoquorum/primitives/genesis/rules-at';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isZeroBytes } from '@isoquorum/primitives/hex';
import { zeroAddress } from '@isoquorum/primitives/address';
import type { Header } from '@isoquorum/primitives/header';
import type { EvmBlock } from '../evm/port.ts';
import type { State } from '../state/state.ts';

const knownRules = new Map<string, ForkRules>();

/** One object per set of rules, so that engines make their tables once and not once a block. */
function internRules(rules: ForkRules): ForkRules {
  const key = Object.values(rules).join();
  const known = knownRules.get(key);
  if (known !== undefined) return known;
  knownRules.set(key, rules);
  return rules;
}

/** What a header says to code, as the EVM port wants it. */
export function createEvmBlock(
  config: ChainConfig,
  header: Header,
  author: Address,
  blockHash: (number: number) => Hash32 | undefined,
): EvmBlock {
  return {
    number: header.number,
    timestamp: header.timestamp,
    gasLimit: header.gasLimit,
    difficulty: header.difficulty,
    coinbase: author,
    rules: internRules(rulesAt(config, header.number)),
    blockHash,
  };
}

/** The chain id that signatures in this block may name. */
export function signerChainId(config: ChainConfig, header: Header): bigint | undefined {
  return signerChainIdAt(config, header.number);
}

/** Who gets the fees of a block. */
export function feeAccount(config: ChainConfig, header: Header, author: Address): Address {
  return rewardAccountAt(config, header.number, author);
}

const ether = 10n ** 18n;

/**
 * The engine's part at the end of a block (goquorum.md 8.2, 9.3): QBFT adds its block reward; Raft chains keep the static
 * reward of Ethereum (5, 3, 2 Ether by fork), which goes to the zero address until gas has a price; IBFT and Clique add nothing.
 */
export function finaliseBlock(config: ChainConfig, header: Header, author: Address, state: State): void {
  const algorithm = bftAlgorithmAt(config, header.number);
  if (algorithm === undefined && selectEngine(config) === undefined) {
    const rules = rulesAt(config, header.number);
    const reward = rules.isConstantinople ? 2n : rules.isByzantium ? 3n : 5n;
    state.addBalance(rules.isQuorum && !rules.isGasPriceEnabled ? zeroAddress : author, reward * ether);
  } else if (algorithm === 'qbft') {
    const reward = blockRewardAt(config, header.number);
    const coinbase = isZeroBytes(header.coinbase) ? author : header.coinbase;
    if (reward > 0n) state.addBalance(rewardAccountAt(config, header.number, coinbase), reward);
  }
}
