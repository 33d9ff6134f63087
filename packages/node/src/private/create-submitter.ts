import type { Address, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { encodeInnerTransaction } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { isGasPriceEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import {
  signTransaction,
  type Transaction,
  type UnsignedTransaction,
} from '@isoquorum/primitives/transaction/transaction';
import { setPrivate } from '@isoquorum/primitives/transaction/private';
import type { Q2tClient, Q2tDistribution } from '@isoquorum/rpc/rest/q2t';
import type { ChainReader } from '../chain/chain.ts';
import type { TransactionPool } from '../pool/pool.ts';
import type { PrivateArguments, TransactionArguments, TransactionSubmitter } from './submit.ts';

/**
 * `UNKNOWN_ACCOUNT`: no node-held account of that address. `MANAGER_NOT_ENABLED`: the node has no transaction manager.
 * `NOT_PRIVATE`: private sending without `privateFor`.
 */
export type SubmitErrorCode = 'UNKNOWN_ACCOUNT' | 'MANAGER_NOT_ENABLED' | 'NOT_PRIVATE';

/** Gas of a private transaction that names none, and a gas price where gas has one and the sender names none. */
const privateGasDefault = 90_000n;
const gasPriceDefault = 1_000_000_000n;

export interface SubmitterOptions {
  readonly chain: ChainReader;
  readonly pool: TransactionPool;
  readonly manager: Q2tClient | undefined;
  /** 32-byte private keys of node-held accounts. */
  readonly accountKeys: readonly Uint8Array[];
}

export function createSubmitter(options: SubmitterOptions): TransactionSubmitter {
  const { chain, pool } = options;
  const keys = new Map<string, Uint8Array>();
  const addresses: Address[] = [];
  for (const key of options.accountKeys) {
    const address = privateKeyToAddress(key);
    keys.set(bytesToBareHex(address), key);
    addresses.push(address);
  }
  function keyOf(account: Address): Uint8Array {
    const key = keys.get(bytesToBareHex(account));
    if (key === undefined)
      throw new IsoquorumError('UNKNOWN_ACCOUNT', 'unknown account', { address: `0x${bytesToBareHex(account)}` });
    return key;
  }

  function managerOf(): Q2tClient {
    if (options.manager === undefined) {
      throw new IsoquorumError('MANAGER_NOT_ENABLED', 'private transaction manager is not in use', {});
    }
    return options.manager;
  }

  /** The manager, for reading. */
  function readingManager(): Q2tClient {
    if (options.manager === undefined)
      throw new IsoquorumError('MANAGER_NOT_ENABLED', 'PrivateTransactionManager is not enabled', {});
    return options.manager;
  }

  function distribution(args: PrivateArguments): Q2tDistribution {
    return {
      to: args.privateFor ?? [],
      ...(args.privacyFlag === undefined ? {} : { privacyFlag: args.privacyFlag }),
      ...(args.mandatoryFor === undefined ? {} : { mandatoryRecipients: args.mandatoryFor }),
    };
  }

  function fromOf(args: PrivateArguments): { from?: string } {
    return args.privateFrom === undefined || args.privateFrom === '' ? {} : { from: args.privateFrom };
  }

  function isPriced(): boolean {
    return isGasPriceEnabledAt(chain.config, chain.headNumber() + 1) || !chain.config.isQuorum;
  }

  function unsigned(args: TransactionArguments, data: Uint8Array): UnsignedTransaction {
    const base = {
      nonce: args.nonce ?? pool.pendingNonce(args.from),
      gasPrice: args.gasPrice ?? (isPriced() ? gasPriceDefault : 0n),
      gasLimit: args.gas ?? privateGasDefault,
      to: args.to,
      value: args.value ?? 0n,
      data,
    };
    if (args.accessList === undefined || args.privateFor !== undefined) return { type: 0, ...base };
    return { type: 1, ...base, chainId: chain.config.chainId ?? 0n, accessList: args.accessList };
  }

  /** Stores and distributes the payload; answers what stands in the public transaction in its place. */
  async function distribute(args: TransactionArguments): Promise<Uint8Array> {
    const data = args.data ?? new Uint8Array(0);
    if (args.privateFor === undefined || data.length === 0) return data;
    const sent = await managerOf().send({ payload: data, ...fromOf(args), ...distribution(args) });
    return sent.hash;
  }

  function sign(args: TransactionArguments, data: Uint8Array): Transaction {
    const key = keyOf(args.from);
    const chainId = signerChainIdAt(chain.config, chain.headNumber() + 1);
    return signTransaction(unsigned(args, data), key, { chainId, isPrivate: args.privateFor !== undefined });
  }

  return {
    accounts: () => addresses,
    async sendTransaction(args) {
      keyOf(args.from);
      const data = await distribute(args);
      // From the nonce to its place in the pool without a pause: transactions that come together get nonces of their own.
      return pool.add(sign(args, data), 'local');
    },
    async fillTransaction(args) {
      const data = args.data ?? new Uint8Array(0);
      const isPrivate = args.privateFor !== undefined;
      const from = fromOf(args).from;
      const stored = isPrivate && data.length > 0 ? await managerOf().storeRaw(data, from) : data;
      const transaction = { ...unsigned(args, stored), v: 0n, r: 0n, s: 0n } as Transaction;
      return isPrivate && transaction.type === 0 ? setPrivate(transaction) : transaction;
    },
    signTransaction: async (args) => sign(args, args.data ?? new Uint8Array(0)),
    signDigest: (account, digest: Hash32) => signDigestBytes(digest, keyOf(account)),
    sendRawTransaction: (transaction) => pool.add(transaction, 'local'),
    async sendRawPrivateTransaction(transaction, args) {
      if (args.privateFor === undefined) throw new IsoquorumError('NOT_PRIVATE', 'transaction is not private', {});
      if (transaction.data.length > 0) {
        await managerOf().sendSigned({ hash: payloadHashOf(transaction), ...distribution(args) });
      }
      return pool.add(transaction, 'local');
    },
    payload: async (digest: EncryptedPayloadHash) => readingManager().receive(digest),
    mandatoryRecipients: async (digest) => readingManager().mandatoryRecipients(digest),
    async payloadExtra(digest) {
      const manager = readingManager();
      const payload = await manager.receive(digest);
      return payload === undefined ? undefined : { payload, isSender: await manager.isSender(digest) };
    },
    async distributePrivateTransaction(transaction, args) {
      if (args.privateFor === undefined) throw new IsoquorumError('NOT_PRIVATE', 'transaction is not private', {});
      if (transaction.type !== 0)
        throw new IsoquorumError('TRANSACTION_TYPE_NOT_SUPPORTED', 'transaction type not supported', {});
      const manager = managerOf();
      if (transaction.data.length > 0)
        await manager.sendSigned({ hash: payloadHashOf(transaction), ...distribution(args) });
      const payload = encodeInnerTransaction(transaction);
      return (await manager.send({ payload, ...fromOf(args), to: args.privateFor })).hash;
    },
  };
}
