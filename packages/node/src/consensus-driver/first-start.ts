import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';

/** How long a validator waits for the others before it says so, milliseconds. */
const quietMs = 3_000;
/** How far clocks may differ, milliseconds. */
const skewMs = 2_000;

/** A connected node. */
export interface HeardPeer {
  readonly id: string;
  readonly address: Address | undefined;
  /** The highest block that it is known to have: its greeting told, or it spoke of the block after. */
  readonly headNumber: number;
}

/** What is known about chain and peers. */
export interface FirstStartOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly address: Address;
  readonly head: () => { readonly number: number; readonly timestampMs: number };
  /** Those who decide the block after the head, and how many of them must agree. */
  readonly deciders: () => { readonly validators: readonly Address[]; readonly quorum: number };
  readonly peers: () => readonly HeardPeer[];
  /** PeerIds of the nodes that may connect, as far as lists name them. */
  readonly expectedPeers: () => readonly string[];
  /** How long the head may stay as it is before this node signs all the same, milliseconds: a network that stands still may need it. */
  readonly blockPatienceMs: () => number;
  /** Told once, when this node may sign. */
  readonly onReady: () => void;
}

/** Asked again whenever a peer connects or leaves, or a block comes. */
export interface FirstStart {
  check(): void;
  stop(): void;
}

/**
 * A validator that finds no record of what it signed may have lost its disk. It signs
 *
 * - as soon as it has heard as many validators as make a quorum with it, all of them no further than itself, and nobody who is: nothing
 *   that it may have signed before has become a block there (a network that begins is the common case);
 * - else after a block that was decided since its start: whatever it signed before was for that block or older ones;
 * - else, where such a block does not come for long, because the others cannot do without it: if it hears a quorum with itself, or all nodes that
 *   lists name (each validator need not be linked to a quorum), none further than itself.
 *
 * Alone it signs nothing, unless it is the only validator and no list names another node. ADR 016.
 */
export function createFirstStart(options: FirstStartOptions): FirstStart {
  const { clock, logger } = options;
  const startedMs = clock.nowMs();
  let headNumber = options.head().number;
  /** Since when the head has been what it is, in company. */
  let stoodSinceMs = startedMs;
  let wasInCompany = false;
  let isBehind = false;
  let isReady = false;
  let cancelQuiet: CancelTimer | undefined;
  let cancelBlock: CancelTimer | undefined;

  function stop(): void {
    isReady = true;
    cancelQuiet?.();
    cancelBlock?.();
  }

  function ready(): void {
    stop();
    options.onReady();
  }

  const isAhead = ({ headNumber: other }: HeardPeer): boolean => other > options.head().number;
  const isSelf = (address: Address): boolean => bytesEqual(address, options.address);

  /** Validators that have not been heard, or are further than this node. */
  function absent(): readonly Address[] {
    const level = options.peers().filter((peer) => !isAhead(peer));
    const isHeard = (validator: Address): boolean =>
      level.some(({ address }) => address !== undefined && bytesEqual(address, validator));
    return options.deciders().validators.filter((validator) => !isSelf(validator) && !isHeard(validator));
  }

  function hasQuorum(): boolean {
    const { validators, quorum } = options.deciders();
    if (validators.length - absent().length < quorum) return false;
    return options.expectedPeers().length === 0 || options.peers().length > 0;
  }

  /** All that lists name are here. */
  function hasEverybody(): boolean {
    const peers = options.peers();
    const expected = options.expectedPeers();
    return expected.length > 0 && expected.every((id) => peers.some((peer) => peer.id === id && !isAhead(peer)));
  }

  /** Looks at the company, and notes when it has changed or the head has moved. Answers whether there is any that one may go on in. */
  function look(): boolean {
    const { number } = options.head();
    const isInCompany = hasQuorum() || hasEverybody();
    if (number !== headNumber || isInCompany !== wasInCompany) stoodSinceMs = clock.nowMs();
    headNumber = number;
    wasInCompany = isInCompany;
    return isInCompany;
  }

  /** While blocks come, old ones too, the network may do without this node: what it waits for is behind them. */
  function awaitBlock(): void {
    const isInCompany = look();
    const leftMs = stoodSinceMs + options.blockPatienceMs() - clock.nowMs();
    if (isInCompany && leftMs <= 0) {
      logger.log('warn', 'No block was decided since the start: signing without a record of what was signed');
      ready();
      return;
    }
    cancelBlock = clock.setTimer(leftMs > 0 ? leftMs : options.blockPatienceMs(), awaitBlock);
  }

  function complain(): void {
    const { validators, quorum } = options.deciders();
    if (isBehind || !validators.some(isSelf)) return;
    const waitsFor =
      'No record of what this validator signed: it signs when a quorum is connected, or after the next block';
    logger.log('warn', waitsFor, { absent: absent().map(bytesToHex).join(' ') || 'nobody', quorum });
  }

  cancelQuiet = clock.setTimer(quietMs, complain);
  awaitBlock();

  return {
    check() {
      if (isReady) return;
      look();
      if (!isBehind && options.peers().some(isAhead)) {
        isBehind = true;
        logger.log('info', 'No record of what this validator signed: it signs again after the next block');
      }
      const isDecidedSince = options.head().timestampMs > startedMs + skewMs;
      if (isDecidedSince || (!isBehind && hasQuorum())) ready();
    },
    stop,
  };
}
