import type { NetworkHost } from '@isoquorum/network/host';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Follower } from './chain/follower.ts';
import type { HomeLink } from './home/home-link.ts';
import type { ActivityView, Phase, ProblemView } from './participant-view.ts';
import type { ViewPublisher } from './view-publisher.ts';

export interface PhasesOptions {
  readonly publisher: ViewPublisher;
  readonly clock: Clock;
  readonly host: NetworkHost;
  readonly follower: Follower;
  readonly home: HomeLink;
  readonly checkedNumber: () => number;
}

/** Says where the participant is on its way to taking part, and what it is doing meanwhile. */
export interface Phases {
  /** @param onReady called each time it becomes ready */
  start(onReady: () => void): void;
  update(): void;
  fail(problem: ProblemView): void;
  stop(): void;
}

const tickMs = 1000;
/** How long to wait before silence of the validators is called a problem. */
const patienceMs = 8000;

export function createPhases(options: PhasesOptions): Phases {
  const { publisher, clock, host, follower, home, checkedNumber } = options;
  let running = false;
  let cancel: CancelTimer | undefined;
  let startedMs = 0;
  let catchUpFrom: number | undefined;
  let shown = '';
  let onReady: () => void = () => undefined;

  function now(): { phase: Phase; activity: ActivityView | undefined; problem: ProblemView | undefined } {
    const watched = host.peers().filter((peer) => peer.role === 'node').length;
    const checked = checkedNumber();
    const target = follower.target();
    if (watched === 0) {
      const late = clock.nowMs() - startedMs > patienceMs;
      const problem = late
        ? {
            code: 'NO_VALIDATORS',
            message: 'No validator can be reached.',
            advice: 'Check that the network is running and reachable from here. The page keeps trying.',
            fields: {},
          }
        : undefined;
      return { phase: 'connecting', activity: { step: 'connecting', text: 'Connecting to validators' }, problem };
    }
    startedMs = clock.nowMs();
    if (target > checked + 2) {
      catchUpFrom ??= checked;
      const activity = {
        step: 'verifying',
        text: 'Verifying blocks',
        done: checked - catchUpFrom,
        total: target - catchUpFrom,
      };
      return { phase: 'catching-up', activity, problem: undefined };
    }
    catchUpFrom = undefined;
    const state = home.view()?.state;
    if (state === 'registered') return { phase: 'ready', activity: undefined, problem: undefined };
    if (state === 'refused')
      return {
        phase: 'ready',
        activity: undefined,
        problem: {
          code: 'HOME_REFUSED',
          message: home.view()?.detail ?? 'The home refuses this page.',
          advice: 'Choose another home under My party.',
          fields: {},
        },
      };
    const text =
      state === 'unreachable' ? 'Waiting for the home to answer' : 'Registering the party statement with its home';
    return { phase: 'catching-up', activity: { step: 'home', text }, problem: undefined };
  }

  function update(): void {
    if (!running) return;
    const next = now();
    const text = JSON.stringify(next);
    if (text === shown) return;
    const becameReady = next.phase === 'ready' && publisher.view().phase !== 'ready';
    shown = text;
    publisher.set(next);
    if (becameReady) onReady();
  }

  function tick(): void {
    cancel = clock.setTimer(tickMs, () => {
      // The mark of the head depends on the time alone when nothing comes.
      publisher.touch('head');
      update();
      tick();
    });
  }

  return {
    start(ready) {
      onReady = ready;
      running = true;
      startedMs = clock.nowMs();
      update();
      tick();
    },
    update,
    fail(problem) {
      running = false;
      cancel?.();
      publisher.set({ phase: 'failed', activity: undefined, problem });
    },
    stop() {
      running = false;
      cancel?.();
    },
  };
}
