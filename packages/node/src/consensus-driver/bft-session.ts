import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import type { BftRefusal, BftRefusalCode } from '@isoquorum/consensus/bft/refusal';
import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMessage,
  BftPhase,
  BftRecord,
  BftState,
  BlockVerdict,
  Timer,
} from '@isoquorum/consensus/bft/types';
import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { encodeConsensusFrame } from '@isoquorum/network/wire/consensus';
import { createAllowance } from '@isoquorum/platform/allowance';
import type { CancelTimer } from '@isoquorum/platform/clock';
import { createComplaints } from '@isoquorum/platform/complaints';
import type { ChainBlock } from '../chain/chain.ts';
import type { BftRules } from '../engine/bft-rules.ts';
import { createBlockBuilder, type PreparedHeader } from './block-builder.ts';
import type { DriverParts } from './driver.ts';
import { createInputQueue } from './input-queue.ts';
import { createMessageRelay } from './message-relay.ts';
import { createShares } from '../shares.ts';
import { type KnownFrame, knownFrame, type ValidatorLinks } from './validator-links.ts';

/** Messages of others that may wait: of all, and of each peer, which may pass on what the others say. */
const messagesWaitingMax = 8192;
const waitingOfPeer = { messages: 2048, bytes: 32 * 1024 * 1024 };

/** Lines in the log about one validator that breaks the rules: what it signs wrongly costs it nothing. */
const accusationsOfValidator = { burst: 8, perSecond: 0.1 };
/**
 * Answers to one validator that has missed something, to what one peer brings of it: each may be a block, and it can ask by a message of a few bytes.
 * By peer, for another may bring what it said long ago, with other unsigned parts each time: that must not use up what it is answered itself.
 */
const answersToValidator = { burst: 8, perSecond: 2 };
/** Messages of signers unknown here, of heights whose validators may be others, that one peer may bring: each costs a recovery. */
const strangersOfPeer = { burst: 256, perSecond: 16 };

/**
 * What no correct node passes on, however far its chain is: peers relay only what they have accepted, and these checks have the same outcome
 * everywhere. (A stranger's message counts at the height that is being decided, whose validators are certain.)
 */
const faultsOfGiver: ReadonlySet<BftRefusalCode> = new Set([
  'SIGNATURE_INVALID',
  'NOT_PROPOSER',
  'CERTIFICATE_INVALID',
]);
/** What nodes of profile `goquorum` pass on, as the original does: held against a peer only if it signed that itself. */
const faultsOfSigner: ReadonlySet<BftRefusalCode> = new Set(['CERTIFICATE_INSUFFICIENT']);

/** Where the machine stands. */
export interface BftSessionStatus {
  readonly context: BftHeightContext | undefined;
  readonly round: number;
  readonly phase: BftPhase;
  readonly proposer: Address | undefined;
  /** The chain is behind what this node signed: it signs nothing before it is there again. */
  readonly isPassive: boolean;
  /** Keys of those that have been heard in this round. */
  readonly heard: ReadonlySet<string>;
}

