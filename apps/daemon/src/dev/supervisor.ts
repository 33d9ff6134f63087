import { describeError } from '../command-error.ts';
import { type Child, startChild } from './child.ts';

/** How to start one process of the network. */
export interface ProcessSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly logFile: string;
}

/** A process that is kept running. */
export interface Supervised<Ready> {
  readonly name: string;
  /** The process id now; changes when the process was started again. */
  pid(): number;
  ready(): Ready;
}

export interface SupervisorOptions {
  /** Start a process again that ended by itself, after this many milliseconds; undefined: leave it down. */
  readonly restartAfterMs: number | undefined;
  /** Told of each unexpected end and each new start. */
  readonly onEvent: (event: {
    readonly type: 'ended' | 'restarted';
    readonly name: string;
    readonly detail: string;
  }) => void;
}

/** Starts processes, starts them again when they die, and stops them all. */
export interface Supervisor {
  start<Ready>(spec: ProcessSpec): Promise<Supervised<Ready>>;
  stop(): Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const children = new Map<string, Child<unknown>>();
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;

  const watch = (spec: ProcessSpec, child: Child<unknown>): void => {
    void child.ended.then((code) => {
      if (stopping) return;
      const again =
        options.restartAfterMs === undefined ? '' : `; starting it again in ${options.restartAfterMs / 1_000} s`;
      options.onEvent({
        type: 'ended',
        name: spec.name,
        detail: `${spec.name} (pid ${child.pid}) ended (${code})${again}`,
      });
      if (options.restartAfterMs !== undefined) restartLater(spec, options.restartAfterMs);
    });
  };

  const restartLater = (spec: ProcessSpec, delayMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (stopping) return;
      launch(spec).then(
        (child) =>
          options.onEvent({ type: 'restarted', name: spec.name, detail: `${spec.name} is back (pid ${child.pid})` }),
        (error: unknown) => {
          if (stopping) return;
          options.onEvent({ type: 'ended', name: spec.name, detail: describeError(error) });
          restartLater(spec, delayMs * 2);
        },
      );
    }, delayMs);
    timers.add(timer);
  };

  const launch = async (spec: ProcessSpec): Promise<Child<unknown>> => {
    const child = await startChild<unknown>(spec.name, spec.args, spec.logFile);
    children.set(spec.name, child);
    if (stopping) await child.stop();
    else watch(spec, child);
    return child;
  };

  return {
    start: async <Ready>(spec: ProcessSpec): Promise<Supervised<Ready>> => {
      const first = await launch(spec);
      const current = (): Child<unknown> => children.get(spec.name) ?? first;
      return { name: spec.name, pid: () => current().pid, ready: () => current().ready as Ready };
    },
    stop: async () => {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...children.values()].map((child) => child.stop()));
    },
  };
}
