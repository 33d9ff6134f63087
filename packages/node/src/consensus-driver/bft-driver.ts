import { bftHeightContext } from '@isoquorum/consensus/bft/height-context';
import type { BftHeightContext } from '@isoquorum/consensus/bft/types';
import { ibftProtocol } from '@isoquorum/consensus/ibft/protocol';
import { qbftProtocol } from '@isoquorum/consensus/qbft/protocol';
import type { Address } from '@isoquorum/primitives/bytes';
import { type BftAlgorithm, bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { bytesEqual, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import type { Peer } from '@isoquorum/network/host';
import { CONSENSUS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeConsensusFrame } from '@isoquorum/network/wire/consensus';
import { consensusRecordKey, ibftRecordKey } from '../chain/keys.ts';
import type { BftRules } from '../engine/bft-rules.ts';
import { type BftSession, type BftSessionStatus, createBftSession } from './bft-session.ts';
import type { ConsensusDriver, ConsensusStatus, DriverParts, FailedRound } from './driver.ts';
import { createFirstStart, type FirstStart } from './first-start.ts';
import { createShares } from '../shares.ts';
import { createValidatorLinks, type KnownFrame } from './validator-links.ts';

/** Frames of one peer that are kept while the machine that they are for does not run: before the chain's switch, or before a first start. */
const earlyOfPeer = { messages: 128, bytes: 16 * 1024 * 1024 };

/**
 * What a node without a record waits for a block, in timeouts of round 0 beyond the period: about three rounds of either algorithm. A
 * network that has lost so many cannot do without this node, and its rounds grow longer the later it comes.
 */
const patienceTimeouts = 5;

/** A frame that came before this node was at the height where its algorithm begins. */
interface EarlyFrame {
  readonly peerId: string;
  readonly code: number;
  readonly message: Uint8Array;
  readonly frame: KnownFrame;
}

function algorithmOfCode(code: number): BftAlgorithm {
  return ibftProtocol.ownsCode(code) ? 'ibft' : 'qbft';
}

function blockPatienceMs({ blockPeriodSeconds, emptyBlockPeriodSeconds, requestTimeoutMs }: BftHeightContext): number {
  return 1000 * Math.max(blockPeriodSeconds, emptyBlockPeriodSeconds) + patienceTimeouts * requestTimeoutMs;
}

/** Of which height a message speaks. @throws QBFT_MESSAGE_INVALID, IBFT_MESSAGE_INVALID */
function heightOf(code: number, message: Uint8Array): number {
  const protocol = algorithmOfCode(code) === 'ibft' ? ibftProtocol : qbftProtocol;
  return protocol.decodeMessage(code, message).height;
}

/** Drives IBFT's and QBFT's machines, and goes from one to the other where the chain does. */
export function createBftDriver(parts: DriverParts, rules: BftRules): ConsensusDriver {
  const { chain, clock, logger, host, profile, recover } = parts;
  const links = createValidatorLinks(host, logger);
  const stops: (() => void)[] = [];
  let early: EarlyFrame[] = [];
  let earlyShares = createShares(earlyOfPeer);
  let algorithm = algorithmAfterHead();
  let session = createSession(algorithm);
  let sinceMs = clock.nowMs();
  let failed: FailedRound | undefined;
  let stopped = false;
  /** Not there once the machine runs. */
  let firstStart: FirstStart | undefined;
  /** Meanwhile: the highest block that each peer must have, for it spoke of the next. */
  const spokenOf = new Map<string, number>();

  function algorithmAfterHead(): BftAlgorithm {
    return bftAlgorithmAt(chain.reader.config, chain.reader.headNumber() + 1) ?? 'qbft';
  }

  function createSession(kind: BftAlgorithm): BftSession {
    const common = { parts, rules, links, onRoundFailed };
    if (kind === 'ibft') {
      return createBftSession(ibftProtocol, {
        ...common,
        recordKey: ibftRecordKey,
        log: (input) => parts.inputLog?.({ engine: 'ibft', input }),
      });
    }
    return createBftSession(qbftProtocol, {
      ...common,
      recordKey: consensusRecordKey,
      log: (input) => parts.inputLog?.({ engine: 'qbft', input }),
    });
  }

  function contextOf(): BftHeightContext {
    const { block, hash } = chain.reader.head();
    const validators = rules.validatorsAfter({ header: block.header, hash });
    return bftHeightContext({ config: chain.reader.config, profile, recover, parent: block.header, validators });
  }

  function others(validators: readonly Address[]): readonly Address[] {
    return validators.filter((address) => !bytesEqual(address, parts.address));
  }

  /** Who should have spoken and has not. Before the first proposal that is its proposer alone. */
  function missingOf({ context, round, phase, proposer, heard }: BftSessionStatus): readonly Address[] {
    const speaker = others(proposer === undefined ? [] : [proposer]);
    const silent = others(context?.validators ?? []).filter((address) => !heard.has(bytesToBareHex(address)));
    if (phase !== 'acceptRequest') return silent;
    return round === 0 || silent.length === 0 ? speaker : silent;
  }

  function disconnectedOf(validators: readonly Address[]): readonly Address[] {
    const connected = links.connected();
    return others(validators).filter((address) => !connected.has(bytesToBareHex(address)));
  }

  /** Says who is to blame that there is no block. */
  function onRoundFailed(status: BftSessionStatus, next: number): void {
    const { context, round, phase, proposer } = status;
    const missing = missingOf(status);
    failed = { round, phase, missing };
    logger.log('warn', 'No block in this round', {
      height: context?.height,
      round,
      phase,
      next,
      proposer: proposer && bytesToHex(proposer),
      missing: missing.map(bytesToHex).join(' ') || 'nobody',
      disconnected:
        disconnectedOf(context?.validators ?? [])
          .map(bytesToHex)
          .join(' ') || 'nobody',
      quorum: context?.quorum,
    });
  }

  function onHead(): void {
    sinceMs = clock.nowMs();
    failed = undefined;
    if (firstStart !== undefined) {
      firstStart.check();
      return;
    }
    const context = contextOf();
    const next = algorithmAfterHead();
    if (next === algorithm) session.newHead(context);
    else switchTo(next, context);
  }

  function switchTo(next: BftAlgorithm, context: BftHeightContext): void {
    logger.log('info', 'The chain changes its consensus', { height: context.height, from: algorithm, to: next });
    void session.stop();
    algorithm = next;
    session = createSession(next);
    session.start(context);
    deliverEarly();
  }

  /** The machine begins, now that this node may sign. */
  function begin(): void {
    firstStart = undefined;
    spokenOf.clear();
    const next = algorithmAfterHead();
    if (next !== algorithm) {
      algorithm = next;
      session = createSession(next);
    }
    session.start(contextOf());
    deliverEarly();
  }

  function beginWithoutRecord(): void {
    firstStart = createFirstStart({
      clock,
      logger,
      address: parts.address,
      head: () => {
        const { header } = chain.reader.head().block;
        return { number: header.number, timestampMs: Number(header.timestamp) * 1000 };
      },
      deciders: contextOf,
      peers: () =>
        host.peers().flatMap(({ id, role, address, status: { headNumber } }) => {
          if (role !== 'node') return [];
          return { id, address, headNumber: Math.max(headNumber, spokenOf.get(id) ?? 0) };
        }),
      expectedPeers: parts.expectedPeers,
      blockPatienceMs: () => blockPatienceMs(contextOf()),
      onReady: begin,
    });
    firstStart.check();
  }

  function deliverEarly(): void {
    const waiting = early;
    early = [];
    earlyShares = createShares(earlyOfPeer);
    for (const { peerId, code, message, frame } of waiting) deliver(peerId, code, message, frame);
  }

  function deliver(peerId: string, code: number, message: Uint8Array, frame: KnownFrame): void {
    const isOwn = algorithmOfCode(code) === algorithm;
    if (isOwn && firstStart === undefined) {
      session.receive(peerId, code, message, frame);
      return;
    }
    // The chain never goes back: late frames of IBFT are of no use to anybody.
    if (!isOwn && algorithm !== 'ibft') return;
    // Read before it is kept: what is no message is its sender's fault now, and would be nobody's later.
    const decided = heightOf(code, message) - 1;
    if (decided < chain.reader.headNumber()) return;
    // Validators are sent no blocks: what others speak of tells how far the chain is.
    if (decided > chain.reader.headNumber()) parts.onSyncHint(decided);
    if (firstStart !== undefined) spokenOf.set(peerId, Math.max(decided, spokenOf.get(peerId) ?? 0));
    if (earlyShares.take(peerId, message.length)) early.push({ peerId, code, message, frame });
  }

  function receive(peer: Peer, bytes: Uint8Array): void {
    // Pages have no say. A node may carry what others signed; the session keeps count of what it brings from those who have none.
    if (stopped || peer.role !== 'node') return;
    const frame = links.receive(peer, bytes);
    if (frame === undefined) return;
    const { code, message } = decodeConsensusFrame(bytes.slice());
    deliver(peer.id, code, message, frame);
  }

  function listen(): void {
    host.onFrame(CONSENSUS_PROTOCOL, receive);
    stops.push(
      host.onPeer(({ type, peer }) => {
        if (type === 'disconnected') {
          links.forget(peer.id);
          spokenOf.delete(peer.id);
        }
        if (firstStart !== undefined) firstStart.check();
        else if (type === 'connected' && peer.address !== undefined) session.peerConnected(peer.address);
      }),
      parts.pool.onEvent((event) => {
        if (event.type === 'pending') session.workPending();
      }),
      chain.reader.onEvent((event) => {
        if (event.type !== 'head' || stopped) return;
        try {
          onHead();
        } catch (error) {
          parts.onFatal(error);
        }
      }),
    );
  }

  function statusOf(): ConsensusStatus {
    const status = session.status();
    const { context, round, phase, proposer, isPassive } = status;
    const validators = context?.validators ?? contextOf().validators;
    const isValidator = validators.some((address) => bytesEqual(address, parts.address));
    return {
      algorithm,
      height: context?.height ?? chain.reader.headNumber() + 1,
      round,
      phase,
      proposer,
      isValidator,
      isSigning: isValidator && context !== undefined && !isPassive,
      validators,
      quorum: context?.quorum ?? contextOf().quorum,
      missing: context === undefined ? [] : missingOf(status),
      disconnected: disconnectedOf(validators),
      sinceMs,
      failed,
    };
  }

  return {
    start() {
      listen();
      if (session.hasRecord() || parts.neverSigned) session.start(contextOf());
      else beginWithoutRecord();
    },
    async stop() {
      stopped = true;
      firstStart?.stop();
      for (const stop of stops) stop();
      await session.stop();
    },
    idle: () => session.idle(),
    status: statusOf,
  };
}
