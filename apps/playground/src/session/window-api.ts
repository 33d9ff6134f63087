import type { ParticipantApi, ViewPatch } from '@isoquorum/participant/participant-api';
import { EMPTY_VIEW, type ParticipantView } from '@isoquorum/participant/participant-view';

/** The participant as the window sees it, from before its Worker runs: what the window knows itself lies over what the Worker says. */
export interface WindowApi extends ParticipantApi {
  /** Lays parts over the view; `undefined` as a whole takes them off again. */
  overlay(patch: ViewPatch | undefined): void;
  attach(remote: ParticipantApi): void;
}

export function createWindowApi(): WindowApi {
  let remote: ParticipantApi | undefined;
  let over: ViewPatch | undefined;
  const listeners = new Set<(patch: ViewPatch) => void>();
  const view = (): ParticipantView => ({ ...(remote?.view() ?? EMPTY_VIEW), ...over });
  const tell = (patch: ViewPatch): void => {
    for (const listener of listeners) listener(patch);
  };
  const attached = (): ParticipantApi => {
    if (remote === undefined)
      throw Object.assign(new Error('The participant is still starting.'), {
        code: 4900,
        data: { code: 'NOT_STARTED', advice: 'Wait until the page has connected.', fields: {} },
      });
    return remote;
  };
  return {
    view,
    onView(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    overlay(patch) {
      const before = Object.keys(over ?? {}) as (keyof ParticipantView)[];
      over = patch;
      const now = view();
      const uncovered = Object.fromEntries(before.map((key) => [key, now[key]]));
      tell({ ...uncovered, ...patch });
    },
    attach(participant) {
      remote = participant;
      participant.onView((patch) => tell({ ...patch, ...over }));
      tell(view());
    },
    request: async (request, operationId) => attached().request(request, operationId),
    createAccount: async () => attached().createAccount(),
    chooseHome: async (peerId) => attached().chooseHome(peerId),
    stop: async () => attached().stop(),
  };
}
