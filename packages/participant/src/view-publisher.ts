import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { ViewPatch } from './participant-api.ts';
import { EMPTY_VIEW, type ParticipantView } from './participant-view.ts';

/** Collects changes and tells of them together, so that a busy chain does not flood the page. */
export interface ViewPublisher {
  view(): ParticipantView;
  onView(listener: (patch: ViewPatch) => void): () => void;
  /** Sets parts of the view; told soon. */
  set(patch: ViewPatch): void;
  /** Marks a part as changed; `make` is asked for it when it is told. */
  touch<Key extends keyof ParticipantView>(key: Key): void;
  stop(): void;
}

export type ViewMakers = { readonly [Key in keyof ParticipantView]?: () => ParticipantView[Key] };

/** @param makers how parts of the view are made; asked each time, as they come later than the publisher */
export function createViewPublisher(clock: Clock, makers: () => ViewMakers, intervalMs = 80): ViewPublisher {
  let view: ParticipantView = EMPTY_VIEW;
  const changed = new Set<keyof ParticipantView>();
  const listeners = new Set<(patch: ViewPatch) => void>();
  let cancel: CancelTimer | undefined;

  function flush(): void {
    cancel = undefined;
    const patch: Partial<Record<keyof ParticipantView, unknown>> = {};
    for (const key of changed) {
      const make = makers()[key];
      patch[key] = make === undefined ? view[key] : make();
    }
    changed.clear();
    view = { ...view, ...(patch as ViewPatch) };
    for (const listener of listeners) listener(patch as ViewPatch);
  }

  const soon = (): void => {
    cancel ??= clock.setTimer(intervalMs, flush);
  };

  return {
    view: () => view,
    onView(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(patch) {
      view = { ...view, ...patch };
      for (const key of Object.keys(patch) as (keyof ParticipantView)[]) changed.add(key);
      soon();
    },
    touch(key) {
      changed.add(key);
      soon();
    },
    stop() {
      cancel?.();
      flush();
    },
  };
}
