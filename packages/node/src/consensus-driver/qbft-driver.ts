import { decodeDurableRecord, encodeDurableRecord } from '@isoquorum/consensus/qbft/durable-record';
import { verifyQbftProposal } from '@isoquorum/consensus/qbft/header';
import { prepareQbftHeader } from '@isoquorum/consensus/bft/prepare-header';
import { bftHeightContext } from '@isoquorum/consensus/bft/height-context';
import { decodeQbftMessage } from '@isoquorum/consensus/qbft/message-codec';
import { signQbftMessage } from '@isoquorum/consensus/qbft/signing';
import { createQbftState, step } from '@isoquorum/consensus/qbft/step';
import type { BlockVerdict, BftHeightContext, Timer } from '@isoquorum/consensus/bft/types';
import type { QbftEffect, QbftInput, QbftState } from '@isoquorum/consensus/qbft/types';
import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeConsensusFrame } from '@isoquorum/network/wire/consensus';
import type { CancelTimer } from '@isoquorum/platform/clock';
import type { ChainBlock } from '../chain/chain.ts';
import { consensusRecordKey } from '../chain/keys.ts';
import type { BftRules } from '../engine/bft-rules.ts';
import { createBlockBuilder, type PreparedHeader } from './block-builder.ts';
import type { ConsensusDriver, DriverParts } from './driver.ts';
import { createInputQueue } from './input-queue.ts';
import { createValidatorLinks } from './validator-links.ts';

/** Messages of others that may wait. */
const messagesWaitingMax = 8192;

