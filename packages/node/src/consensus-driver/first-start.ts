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
  /** How long it waits for a block that was decided after its start, milliseconds: a network that stands still may need it. */
  readonly blockPatienceMs: number;
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
  const timers: CancelTimer[] = [];
  let isBehind = false;
  let isReady = false;

  function stop(): void {
    for (const cancel of timers) cancel();
  }

  function ready(): void {
    if (isReady) return;
    isReady = true;
    stop();
    options.onReady();
  }

  timers.push(
    clock.setTimer(peersPatienceMs, () => {
      if (!isBehind) ready();
    }),
    clock.setTimer(options.blockPatienceMs, () => {
      if (!isReady)
        logger.log('warn', 'No block was decided since the start: signing without a record of what was signed');
      ready();
    }),
  );

  return {
    check() {
      if (isReady) return;
      const head = options.head();
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
