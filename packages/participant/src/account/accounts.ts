import type { Random } from '@isoquorum/platform/random';
import type { Address } from '@isoquorum/primitives/bytes';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import {
  signTransaction,
  type Transaction,
  type UnsignedTransaction,
} from '@isoquorum/primitives/transaction/transaction';
import { participantError } from '../errors.ts';
import type { AccountVault } from './account-vault.ts';

/** The page's own accounts, which sign the envelopes of its transactions. */
export interface Accounts {
  /** `0x…`, in order of creation. */
  list(): readonly string[];
  holds(address: string): boolean;
  create(): Promise<string>;
  /** @throws ACCOUNT_UNKNOWN */
  sign(address: string, unsigned: UnsignedTransaction, blockNumber: number, isPrivate: boolean): Transaction;
}

export interface AccountsOptions {
  readonly vault: AccountVault;
  readonly random: Random;
  readonly config: ChainConfig;
}

/** Loads the accounts; makes the first one when there is none. */
export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const { vault, random, config } = options;
  const keys = new Map<string, Uint8Array>();
  const learn = (key: Uint8Array): string => {
    const address: Address = privateKeyToAddress(key);
    keys.set(bytesToHex(address), key);
    return bytesToHex(address);
  };
  const create = async (): Promise<string> => {
    for (;;) {
      const key = random.bytes(32);
      let address: string;
      try {
        address = learn(key);
      } catch {
        continue; // Outside of the curve's order: one in 2^128.
      }
      await vault.add(key);
      return address;
    }
  };
  for (const key of await vault.load()) learn(key);
  if (keys.size === 0) await create();
  return {
    list: () => [...keys.keys()],
    holds: (address) => keys.has(address.toLowerCase()),
    create,
    sign(address, unsigned, blockNumber, isPrivate) {
      const key = keys.get(address.toLowerCase());
      if (key === undefined) throw participantError('ACCOUNT_UNKNOWN', 'unknown account', { address }, 'REJECT');
      return signTransaction(unsigned, key, { chainId: signerChainIdAt(config, blockNumber), isPrivate });
    },
  };
}
