import { prepareCliqueHeader, sealCliqueHeader } from '@isoquorum/consensus/clique/prepare-header';
import { cliqueLimit, isInTurn, maySignFrom } from '@isoquorum/consensus/clique/snapshot';
import { cliqueSettings } from '@isoquorum/consensus/clique/settings';
import { cliqueStep, createCliqueState, wiggleMs } from '@isoquorum/consensus/clique/step';
import type { CliqueContext, CliqueEffect, CliqueInput } from '@isoquorum/consensus/clique/types';
import { includesAddress } from '@isoquorum/consensus/validator-set';
import { qbftVoteAdd } from '@isoquorum/primitives/istanbul-extra';
import type { Block } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import type { ChainBlock } from '../chain/chain.ts';
import type { CliqueRules } from '../engine/clique-rules.ts';
import { createBlockBuilder, type PreparedHeader } from './block-builder.ts';
import type { ConsensusDriver, DriverParts, RestingSigner } from './driver.ts';
import { createInputQueue } from './input-queue.ts';
import { createStallWatch } from './stall-watch.ts';

/** Everything that comes in is the node's own; the queue never refuses it. */
const inputsMax = 1024;
/** What making a block and carrying it takes at most, where nothing is wrong: beyond that somebody is missing. */
const overdueMs = 2_000;

function without(addresses: readonly Address[], others: readonly Address[]): readonly Address[] {
  return addresses.filter((address) => !includesAddress(others, address));
}

