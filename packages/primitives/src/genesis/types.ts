import type { Address, Hash32 } from '../bytes.ts';
import type { ChainConfig } from './chain-config.ts';

/** An account of `alloc`; it belongs to the public state. */
export interface GenesisAccount {
  readonly address: Address;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: readonly { readonly slot: Hash32; readonly value: Hash32 }[];
}

export interface Genesis {
  readonly config: ChainConfig;
  readonly nonce: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly gasLimit: bigint;
  readonly difficulty: bigint;
  readonly mixHash: Hash32;
  readonly coinbase: Address;
  readonly alloc: readonly GenesisAccount[];
  readonly number: number;
  readonly gasUsed: bigint;
  readonly parentHash: Hash32;
}
