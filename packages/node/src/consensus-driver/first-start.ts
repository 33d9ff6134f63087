import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';

/** How long a node waits for peers that could tell that the chain is ahead, milliseconds. */
const peersPatienceMs = 3_000;
/** How far clocks may differ, milliseconds. */
const skewMs = 2_000;

/** What is known about chain and peers. */
export interface FirstStartOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly head: () => { readonly number: number; readonly timestampMs: number };
  /** Head numbers that peers told. */
  readonly peerHeads: () => readonly number[];
  /** As many validators are connected as make a quorum with this node. */
  readonly isQuorumConnected: () => boolean;
  /** How long the head may stay as it is before this node signs all the same, milliseconds: a network that stands still may need it. */
  readonly blockPatienceMs: () => number;
  /** Told once, when this node may sign. */
  readonly onReady: () => void;
}

/** Asked again whenever a peer connects or a block comes. */
export interface FirstStart {
  check(): void;
  stop(): void;
}

/**
 * A validator that finds no record of what it signed may have lost its disk. If peers are ahead of it, it signs nothing before a block
 * comes that was decided after its start: whatever it signed before was for that block or older ones. On a new network nobody is ahead.
 */
export function createFirstStart(options: FirstStartOptions): FirstStart {
  const { clock, logger } = options;
  const startedMs = clock.nowMs();
  let cancelPeers: CancelTimer | undefined;
  let cancelBlock: CancelTimer | undefined;
  let headNumber = options.head().number;
  let movedMs = startedMs;
  let isBehind = false;
  let isReady = false;

  function stop(): void {
    cancelPeers?.();
    cancelBlock?.();
  }

  function ready(): void {
    if (isReady) return;
    isReady = true;
    stop();
    options.onReady();
  }

  /** While blocks come, old ones too, the network may do without this node: what it waits for is behind them. */
  function awaitBlock(): void {
    const leftMs = movedMs + options.blockPatienceMs() - clock.nowMs();
    if (leftMs > 0) {
      cancelBlock = clock.setTimer(leftMs, awaitBlock);
      return;
    }
    logger.log('warn', 'No block was decided since the start: signing without a record of what was signed');
    ready();
  }

  cancelPeers = clock.setTimer(peersPatienceMs, () => {
    if (!isBehind) ready();
  });
  awaitBlock();

  return {
    check() {
      if (isReady) return;
      const head = options.head();
      if (head.number !== headNumber) {
        headNumber = head.number;
        movedMs = clock.nowMs();
      }
      if (!isBehind && options.peerHeads().some((number) => number > head.number)) {
        isBehind = true;
        logger.log('info', 'No record of what this validator signed: it signs again after the next block');
      }
      if (isBehind ? head.timestampMs > startedMs + skewMs : options.isQuorumConnected()) ready();
    },
    stop() {
      isReady = true;
      stop();
    },
  };
}