/** One algorithm's machine at work, from its start until the chain moves on to another. */
export interface BftSession {
  /** Whether what was signed before is on disk. */
  hasRecord(): boolean;
  start(context: BftHeightContext): void;
  newHead(context: BftHeightContext): void;
  /** A frame of this algorithm. @throws QBFT_MESSAGE_INVALID, IBFT_MESSAGE_INVALID */
  receive(peerId: string, code: number, message: Uint8Array, frame: KnownFrame): void;
  peerConnected(address: Address): void;
  /** The pool has transactions for a block. */
  workPending(): void;
  status(): BftSessionStatus;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** What a session needs besides the node's parts. */
export interface BftSessionOptions<Message, Record> {
  readonly parts: DriverParts;
  readonly rules: BftRules;
  readonly links: ValidatorLinks;
  /** Where the machine's durable record is kept. */
  readonly recordKey: Uint8Array;
  readonly log: (input: BftInput<Message, Record>) => void;
  /** A round is over without a block; `heard` and `phase` tell how far it came. */
  readonly onRoundFailed: (failed: BftSessionStatus, next: number) => void;
}

/** Interprets the effects of a step function: the only place where consensus touches disk, network, clock and keys (decision 1). */
export function createBftSession<S extends BftState<M, R>, M extends BftMessage, U, R extends BftRecord>(
  protocol: BftProtocol<S, M, U, R>,
  options: BftSessionOptions<M, R>,
): BftSession {
  const { parts, rules, links, recordKey } = options;
  const { chain, importer, clock, logger, profile, recover } = parts;
  const builder = createBlockBuilder(parts, prepare, (block) => push({ type: 'blockBuilt', block }));
  const queue = createInputQueue(handle, parts.onFatal, messagesWaitingMax);
  const timers = new Map<Timer['kind'], CancelTimer>();
  const frames = new WeakMap<M, KnownFrame>();
  const givers = new WeakMap<M, string>();
  const shares = createShares(waitingOfPeer);
  const complain = createComplaints(logger, clock, accusationsOfValidator);
  const answers = createAllowance(clock, answersToValidator);
  const strangers = createAllowance(clock, strangersOfPeer);
  let state = protocol.createState({ address: parts.address, profile, recover });
  const relay = createMessageRelay(parts.address, links, clock, () => state.context?.height ?? 0);
  let proposer: Address | undefined;
  let stopped = false;

  function push(input: BftInput<M, R>): void {
    queue.push(input, false);
  }

  function giveBack(message: M): void {
    const giver = givers.get(message);
    if (giver !== undefined) shares.give(giver, frameOf(message).frame.length);
  }

  function prepare(parent: ChainBlock, nowSeconds: bigint): PreparedHeader {
    const { validators } = rules.snapshotAfter({ header: parent.block.header, hash: parent.hash });
    const header = protocol.prepareHeader({
      parent: parent.block.header,
      validators,
      config: chain.reader.config,
      author: parts.address,
      nowSeconds,
      vote: parts.votes.choose(validators),
      ...(parts.vanity === undefined ? {} : { vanity: parts.vanity }),
    });
    return { header, author: parts.address, seal: (complete) => protocol.sealHeader(complete, parts.sign) };
  }

  function status(): BftSessionStatus {
    const { context, round, phase, passive: isPassive } = state;
    return { context, round, phase, proposer, isPassive, heard: protocol.heard(state) };
  }

  async function handle(input: BftInput<M, R>): Promise<void> {
    options.log(input);
    if (input.type === 'message') giveBack(input.message);
    const before = status();
    const result = protocol.step(state, input);
    ({ state } = result);
    if (state.round > before.round && state.context === before.context) options.onRoundFailed(before, state.round);
    await perform(result.effects, input.type === 'message' ? givers.get(input.message) : undefined);
    const isNewHeight = input.type === 'start' || input.type === 'newHead';
    if (isNewHeight && state.idle && parts.pool.status().pending > 0)
      push({ type: 'workPending', nowMs: clock.nowMs() });
  }

  /** @param giver who brought the message that led to the effects */
  async function perform(effects: readonly BftEffect<M, U, R>[], giver: string | undefined): Promise<void> {
    for (const effect of effects) {
      if (stopped) return;
      // Most effects are synchronous; awaiting each would cost a turn of the event loop.
      const pending = interpret(effect, giver);
      if (pending !== undefined) await pending;
    }
  }

  function frameOf(message: M): KnownFrame {
    let frame = frames.get(message);
    if (frame === undefined) {
      frame = knownFrame(encodeConsensusFrame(protocol.frameCode(message), protocol.encodeMessage(message)));
      frames.set(message, frame);
    }
    return frame;
  }

  async function persist(record: R): Promise<void> {
    await chain.writes.write([{ type: 'put', key: recordKey, value: protocol.encodeRecord(record) }]);
  }

  function interpret(effect: BftEffect<M, U, R>, giver: string | undefined): Promise<void> | undefined {
    switch (effect.type) {
      case 'persist':
        return persist(effect.record).then(() => perform(effect.then, giver));
      case 'broadcast': {
        const message = protocol.sign(effect.message, parts.sign);
        links.send(frameOf(message), state.context?.validators ?? []);
        push({ type: 'message', message });
        return undefined;
      }
      case 'relay':
        relay.pass(frameOf(effect.message), effect.message.height, state.context?.validators ?? []);
        return undefined;
      case 'sendTo':
        if (mayAnswer(effect.to, giver)) links.sendTo(effect.to, effect.messages.map(frameOf));
        return undefined;
      case 'announceHead':
        if (mayAnswer(effect.to, giver)) parts.onAnnounceHead(effect.to);
        return undefined;
      case 'setTimer':
        setTimer(effect.timer, effect.durationMs);
        return undefined;
      case 'cancelTimer':
        timers.get(effect.kind)?.();
        timers.delete(effect.kind);
        return undefined;
      case 'buildBlock':
        builder.build(effect);
        return undefined;
      case 'verifyBlock':
        verify(effect.height, effect.digest, effect.block);
        return undefined;
      case 'commitBlock':
        commit(effect.round, effect.digest, effect.block);
        return undefined;
      case 'requestSync':
        parts.onSyncHint(effect.height);
        return undefined;
      case 'roundStarted':
        noteRound(effect);
        return undefined;
      case 'misbehaviour':
        noteMisbehaviour(bytesToHex(effect.validator), effect.refusal.code);
        return undefined;
      case 'refused':
        noteRefusal(effect);
        return undefined;
      case 'repost':
        return undefined;
    }
  }

  function noteRound(effect: Extract<BftEffect<M, U, R>, { type: 'roundStarted' }>): void {
    const { height, round } = effect;
    ({ proposer } = effect);
    logger.log('debug', 'Round', { height, round, proposer: proposer && bytesToHex(proposer) });
  }

  function noteMisbehaviour(validator: string, code: BftRefusalCode): void {
    complain('warn', validator, 'A validator breaks the rules', { validator, code });
  }

  function mayAnswer(to: Address, giver: string | undefined): boolean {
    return answers.take(`${bytesToHex(to)} ${giver ?? ''}`) !== undefined;
  }

  function noteRefusal({ refusal, input }: Extract<BftEffect<M, U, R>, { type: 'refused' }>): void {
    const { code } = refusal;
    logger.log('debug', 'Consensus refused an input', { input: input.type, code });
    if (input.type !== 'message') return;
    const giver = givers.get(input.message);
    if (giver === undefined) return;
    const isStranger = code === 'SIGNER_UNKNOWN';
    if (isStranger && input.message.height !== state.context?.height) strangers.take(giver);
    else if (isStranger || faultsOfGiver.has(code)) blame(giver, refusal);
    else if (faultsOfSigner.has(code) && isSignedBy(input.message, giver)) blame(giver, refusal);
  }

  function isSignedBy(message: M, peerId: string): boolean {
    const signer = protocol.signer(message, recover);
    const address = parts.host.peers().find(({ id }) => id === peerId)?.address;
    return signer !== undefined && address !== undefined && bytesEqual(signer, address);
  }

  function blame(peerId: string, { code, text }: BftRefusal): void {
    const isGrave = code === 'SIGNATURE_INVALID';
    parts.host.blame(peerId, { code, message: text, isGrave }).catch((error: unknown) => {
      logger.log('debug', 'A peer could not be blamed', { peer: peerId, reason: String(error) });
    });
  }

  function setTimer(timer: Timer, durationMs: number): void {
    timers.get(timer.kind)?.();
    const cancel = clock.setTimer(durationMs, () => {
      timers.delete(timer.kind);
      push({ type: 'timerElapsed', timer });
    });
    timers.set(timer.kind, cancel);
  }

  async function judge(block: Block): Promise<BlockVerdict> {
    const { hash, block: parent } = chain.tip();
    const nowMs = clock.nowMs();
    try {
      const validators = rules.validatorsAfter({ header: parent.header, hash });
      const nowSeconds = BigInt(Math.floor(nowMs / 1000));
      const { config } = chain.reader;
      protocol.verifyProposal(block.header, parent.header, validators, { profile, config, recover, nowSeconds });
      await importer.verify(block);
      return { type: 'valid' };
    } catch (error) {
      if (!isIsoquorumError(error) || error.reaction === 'STOP') throw error;
      if (error.code === 'BLOCK_IN_FUTURE') {
        return { type: 'future', retryInMs: Math.max(1, Number(block.header.timestamp) * 1000 - nowMs) };
      }
      return { type: 'invalid', reason: error.message };
    }
  }

  function verify(height: number, digest: Hash32, block: Block): void {
    judge(block).then((verdict) => {
      if (verdict.type === 'invalid') {
        logger.log('warn', 'A proposal is invalid', { height, hash: bytesToHex(digest), reason: verdict.reason });
      }
      push({ type: 'blockVerified', height, digest, verdict });
    }, fail);
  }

  function commit(round: number, digest: Hash32, block: Block): void {
    const height = block.header.number;
    // The head's event, once it is durable, brings the `newHead` input.
    importer
      .import(block, { isHeaderVerified: profile === 'strict' })
      .then(async (outcome) => {
        if (outcome.type === 'imported') await outcome.durable;
      })
      .catch((error: unknown) => {
        if (!isIsoquorumError(error) || error.reaction === 'STOP') return fail(error);
        const hash = bytesToHex(digest);
        logger.log('error', 'A decided block could not be imported', { height, round, hash, reason: error.message });
        push({ type: 'commitFailed', height, reason: error.message });
      });
  }

  function fail(error: unknown): void {
    if (!stopped) parts.onFatal(error);
  }

  return {
    hasRecord: () => chain.store.getSync(recordKey) !== undefined,
    start(context) {
      const bytes = chain.store.getSync(recordKey);
      const record = bytes === undefined ? undefined : protocol.decodeRecord(bytes);
      push({ type: 'start', context, record, nowMs: clock.nowMs() });
    },
    newHead(context) {
      builder.cancel();
      push({ type: 'newHead', context, nowMs: clock.nowMs() });
    },
    receive(peerId, code, bytes, frame) {
      const message = protocol.decodeMessage(code, bytes);
      const isCurrent = message.height === state.context?.height;
      if (!isCurrent && strangers.isUsedUp(peerId)) return;
      if (!shares.take(peerId, frame.frame.length)) return;
      frames.set(message, frame);
      givers.set(message, peerId);
      if (!queue.push({ type: 'message', message }, true)) giveBack(message);
    },
    peerConnected: (address) => push({ type: 'peerConnected', address }),
    workPending() {
      if (state.idle) push({ type: 'workPending', nowMs: clock.nowMs() });
    },
    status,
    idle: () => queue.idle(),
    async stop() {
      stopped = true;
      builder.stop();
      relay.stop();
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await queue.stop();
    },
  };
}
