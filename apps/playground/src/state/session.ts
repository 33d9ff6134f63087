import type { ParticipantApi } from '@isoquorum/participant/participant-api';
import { EMPTY_VIEW, type ParticipantView } from '@isoquorum/participant/participant-view';
import { computed, type ReadonlySignal, signal } from '@preact/signals';

/** The participant as the components use it: each part of its view as a signal, and what can be asked of it. */
export interface Session {
  readonly api: ParticipantApi;
  readonly part: { readonly [Key in keyof ParticipantView]: ReadonlySignal<ParticipantView[Key]> };
  close(): void;
}

/** Follows a participant's view. A part's signal changes only when that part did. */
export function createSession(api: ParticipantApi): Session {
  const view = signal<ParticipantView>(api.view());
  const close = api.onView((patch) => {
    view.value = { ...view.value, ...patch };
  });
  const keys = Object.keys(EMPTY_VIEW) as (keyof ParticipantView)[];
  const parts = Object.fromEntries(keys.map((key) => [key, computed(() => view.value[key])]));
  return { api, part: parts as unknown as Session['part'], close };
}
