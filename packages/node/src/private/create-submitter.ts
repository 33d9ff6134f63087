import { privacyPrecompileAddress } from '@isoquorum/execution/evm/precompile-range';
import { intrinsicGasOf } from '@isoquorum/execution/transition/intrinsic-gas';
import { encodeInnerTransaction } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Address, EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { rulesAt, signerChainIdAt } from '@isoquorum/primitives/fork';
import { isGasPriceEnabledAt, isPrivacyEnhancementsEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import {
  type LegacyTransaction,
  signTransaction,
  type Transaction,
  transactionSender,
  type UnsignedTransaction,
} from '@isoquorum/primitives/transaction/transaction';
import { setPrivate } from '@isoquorum/primitives/transaction/private';
import type { Q2tClient, Q2tDistribution, Q2tPayload } from '@isoquorum/rpc/rest/q2t';
import { type ChainReader, DEFAULT_PRIVATE_STATE } from '../chain/chain.ts';
import { unknownPrivateState } from '../chain/errors.ts';
import type { TransactionPool } from '../pool/pool.ts';
import type { PrivateGroups } from './private-groups.ts';
import type { Simulate } from './simulate.ts';
import type { PrivateArguments, TransactionArguments, TransactionSubmitter } from './submit.ts';

/**
 * `UNKNOWN_ACCOUNT`: no node-held account of that address. `MANAGER_NOT_ENABLED`: the node has no transaction manager.
 * `NOT_PRIVATE`: private sending without `privateFor`. `PRIVATE_FROM_MISMATCH`: the sending party is not of the caller's private state.
 */
export type SubmitErrorCode = 'UNKNOWN_ACCOUNT' | 'MANAGER_NOT_ENABLED' | 'NOT_PRIVATE' | 'PRIVATE_FROM_MISMATCH';

/** Gas of a private transaction that names none. */
const privateGasDefault = 90_000n;

const unsignedSignature = { v: 0n, r: 0n, s: 0n };

export interface SubmitterOptions {
  readonly chain: ChainReader;
  readonly pool: TransactionPool;
  readonly manager: Q2tClient | undefined;
  /** Tries private transactions before they go out; absent: the chain has no privacy enhancements. */
  readonly simulate?: Simulate | undefined;
  /** With several private states. */
  readonly groups?: PrivateGroups | undefined;
  /** Wrap private transactions of node-held accounts in privacy markers where the chain has them (`--privacymarker.enable`). */
  readonly privacyMarkers?: boolean;
  /** Wei where gas has a price and the sender names none. */
  readonly gasPrice: bigint;
  /** 32-byte private keys of node-held accounts. */
  readonly accountKeys: readonly Uint8Array[];
}

export function createSubmitter(options: SubmitterOptions): TransactionSubmitter {
  const { chain, pool, groups } = options;
  const turns = new Map<string, Promise<void>>();
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

  const psiOf = (args: PrivateArguments): string => args.psi ?? DEFAULT_PRIVATE_STATE;

  /** The caller's parties, on a node with several private states. @throws UNKNOWN_PRIVATE_STATE */
  function membersOf(args: PrivateArguments): readonly string[] | undefined {
    const psi = psiOf(args);
    if (groups === undefined) {
      if (psi !== DEFAULT_PRIVATE_STATE) throw unknownPrivateState(psi, false);
      return undefined;
    }
    const members = groups.members(psi);
    if (members.length === 0) throw unknownPrivateState(psi, true);
    return members;
  }

  /** Who sends; the first party of the caller's private state where there are several. @throws PRIVATE_FROM_MISMATCH */
  function fromOf(args: PrivateArguments): { from?: string } {
    const { privateFrom = '' } = args;
    const members = membersOf(args);
    if (members === undefined) return privateFrom === '' ? {} : { from: privateFrom };
    const from = privateFrom === '' ? (members[0] as string) : privateFrom;
    if (members.includes(from)) return { from };
    const text = `The PrivateFrom (${from}) address does not match the specified private state (${psiOf(args)}) `;
    throw new IsoquorumError('PRIVATE_FROM_MISMATCH', text, { privateFrom: from, psi: psiOf(args) });
  }

  function isPriced(): boolean {
    return isGasPriceEnabledAt(chain.config, chain.headNumber() + 1) || !chain.config.isQuorum;
  }

  function unsigned(args: TransactionArguments, data: Uint8Array): UnsignedTransaction {
    const base = {
      nonce: args.nonce ?? pool.pendingNonce(args.from),
      gasPrice: args.gasPrice ?? (isPriced() ? options.gasPrice : 0n),
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
    if (args.privateFor === undefined) return data;
    const from = fromOf(args);
    if (data.length === 0) return data;
    const tried = { ...unsigned(args, data), ...unsignedSignature } as LegacyTransaction;
    const simulated = await trySending(tried, args.from, args);
    const sent = await managerOf().send({ payload: data, ...from, ...distribution(args), ...simulated });
    return sent.hash;
  }

  /** What the simulation says to the manager. @throws RpcError, PRIVACY_METADATA_NOT_FOUND, PRIVACY_FLAG_MISMATCH */
  async function trySending(
    transaction: LegacyTransaction,
    sender: Address,
    args: PrivateArguments,
  ): Promise<Pick<Q2tDistribution, 'affectedContractTransactions' | 'execHash'>> {
    const found = await options.simulate?.(transaction, sender, args.privacyFlag ?? 0, psiOf(args));
    if (found === undefined) return {};
    const { affectedContracts, executionHash } = found;
    const execHash = executionHash === undefined ? {} : { execHash: executionHash };
    return { affectedContractTransactions: affectedContracts, ...execHash };
  }

  /** The same for a payload that was stored before, under the digest in the transaction's data. */
  async function trySendingStored(
    transaction: LegacyTransaction,
    args: PrivateArguments,
  ): Promise<Pick<Q2tDistribution, 'affectedContractTransactions' | 'execHash'>> {
    const isTried = isPrivacyEnhancementsEnabledAt(chain.config, chain.headNumber());
    if (!isTried && groups === undefined) return {};
    const stored = await managerOf().receiveRaw(payloadHashOf(transaction));
    checkStoredSender(stored, args);
    if (!isTried) return {};
    const sender = transactionSender(transaction, signerChainIdAt(chain.config, chain.headNumber() + 1));
    return trySending({ ...transaction, data: stored?.payload ?? new Uint8Array(0) }, sender, args);
  }

  /** With several private states: who stored the payload has to be the caller. @throws PRIVATE_FROM_MISMATCH */
  function checkStoredSender(stored: Q2tPayload | undefined, args: PrivateArguments): void {
    const members = membersOf(args);
    const sender = stored?.senderKey === undefined ? undefined : bytesToBase64(stored.senderKey);
    if (members === undefined || sender === undefined) return;
    const { privateFrom = '' } = args;
    const fields = { privateFrom, psi: psiOf(args) };
    if (privateFrom !== '' && privateFrom !== sender) {
      const text = `The PrivateFrom address retrieved from the privacy manager does not match private PrivateFrom (${privateFrom}) specified in transaction arguments.`;
      throw new IsoquorumError('PRIVATE_FROM_MISMATCH', text, fields);
    }
    if (members.includes(sender)) return;
    const text = `The PrivateFrom address does not match the specified private state (${psiOf(args)})`;
    throw new IsoquorumError('PRIVATE_FROM_MISMATCH', text, fields);
  }

  /** The marker of a signed private transaction, whose payload it distributes (goquorum.md 6). */
  async function wrap(inner: LegacyTransaction, args: TransactionArguments): Promise<Transaction> {
    const payload = encodeInnerTransaction(inner);
    const { hash } = await managerOf().send({ payload, ...fromOf(args), to: args.privateFor ?? [] });
    const gasLimit = intrinsicGasOf(hash, [], false, rulesAt(chain.config, chain.headNumber()));
    const { nonce, value, gasPrice } = inner;
    const marker: UnsignedTransaction = {
      type: 0,
      nonce,
      value,
      gasPrice,
      gasLimit,
      to: privacyPrecompileAddress,
      data: hash,
    };
    const chainId = signerChainIdAt(chain.config, chain.headNumber() + 1);
    return signTransaction(marker, keyOf(args.from), { chainId, isPrivate: false });
  }

  function usesMarkers(args: TransactionArguments): boolean {
    if (options.privacyMarkers !== true || args.privateFor === undefined) return false;
    return rulesAt(chain.config, chain.headNumber()).isPrivacyPrecompileEnabled;
  }

  /** Between the nonce of a marker and its place in the pool lies a question to the manager: an account's markers go one by one. */
  async function inTurn<T>(account: Address, act: () => Promise<T>): Promise<T> {
    const name = bytesToBareHex(account);
    const before = turns.get(name) ?? Promise.resolve();
    const own = before.then(act, act);
    const settled = own.then(
      () => undefined,
      () => undefined,
    );
    turns.set(name, settled);
    try {
      return await own;
    } finally {
      if (turns.get(name) === settled) turns.delete(name);
    }
  }

  function sign(args: TransactionArguments, data: Uint8Array): Transaction {
    const key = keyOf(args.from);
    const chainId = signerChainIdAt(chain.config, chain.headNumber() + 1);
    return signTransaction(unsigned(args, data), key, { chainId, isPrivate: args.privateFor !== undefined });
  }

  async function distributeStored(transaction: Transaction, args: PrivateArguments): Promise<void> {
    if (transaction.data.length === 0) return;
    const simulated = transaction.type === 0 ? await trySendingStored(transaction, args) : {};
    await managerOf().sendSigned({ hash: payloadHashOf(transaction), ...distribution(args), ...simulated });
  }

  return {
    accounts: () => addresses,
    async sendTransaction(args) {
      keyOf(args.from);
      const data = await distribute(args);
      if (usesMarkers(args)) {
        return inTurn(args.from, async () => {
          const inner = sign(args, data);
          return pool.add(inner.type === 0 ? await wrap(inner, args) : inner, 'local');
        });
      }
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
    sendRawTransaction: (transaction) => pool.addSoon(transaction, 'local'),
    async sendRawPrivateTransaction(transaction, args) {
      if (args.privateFor === undefined) throw new IsoquorumError('NOT_PRIVATE', 'transaction is not private', {});
      await distributeStored(transaction, args);
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
      await distributeStored(transaction, args);
      const payload = encodeInnerTransaction(transaction);
      return (await managerOf().send({ payload, ...fromOf(args), to: args.privateFor })).hash;
    },
  };
}
