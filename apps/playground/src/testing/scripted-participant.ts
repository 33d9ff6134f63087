import type { ParticipantApi, ProviderRequest, ViewPatch } from '@isoquorum/participant/participant-api';
import { EMPTY_VIEW, type ParticipantView } from '@isoquorum/participant/participant-view';

/** A participant that says what a test tells it to. For tests and the design preview; never part of the built page. */
export interface ScriptedParticipant extends ParticipantApi {
  say(patch: ViewPatch): void;
  readonly requests: readonly (ProviderRequest & { readonly operationId: string | undefined })[];
}

/** Makes a scripted participant; `answers` gives the answer of each method. */
export function createScriptedParticipant(
  answers: Readonly<Record<string, (params: unknown, operationId: string | undefined) => unknown>> = {},
  initial: ViewPatch = {},
): ScriptedParticipant {
  let view: ParticipantView = { ...EMPTY_VIEW, ...initial };
  const listeners = new Set<(patch: ViewPatch) => void>();
  const requests: (ProviderRequest & { operationId: string | undefined })[] = [];
  const say = (patch: ViewPatch): void => {
    view = { ...view, ...patch };
    for (const listener of listeners) listener(patch);
  };
  return {
    requests,
    say,
    view: () => view,
    onView(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async request(request, operationId) {
      requests.push({ ...request, operationId });
      const answer = answers[request.method];
      if (answer === undefined)
        throw Object.assign(new Error(`the method ${request.method} does not exist`), { code: -32601 });
      return answer(request.params, operationId);
    },
    createAccount: async () => '0x0000000000000000000000000000000000000001',
    chooseHome: async () => undefined,
    stop: async () => say({ phase: 'stopped' }),
  };
}