/** Interprets the effects of QBFT's step function: the only place where consensus touches disk, network, clock and keys (decision 1). */
export function createQbftDriver(parts: DriverParts, rules: BftRules): ConsensusDriver {
  const { chain, importer, clock, logger, host, profile, recover } = parts;
  const links = createValidatorLinks(host, logger);
  const builder = createBlockBuilder(parts, prepare, (block) => void queue.push({ type: 'blockBuilt', block }, false));
  const queue = createInputQueue(handle, parts.onFatal, messagesWaitingMax);
  const timers = new Map<Timer['kind'], CancelTimer>();
  const stops: (() => void)[] = [];
  let state = createQbftState({ address: parts.address, profile, recover });
  let proposer: Address | undefined;
  let sinceMs = clock.nowMs();
  let stopped = false;

  function prepare(parent: ChainBlock, nowSeconds: bigint): PreparedHeader {
    const { validators } = rules.snapshotAfter({ header: parent.block.header, hash: parent.hash });
    const header = prepareQbftHeader({
      parent: parent.block.header,
      validators,
      config: chain.reader.config,
      author: parts.address,
      nowSeconds,
      vote: parts.votes.choose(validators),
      ...(parts.vanity === undefined ? {} : { vanity: parts.vanity }),
    });
    return { header, author: parts.address };
  }

  function contextOf(): BftHeightContext {
    const { block, hash } = chain.reader.head();
    const validators = rules.validatorsAfter({ header: block.header, hash });
    return bftHeightContext({ config: chain.reader.config, profile, recover, parent: block.header, validators });
  }

  async function handle(input: QbftInput): Promise<void> {
    parts.inputLog?.({ engine: 'qbft', input });
    const result = step(state, input);
    state = result.state;
    await perform(result.effects);
  }

  async function perform(effects: readonly QbftEffect[]): Promise<void> {
    for (const effect of effects) if (!stopped) await interpret(effect);
  }

  async function interpret(effect: QbftEffect): Promise<void> {
    switch (effect.type) {
      case 'persist':
        await chain.writes.write([{ type: 'put', key: consensusRecordKey, value: encodeDurableRecord(effect.record) }]);
        return perform(effect.then);
      case 'broadcast': {
        const message = signQbftMessage(effect.message, parts.sign);
        links.send(message, state.context?.validators ?? []);
        queue.push({ type: 'message', message }, false);
        return;
      }
      case 'relay':
        return links.send(effect.message, state.context?.validators ?? []);
      case 'sendTo':
        return links.sendTo(effect.to, effect.messages);
      case 'announceHead':
        return parts.onAnnounceHead(effect.to);
      case 'setTimer':
        return setTimer(effect.timer, effect.durationMs);
      case 'cancelTimer':
        timers.get(effect.kind)?.();
        timers.delete(effect.kind);
        return;
      case 'buildBlock':
        return builder.build(effect);
      case 'verifyBlock':
        return verify(effect.height, effect.digest, effect.block);
      case 'commitBlock':
        return commit(effect.round, effect.digest, effect.block);
      case 'requestSync':
        return parts.onSyncHint(effect.height);
      case 'roundStarted': {
        if (!effect.roundChange) sinceMs = clock.nowMs();
        ({ proposer } = effect);
        const { height, round } = effect;
        const level = effect.roundChange ? 'info' : 'debug';
        logger.log(level, effect.roundChange ? 'Round change' : 'Round', {
          height,
          round,
          proposer: proposer && bytesToHex(proposer),
        });
        return;
      }
      case 'misbehaviour': {
        const { validator, refusal } = effect;
        logger.log('warn', 'A validator breaks the rules', { validator: bytesToHex(validator), code: refusal.code });
        return;
      }
      case 'refused':
        logger.log('debug', 'Consensus refused an input', { input: effect.input.type, code: effect.refusal.code });
        return;
      case 'repost':
        return;
    }
  }

  function setTimer(timer: Timer, durationMs: number): void {
    timers.get(timer.kind)?.();
    const cancel = clock.setTimer(durationMs, () => {
      timers.delete(timer.kind);
      queue.push({ type: 'timerElapsed', timer }, false);
    });
    timers.set(timer.kind, cancel);
  }

  async function judge(block: Block): Promise<BlockVerdict> {
    const { hash, block: parent } = chain.tip();
    const nowMs = clock.nowMs();
    try {
      const validators = rules.validatorsAfter({ header: parent.header, hash });
      const nowSeconds = BigInt(Math.floor(nowMs / 1000));
      verifyQbftProposal(block.header, parent.header, validators, {
        profile,
        config: chain.reader.config,
        recover,
        nowSeconds,
      });
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
      queue.push({ type: 'blockVerified', height, digest, verdict }, false);
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
        logger.log('error', 'A decided block could not be imported', {
          height,
          round,
          hash: bytesToHex(digest),
          reason: error.message,
        });
        queue.push({ type: 'commitFailed', height, reason: error.message }, false);
      });
  }

  function fail(error: unknown): void {
    if (!stopped) parts.onFatal(error);
  }

  function listen(): void {
    host.onFrame(CONSENSUS_PROTOCOL, (peer, frame) => {
      if (stopped || peer.role !== 'node' || !links.receive(peer, frame)) return;
      const { code, message } = decodeConsensusFrame(frame.slice());
      // Only a validator's own connection may carry consensus; what it relays is signed by its author.
      queue.push({ type: 'message', message: decodeQbftMessage(code, message) }, true);
    });
    stops.push(
      host.onPeer(({ type, peer }) => {
        if (type === 'disconnected') links.forget(peer.id);
        else if (peer.address !== undefined) queue.push({ type: 'peerConnected', address: peer.address }, false);
      }),
    );
    stops.push(
      chain.reader.onEvent((event) => {
        if (event.type !== 'head') return;
        builder.cancel();
        try {
          queue.push({ type: 'newHead', context: contextOf(), nowMs: clock.nowMs() }, false);
        } catch (error) {
          fail(error);
        }
      }),
    );
  }

  return {
    start() {
      const bytes = chain.store.getSync(consensusRecordKey);
      const record = bytes === undefined ? undefined : decodeDurableRecord(bytes);
      listen();
      queue.push({ type: 'start', context: contextOf(), record, nowMs: clock.nowMs() }, false);
    },
    async stop() {
      stopped = true;
      builder.cancel();
      for (const cancel of timers.values()) cancel();
      timers.clear();
      for (const stop of stops) stop();
      await queue.stop();
    },
    idle: () => queue.idle(),
    status() {
      const { context, round, phase } = state;
      const validators = context?.validators ?? [];
      const heard = heardOf(state);
      const connected = links.connected();
      const others = validators.filter((address) => !bytesEqual(address, parts.address));
      return {
        algorithm: 'qbft',
        height: context?.height ?? 0,
        round,
        phase,
        proposer,
        isValidator: others.length < validators.length,
        validators,
        quorum: context?.quorum ?? 0,
        missing: others.filter((address) => !heard.has(bytesToBareHex(address))),
        disconnected: others.filter((address) => !connected.has(bytesToBareHex(address))),
        sinceMs,
      };
    },
  };
}

/** Signers whose messages of the current round count; in the phase that waits for the proposal, its author and who asked for the round. */
function heardOf(state: QbftState): ReadonlySet<string> {
  const changes = state.roundChanges.get(state.round)?.keys() ?? [];
  const heard = new Set([...changes, ...state.prepares.keys(), ...state.commits.keys()]);
  if (state.proposal !== undefined) heard.add(bytesToBareHex(state.proposal.signer));
  return heard;
}
