import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex, bareHexToBytes, isZeroBytes } from '@isoquorum/primitives/hex';
import { isPrivateTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { Need } from '@isoquorum/execution/transition/types';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import { storeDamaged } from '../chain/errors.ts';
import type { Executor } from '../import/executor.ts';
import type { PayloadResolver, Resolved } from './payload-resolver.ts';

/** First and longest pause before a manager is asked again, milliseconds. */
const retryMsFirst = 250;
const retryMsMax = 5_000;

/** Moves the private heads after the public one (decision 2). Never blocks anything but itself. */
export interface PrivateFollower {
  /** Begins to follow; catches up with what is stored. */
  start(): void;
  stop(): Promise<void>;
  /** A payload came to the manager: blocks that were executed without it are executed again. */
  payloadStored(digest: EncryptedPayloadHash): Promise<void>;
  /** Asks again now, without waiting for the pause to end. */
  retryNow(): void;
  /** Resolves when every private head is level with the public one, or waits for a manager. */
  idle(): Promise<void>;
}

export interface PrivateFollowerOptions {
  readonly chain: Blockchain;
  readonly executor: Executor;
  readonly resolver: PayloadResolver;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A store that fails, a state that is not whole: the node must stop. */
  readonly onFatal: (error: unknown) => void;
}

/** The digest under which a private transaction's payload is asked for: the last 64 bytes of its data, padded at the left. */
export function transactionDigest(transaction: Transaction): EncryptedPayloadHash {
  const { data } = transaction;
  if (data.length === 64) return data;
  if (data.length > 64) return data.subarray(data.length - 64);
  const padded = new Uint8Array(64);
  padded.set(data, 64 - data.length);
  return padded;
}

function digestsOf(block: ChainBlock): EncryptedPayloadHash[] {
  return block.block.transactions.filter(isPrivateTransaction).map(transactionDigest);
}

export function createPrivateFollower(options: PrivateFollowerOptions): PrivateFollower {
  const { chain, executor, resolver, clock, logger } = options;
  const { reader, privates } = chain;
  /** Digests that came in while a block that lacks them was being executed. */
  const storedLately = new Map<string, number>();
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let cancelRetry: CancelTimer | undefined;
  let cancelListening: (() => void) | undefined;

  /** Resolves the payloads that the block needs; those found inside are added round by round. */
  async function executeBlock(psi: string, block: ChainBlock): Promise<'done' | 'waiting' | 'stale'> {
    const before = privates.head(psi);
    const digests = digestsOf(block);
    if (digests.length === 0) {
      return privates.commit({
        psi,
        block,
        root: before.root,
        logsBloom: new Uint8Array(0),
        indexes: [],
        receipts: [],
        operations: [],
        notParty: [],
        resolved: [],
      });
    }
    for (;;) {
      const resolved = await resolver.resolve(digests);
      if (resolved.unresolved.length > 0) {
        wait(psi, block, resolved);
        return 'waiting';
      }
      const outcome = await executor.executePrivate(block, psi, before.root, resolved.resolutions);
      if (outcome.status === 'needs') {
        digests.push(...furtherDigests(outcome.needs, block));
        continue;
      }
      const notParty: EncryptedPayloadHash[] = [];
      const found: EncryptedPayloadHash[] = [];
      for (const [text, resolution] of resolved.resolutions) {
        (resolution.type === 'notParty' ? notParty : found).push(bareHexToBytes(text));
      }
      if (notParty.some((digest) => storedLately.has(bytesToBareHex(digest)))) {
        for (const digest of notParty) storedLately.delete(bytesToBareHex(digest));
        continue;
      }
      const { result } = outcome;
      const indexes: number[] = [];
      block.block.transactions.forEach((transaction, index) => {
        if (isPrivateTransaction(transaction)) indexes.push(index);
      });
      return privates.commit({
        psi,
        block,
        root: result.stateRoot,
        logsBloom: result.logsBloom,
        indexes,
        receipts: result.receipts,
        operations: result.operations,
        notParty: notParty.filter((digest) => !isZeroBytes(digest)),
        resolved: found,
      });
    }
  }

  function furtherDigests(needs: readonly Need[], block: ChainBlock): EncryptedPayloadHash[] {
    const found = needs.flatMap((need) => (need.type === 'payload' ? need.digests : []));
    if (found.length === 0)
      throw storeDamaged('part of a private state is missing', { number: block.block.header.number });
    return found;
  }

  function wait(psi: string, block: ChainBlock, { unresolved }: Resolved): void {
    const blockNumber = block.block.header.number;
    const known = privates.head(psi).waitingFor;
    const isSame = known !== undefined && known.blockNumber === blockNumber;
    const attempts = isSame ? known.attempts + 1 : 1;
    const reason = unresolved[0]?.reason ?? '';
    privates.setWaiting(psi, {
      blockNumber,
      blockHash: block.hash,
      digests: unresolved.map(({ digest }) => `0x${digest}`),
      reason,
      sinceMs: isSame ? known.sinceMs : clock.nowMs(),
      attempts,
    });
    const message = 'The private state waits: the transaction manager cannot be asked';
    logger.log(attempts === 1 ? 'warn' : 'debug', message, {
      psi,
      blockNumber,
      payloads: unresolved.length,
      reason,
      attempts,
    });
    cancelRetry?.();
    cancelRetry = clock.setTimer(Math.min(retryMsFirst * 2 ** (attempts - 1), retryMsMax), kick);
  }

  async function follow(psi: string): Promise<void> {
    while (!stopped) {
      const head = privates.head(psi);
      const block = reader.blockByNumber(head.number + 1);
      if (block === undefined) return;
      if (!bytesEqual(block.block.header.parentHash, head.hash)) {
        // A reorganisation moves both heads at once.
        throw storeDamaged('a private head is not on the chain', { psi, number: head.number });
      }
      const waited = head.waitingFor;
      if ((await executeBlock(psi, block)) === 'waiting') return;
      if (waited !== undefined) {
        logger.log('info', 'The private state moves again', { psi, number: block.block.header.number });
      }
    }
  }

  async function run(): Promise<void> {
    do {
      again = false;
      for (const psi of privates.names) await follow(psi);
    } while (again && !stopped);
  }

  function kick(): void {
    if (stopped) return;
    cancelRetry?.();
    cancelRetry = undefined;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = run()
      .catch((error: unknown) => {
        if (!stopped) options.onFatal(error);
      })
      .finally(() => {
        running = undefined;
        if (again && !stopped) kick();
      });
  }

  return {
    start() {
      stopped = false;
      cancelListening = reader.onEvent((event) => {
        if (event.type === 'head') kick();
      });
      kick();
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      cancelListening?.();
      await running;
    },
    async payloadStored(digest) {
      const text = bytesToBareHex(digest);
      storedLately.set(text, clock.nowMs());
      if (storedLately.size > 4096) {
        const oldest = storedLately.keys().next().value;
        if (oldest !== undefined) storedLately.delete(oldest);
      }
      for (const [psi, number] of await privates.executedWithout(digest)) {
        if (privates.head(psi).number < number) continue;
        // Not while a block is being executed on the state that is about to go back.
        while (running !== undefined) await running;
        logger.log('info', 'A payload came late: the private state goes back', {
          psi,
          to: number - 1,
          digest: `0x${text}`,
        });
        await privates.rewind(psi, number - 1, `0x${text}`);
      }
      kick();
    },
    retryNow: kick,
    async idle() {
      while (running !== undefined) await running;
    },
  };
}
