import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bareHexToBytes, bytesEqual, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import { storeDamaged } from '../chain/errors.ts';
import type { UnresolvedPayload } from '../chain/unresolved-payloads.ts';
import type { Executor } from '../import/executor.ts';
import type { PayloadResolver, Unresolved } from './payload-resolver.ts';
import { privateDigestsOf } from './private-digests.ts';
import type { PrivateGroups } from './private-groups.ts';
import { createPrivateWork } from './private-work.ts';

/** First and longest pause before a manager is asked again, milliseconds. */
const retryMsFirst = 250;
const retryMsMax = 5_000;
/** Blocks without private transactions that a private head that is behind passes over in one batch, at most. */
const skippedMax = 256;

/** Moves the private heads after the public one (decision 2). Never blocks anything but itself. */
export interface PrivateFollower {
  /** Begins to follow; catches up with what is stored. */
  start(): void;
  stop(): Promise<void>;
  /** A payload came to the manager: blocks that were executed without it are executed again. */
  payloadStored(digest: EncryptedPayloadHash): Promise<void>;
  /**
   * The same for payloads that are there, each with the block from which on it counts in a private state.
   * @param failing marks of payloads that cannot be asked for, which replace those given before: their blocks, which were executed without them, may be
   * again, and no private head waits for them
   */
  executeAgain(marks: Iterable<UnresolvedPayload>, failing: Iterable<UnresolvedPayload>): Promise<void>;
  /** Asks again now, without waiting for the pause to end. */
  retryNow(): void;
  /** Resolves when every private head is level with the public one, or waits for a manager. */
  idle(): Promise<void>;
}

export interface PrivateFollowerOptions {
  readonly chain: Blockchain;
  readonly executor: Executor;
  readonly resolver: PayloadResolver;
  /** Absent: one private state. */
  readonly groups?: PrivateGroups | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A store that fails, a state that is not whole: the node must stop. */
  readonly onFatal: (error: unknown) => void;
}

export function createPrivateFollower(options: PrivateFollowerOptions): PrivateFollower {
  const { chain, executor, resolver, clock, logger } = options;
  const { reader, privates } = chain;
  const runPrivately = createPrivateWork({ resolver, groups: options.groups });
  /** Digests that came in while a block that lacks them was being executed. */
  const storedLately = new Map<string, number>();
  /** Digests that a block may be executed without again. */
  let failing: ReadonlySet<string> = new Set();
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let cancelRetry: CancelTimer | undefined;
  let cancelListening: (() => void) | undefined;

  /** A block and those after it as far as nothing private is in them, so many at most. */
  function blocksWithoutWork(first: ChainBlock): ChainBlock[] {
    const found: ChainBlock[] = [];
    let next: ChainBlock | undefined = first;
    while (
      next !== undefined &&
      found.length < skippedMax &&
      privateDigestsOf(reader.config, next.block).length === 0
    ) {
      found.push(next);
      next = reader.blockByNumber(next.block.header.number + 1);
    }
    return found;
  }

  /** Executes the next block of a private state, with the payloads that it needs; those found inside are added round by round. */
  async function executeBlock(psi: string, block: ChainBlock): Promise<'done' | 'waiting' | 'stale'> {
    const parent = privates.head(psi);
    const digests = privateDigestsOf(reader.config, block.block);
    if (digests.length === 0) return privates.commitNothing(psi, blocksWithoutWork(block));
    const { number } = block.block.header;
    const mayLack = (text: string): boolean =>
      failing.has(text) && privates.unresolved.has({ digest: bareHexToBytes(text), number, psi });
    for (;;) {
      const outcome = await runPrivately(
        psi,
        digests,
        (known) => executor.executePrivate(block, psi, parent, known),
        mayLack,
      );
      if (outcome.status === 'missing') {
        throw storeDamaged('part of a private state is missing', { number });
      }
      if (outcome.status === 'waiting') {
        wait(psi, block, outcome.unresolved);
        return 'waiting';
      }
      const { result, notParty, resolved } = outcome;
      if (notParty.some((digest) => storedLately.has(bytesToBareHex(digest)))) {
        for (const digest of notParty) storedLately.delete(bytesToBareHex(digest));
        continue;
      }
      return privates.commit({
        psi,
        block,
        root: result.stateRoot,
        extraRoot: result.extraRoot,
        logsBloom: result.logsBloom,
        receipts: result.receipts,
        operations: result.operations,
        notParty,
        resolved,
      });
    }
  }

  /** A payload with a flag before its block stops this private head, as a bad block stops GoQuorum; the public chain goes on. */
  async function executeOrWait(psi: string, block: ChainBlock): Promise<'done' | 'waiting' | 'stale'> {
    try {
      return await executeBlock(psi, block);
    } catch (error) {
      if (!isIsoquorumError(error, 'PRIVACY_ENHANCEMENTS_DISABLED')) throw error;
      wait(psi, block, [{ digest: String(error.fields['digest']), reason: error.message }]);
      return 'waiting';
    }
  }

  function wait(psi: string, block: ChainBlock, unresolved: readonly Unresolved[]): void {
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
    logger.log(attempts === 1 ? 'warn' : 'debug', 'The private state waits for what it cannot be told now', {
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
      if ((await executeOrWait(psi, block)) === 'waiting') return;
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

  /** Whether a payload is this private state's, where there are several. One that cannot be asked for may be. */
  async function mayBeOwn(psi: string, digest: EncryptedPayloadHash): Promise<boolean> {
    const { groups } = options;
    if (groups === undefined) return true;
    const { resolutions, unresolved } = await resolver.resolve([digest]);
    if (unresolved.length > 0) return true;
    const resolution = resolutions.get(bytesToBareHex(digest));
    return resolution?.type === 'payload' && groups.includes(psi, resolution.metadata?.managedParties ?? []);
  }

  /** The private state goes back before a block that was executed without a payload. */
  async function goBack({ digest, number, psi }: UnresolvedPayload): Promise<void> {
    if (privates.head(psi).number < number) return;
    const text = bytesToHex(digest);
    if (!privates.isReplayable(number)) {
      const fields = { psi, blockNumber: number, keptFrom: reader.statesKeptFrom(), digest: text };
      logger.log('warn', 'A payload came too late: the states of its block were pruned', fields);
      return;
    }
    // Not while a block is being executed on the state that is about to go back.
    while (running !== undefined) await running;
    logger.log('info', 'A payload came late: the private state goes back', { psi, to: number - 1, digest: text });
    await privates.rewind(psi, number - 1, text);
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
      resolver.forget(digest);
      storedLately.set(text, clock.nowMs());
      if (storedLately.size > 4096) {
        const oldest = storedLately.keys().next().value;
        if (oldest !== undefined) storedLately.delete(oldest);
      }
      for (const [psi, number] of await privates.unresolved.lowest(digest)) {
        if (privates.names.includes(psi) && (await mayBeOwn(psi, digest))) await goBack({ digest, number, psi });
      }
      kick();
    },
    executeAgain: async (marks, unanswered) => {
      failing = new Set([...unanswered].map(({ digest }) => bytesToBareHex(digest)));
      for (const mark of marks) await goBack(mark);
      kick();
    },
    retryNow: kick,
    async idle() {
      while (running !== undefined) await running;
    },
  };
}