/** Interprets the effects of Clique's step function: signs, imports, and lets the announcer spread what is durable. */
export function createCliqueDriver(parts: DriverParts, rules: CliqueRules): ConsensusDriver {
  const { chain, importer, clock, logger, pool } = parts;
  const { config } = chain.reader;
  const builder = createBlockBuilder(parts, prepare, (block) => void queue.push({ type: 'built', block }, false));
  const queue = createInputQueue(handle, parts.onFatal, inputsMax);
  const stops: (() => void)[] = [];
  const stall = createStallWatch(clock, tellStall);
  let state = createCliqueState(parts.signers.map(({ address }) => address));
  let sinceMs = clock.nowMs();
  /** Since when the next block is awaited, Unix milliseconds. */
  let awaitedMs: number | undefined;
  let stopped = false;

  function prepare(parent: ChainBlock, nowSeconds: bigint): PreparedHeader {
    const { header: parentHeader } = parent.block;
    const snapshot = rules.snapshotAfter({ hash: parent.hash, header: parentHeader });
    const signer = state.signer ?? parts.address;
    const chosen = parts.votes.choose(snapshot.signers);
    const vote = chosen && { candidate: chosen.recipient, authorize: chosen.voteType === qbftVoteAdd };
    const { vanity } = parts;
    return {
      header: prepareCliqueHeader({ parent: parentHeader, snapshot, config, signer, nowSeconds, vote, vanity }),
      author: signer,
    };
  }

  function contextOf(): CliqueContext {
    const { hash, block } = chain.reader.head();
    return {
      height: block.header.number + 1,
      parentHash: hash,
      parentTimestamp: block.header.timestamp,
      snapshot: rules.snapshotAfter({ hash, header: block.header }),
      periodSeconds: cliqueSettings(config).periodSeconds,
    };
  }

  /** When the next block is there at the latest, unless those that may sign it are gone (Unix milliseconds); undefined when none is awaited. */
  function dueMs({ parentTimestamp, periodSeconds, snapshot }: CliqueContext): number | undefined {
    if (awaitedMs === undefined) return undefined;
    const earliestMs = Math.max(Number(parentTimestamp + BigInt(periodSeconds)) * 1000, awaitedMs);
    return earliestMs + wiggleMs * cliqueLimit(snapshot.signers.length) + overdueMs;
  }

  /** A block is awaited from now on: by period always, on demand when there are transactions. */
  function awaitBlock(context: CliqueContext): void {
    awaitedMs = context.periodSeconds > 0 || pool.status().pending > 0 ? clock.nowMs() : undefined;
    const due = dueMs(context);
    if (due === undefined) stall.stop();
    else stall.expect(due - clock.nowMs());
  }

  /** Signers that may seal the next block, and are not ours. */
  function othersThatMaySign({ snapshot, height }: CliqueContext): readonly Address[] {
    const others = without(snapshot.signers, state.addresses);
    return others.filter((address) => maySignFrom(snapshot, address) <= height);
  }

  /** Signers that have signed lately, each with the first block that it may sign again. */
  function restingOf({ snapshot, height }: CliqueContext): readonly RestingSigner[] {
    return snapshot.signers
      .map((address) => ({ address, maySignFrom: maySignFrom(snapshot, address) }))
      .filter(({ maySignFrom: from }) => from > height);
  }

  // Where signers are node keys, as in networks of ours; an account of a node is known to nobody else.
  function disconnectedOf(signers: readonly Address[]): readonly Address[] {
    return without(signers, [...state.addresses, ...parts.host.peers().flatMap(({ address }) => address ?? [])]);
  }

  /** Says for whom the chain waits: the others have signed lately. */
  function tellStall(): void {
    const { context, phase } = state;
    if (stopped || context === undefined) return;
    const { signers } = context.snapshot;
    const list = (addresses: readonly Address[]): string => addresses.map(bytesToHex).join(' ') || 'nobody';
    const resting = restingOf(context).map((one) => `${bytesToHex(one.address)} until ${one.maySignFrom}`);
    logger.log('warn', 'No block from those that may sign', {
      height: context.height,
      phase,
      missing: list(othersThatMaySign(context)),
      signedRecently: resting.join(', ') || 'nobody',
      disconnected: list(disconnectedOf(signers)),
      limit: cliqueLimit(signers.length),
      signers: signers.length,
    });
  }

  function pushHead(): void {
    const random = new DataView(parts.random.bytes(4).slice().buffer).getUint32(0) / 0x1_0000_0000;
    const isPending = pool.status().pending > 0;
    const context = contextOf();
    queue.push({ type: 'head', context, nowMs: clock.nowMs(), random, isPending }, false);
    awaitBlock(context);
  }

  async function handle(input: CliqueInput): Promise<void> {
    parts.inputLog?.({ engine: 'clique', input });
    const result = cliqueStep(state, input);
    state = result.state;
    for (const effect of result.effects) if (!stopped) await interpret(effect);
  }

  async function interpret(effect: CliqueEffect): Promise<void> {
    switch (effect.type) {
      case 'buildBlock':
        return builder.build({ ...effect, emptyDeadlineMs: undefined, givesWay: !effect.isInTurn });
      case 'cancelBuild':
        return builder.cancel();
      case 'sealBlock':
        return seal(effect.signer, effect.block);
    }
  }

  /** The head's event, once the block is durable, brings the next input and the announcement. */
  async function seal(signer: Address, block: Block): Promise<void> {
    const key = parts.signers.find(({ address }) => bytesEqual(address, signer));
    if (key === undefined) return;
    const { number } = block.header;
    const sealed: Block = { ...block, header: sealCliqueHeader(block.header, key.sign) };
    try {
      const outcome = await importer.import(sealed);
      if (outcome.type === 'imported') await outcome.durable;
    } catch (error) {
      if (stopped) return;
      if (!isIsoquorumError(error) || error.reaction === 'STOP') return parts.onFatal(error);
      logger.log('warn', 'A block of ours could not be imported', { height: number, reason: error.message });
      queue.push({ type: 'sealFailed', height: number, nowMs: clock.nowMs() }, false);
    }
  }

  return {
    start() {
      stops.push(
        chain.reader.onEvent((event) => {
          if (event.type !== 'head' || stopped) return;
          sinceMs = clock.nowMs();
          if (event.removed.length > 0) {
            logger.log('info', 'Reorganised', {
              removed: event.removed.length,
              added: event.added.length,
              head: bytesToHex(event.head.hash),
            });
          }
          builder.cancel();
          pushHead();
        }),
        pool.onEvent((event) => {
          if (event.type !== 'pending') return;
          queue.push({ type: 'pending', nowMs: clock.nowMs() }, false);
          if (awaitedMs === undefined && state.context !== undefined) awaitBlock(state.context);
        }),
      );
      pushHead();
    },
    async stop() {
      stopped = true;
      stall.stop();
      builder.stop();
      for (const stop of stops) stop();
      await queue.stop();
    },
    idle: () => queue.idle(),
    status() {
      const { context, phase, signer } = state;
      const signers = context?.snapshot.signers ?? [];
      const height = context?.height ?? 0;
      const isSigner = state.addresses.some((address) => includesAddress(signers, address));
      const isOverdue = context !== undefined && clock.nowMs() > (dueMs(context) ?? Number.POSITIVE_INFINITY);
      return {
        algorithm: 'clique',
        height,
        round: 0,
        phase,
        proposer: signers.find((address) => context !== undefined && isInTurn(context.snapshot, height, address)),
        isValidator: signer !== undefined || isSigner,
        isSigning: isSigner,
        validators: signers,
        quorum: cliqueLimit(signers.length),
        missing: isOverdue ? othersThatMaySign(context) : [],
        resting: context === undefined ? [] : restingOf(context),
        disconnected: disconnectedOf(signers),
        sinceMs,
      };
    },
  };
}
