import type { NetworkHost } from '@isoquorum/network/host';
import { TRANSACTIONS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeTransactionsFrame } from '@isoquorum/network/wire/transactions';
import type { Clock } from '@isoquorum/platform/clock';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Address, EnclaveKey } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import {
  encodeTransaction,
  type LegacyTransaction,
  type Transaction,
  transactionHash,
  type UnsignedTransaction,
} from '@isoquorum/primitives/transaction/transaction';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { DistributionRequest, TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import type { Accounts } from '../account/accounts.ts';
import type { Calls } from '../chain/calls.ts';
import type { PublicState, StateAnchor } from '../chain/public-state.ts';
import { participantError } from '../errors.ts';
import type { TransactionBook } from '../records/transaction-book.ts';
import type { Progress } from './operations.ts';

/** Gas that a transaction gets when it names none; gas is free, and what is left over is given back. */
const gasDefault = 10_000_000n;
/** How long to keep sending a transaction that no block includes. */
const patienceMs = 120_000;

/** A transaction as its sender means it. */
export interface SendArguments {
  /** `0x…`; one of the page's accounts. */
  readonly from: string;
  readonly to: Address | undefined;
  readonly data: Uint8Array;
  readonly value: bigint;
  readonly gas: bigint | undefined;
  readonly nonce: bigint | undefined;
  /** Present, even empty: private. */
  readonly privateFor: readonly EnclaveKey[] | undefined;
  readonly privateFrom: EnclaveKey | undefined;
  readonly privacyFlag: 0 | 1 | 2 | 3;
  readonly mandatoryFor: readonly EnclaveKey[];
}

/** Makes, seals, signs and sends the page's transactions (the recipe of architecture's step 4). */
export interface Submitter {
  /** Resolves with the hash once the envelope went to the validators. */
  send(args: SendArguments, progress: Progress): Promise<string>;
  /** Next nonce of an account: the checked state's, or what follows the page's own pending transactions. */
  nextNonce(address: string): Promise<bigint>;
  /** Own transactions that were included, so that they are not sent again. */
  included(hashes: readonly string[]): void;
  stop(): void;
}

export interface SubmitterOptions {
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly manager: TransactionManager;
  readonly publicState: PublicState;
  readonly transactions: TransactionBook;
  /** Tries private transactions before they go out. */
  readonly simulate: Calls['simulate'];
  /** The page's enclave key. */
  readonly ownKey: EnclaveKey;
  readonly head: () => StateAnchor & { readonly number: number; readonly gasLimit: bigint };
  readonly blockPeriodSeconds: number;
  readonly onChange: () => void;
}

interface Sent {
  readonly transaction: Transaction;
  readonly from: string;
  readonly atMs: number;
}

export function createSubmitter(options: SubmitterOptions): Submitter {
  const { host, clock, accounts, manager, publicState, transactions } = options;
  const sent = new Map<string, Sent>();
  /** One transaction of a sender at a time, from its nonce to the wire. */
  const locks = new Map<string, Promise<unknown>>();
  let cancelTimer: (() => void) | undefined;

  async function nextNonce(address: string): Promise<bigint> {
    const account = await publicState.account(options.head(), hexToBytes(address));
    let nonce = account?.nonce ?? 0n;
    const own = new Set(
      [...sent.values()].filter(({ from }) => from === address).map(({ transaction }) => transaction.nonce),
    );
    while (own.has(nonce)) nonce++;
    return nonce;
  }

  /** What the manager is told for privacy enhancements. */
  async function enhancements(
    args: SendArguments,
    unsigned: Omit<LegacyTransaction, 'v' | 'r' | 's'>,
  ): Promise<Partial<DistributionRequest>> {
    const { privacyFlag } = args;
    const tried = { ...unsigned, data: args.data, v: 0n, r: 0n, s: 0n };
    const found = await options.simulate(tried, hexToBytes(args.from), privacyFlag);
    if (found === undefined) return {};
    // Managers keep the root as text.
    const { executionHash: root } = found;
    const execHash = root === undefined ? {} : { execHash: utf8ToBytes(bytesToBase64(root)) };
    return { privacyFlag, affected: found.affectedContracts, mandatoryRecipients: args.mandatoryFor, ...execHash };
  }

  async function seal(
    args: SendArguments,
    unsigned: Omit<LegacyTransaction, 'v' | 'r' | 's'>,
    progress: Progress,
  ): Promise<Uint8Array> {
    if (args.privateFor === undefined) return args.data;
    const enhanced = await enhancements(args, unsigned);
    const recipients = args.privateFor.length;
    progress(
      'sealing',
      `Sealing the payload in this page for ${recipients === 0 ? 'this page alone' : `${recipients} ${recipients === 1 ? 'party' : 'parties'}`}`,
    );
    if (recipients > 0) progress('handing-over', 'Handing the sealed payload over and waiting until it is kept');
    const { hash } = await manager.send({
      payload: args.data,
      to: args.privateFor,
      ...enhanced,
      ...(args.privateFrom === undefined ? {} : { from: args.privateFrom }),
    });
    return hash;
  }

  async function broadcast(transaction: Transaction): Promise<number> {
    const frame = encodeTransactionsFrame([encodeTransaction(transaction)]);
    const nodes = host.peers().filter((peer) => peer.role === 'node');
    const results = await Promise.allSettled(nodes.map((peer) => host.send(peer.id, TRANSACTIONS_PROTOCOL, frame)));
    return results.filter((result) => result.status === 'fulfilled').length;
  }

  /** Sends again what no block has included, as a validator may have been away; drops what is hopeless. */
  function repeat(): void {
    cancelTimer ??= clock.setTimer(Math.max(3000, options.blockPeriodSeconds * 4000), () => {
      cancelTimer = undefined;
      for (const [hash, { transaction, atMs }] of sent) {
        if (clock.nowMs() - atMs > patienceMs) {
          sent.delete(hash);
          transactions.removePending(hash);
          options.onChange();
        } else broadcast(transaction).catch(() => 0);
      }
      if (sent.size > 0) repeat();
    });
  }

  async function locked<T>(key: string, act: () => Promise<T>): Promise<T> {
    const before = locks.get(key) ?? Promise.resolve();
    const mine = before.then(act, act);
    locks.set(
      key,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async function sendLocked(args: SendArguments, progress: Progress): Promise<string> {
    const isPrivate = args.privateFor !== undefined;
    const head = options.head();
    const nonce = args.nonce ?? (await nextNonce(args.from));
    const gasLimit = args.gas ?? (gasDefault < head.gasLimit ? gasDefault : head.gasLimit);
    const { to, value } = args;
    const plain = { type: 0 as const, nonce, gasPrice: 0n, gasLimit, to, value, data: args.data };
    // The payload leaves first: an envelope whose payload nobody has would bind its parties to nothing.
    const unsigned: UnsignedTransaction = { ...plain, data: await seal(args, plain, progress) };
    progress('signing', 'Signing the envelope');
    const transaction = accounts.sign(args.from, unsigned, head.number + 1, isPrivate);
    const hash = bytesToHex(transactionHash(transaction));
    progress('broadcasting', 'Sending the envelope to the validators', hash);
    sent.set(hash, { transaction, from: args.from, atMs: clock.nowMs() });
    const parties = [...new Set([args.privateFrom ?? options.ownKey, ...(args.privateFor ?? [])].map(bytesToBase64))];
    transactions.addPending(transaction, isPrivate ? { data: bytesToHex(args.data), parties } : undefined);
    options.onChange();
    if ((await broadcast(transaction)) === 0)
      progress('broadcasting', 'No validator is connected; the envelope goes out when one is', hash);
    repeat();
    progress('waiting-for-block', 'Waiting for a block that this page can verify', hash);
    return hash;
  }

  return {
    nextNonce,
    async send(args, progress) {
      progress('preparing', 'Checking the request');
      if (!accounts.holds(args.from))
        throw participantError('ACCOUNT_UNKNOWN', 'unknown account', { address: args.from }, 'REJECT');
      if (args.privateFor !== undefined && (args.value !== 0n || args.data.length === 0))
        throw participantError(
          'VALUE_IN_PRIVATE',
          'ether value is not supported for private transactions',
          {},
          'REJECT',
        );
      return locked(args.from, () => sendLocked(args, progress));
    },
    included(hashes) {
      for (const hash of hashes) sent.delete(hash);
    },
    stop() {
      cancelTimer?.();
      cancelTimer = () => undefined;
    },
  };
}
