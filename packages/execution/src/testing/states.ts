import type { Address } from '@isoquorum/primitives/bytes';
import type { ForkRules } from '@isoquorum/primitives/fork';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import type { EvmBlock, EvmMessage, LaterForks } from '../evm/port.ts';
import { createStateDatabase, type StateDatabase } from '../state/database.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';

/** An account to begin with. */
export interface TestAccount {
  readonly address: Address;
  readonly balance?: bigint;
  readonly nonce?: bigint;
  /** Hex without 0x. */
  readonly code?: string;
  readonly storage?: Readonly<Record<string, bigint>>;
}

export function createTestDatabase(): StateDatabase {
  return createStateDatabase(createMemoryNodeSource());
}

/** A state in memory that holds the given accounts. */
export function createTestState(accounts: readonly TestAccount[] = []): State {
  const state = new State(createTrieReader(createTestDatabase(), emptyTrieRoot));
  for (const { address, balance, nonce, code, storage } of accounts) {
    state.createAccount(address);
    if (balance !== undefined) state.setBalance(address, balance);
    if (nonce !== undefined) state.setNonce(address, nonce);
    if (code !== undefined) state.setCode(address, hexToBytes(`0x${code}`));
    for (const [slot, value] of Object.entries(storage ?? {})) state.setStorage(address, BigInt(slot), value);
  }
  state.finalise(false);
  return state;
}

/** Rules of Istanbul on a Quorum chain without gas price, unless changed. */
export function testRules(changes: Partial<ForkRules & LaterForks> = {}): ForkRules & LaterForks {
  return {
    chainId: 1337n,
    isHomestead: true,
    isEip150: true,
    isEip155: true,
    isEip158: true,
    isByzantium: true,
    isConstantinople: true,
    isPetersburg: true,
    isIstanbul: true,
    isBerlin: false,
    isQuorum: true,
    isPrivacyEnhancementsEnabled: false,
    isPrivacyPrecompileEnabled: false,
    isGasPriceEnabled: false,
    codeSizeLimit: 24_576,
    ...changes,
  };
}

export function testBlock(changes: Partial<EvmBlock> = {}): EvmBlock {
  return {
    number: 10,
    timestamp: 1_700_000_000n,
    gasLimit: 700_000_000n,
    difficulty: 1n,
    coinbase: new Uint8Array(20),
    rules: testRules(),
    blockHash: () => undefined,
    ...changes,
  };
}

/** An outermost message; a creation when `to` is absent. */
export function testMessage(
  from: Address,
  to: Address | undefined,
  input: Uint8Array = new Uint8Array(0),
  gas = 1_000_000n,
  value = 0n,
): EvmMessage {
  const target = to ?? from;
  return {
    kind: to === undefined ? 'create' : 'call',
    caller: from,
    codeAddress: target,
    address: target,
    input,
    gas,
    value,
    isStatic: false,
    depth: 0,
  };
}
