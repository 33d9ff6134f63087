import type { ParticipantApi, ProviderRequest, ViewPatch } from './participant-api.ts';
import { EMPTY_VIEW, type ParticipantView } from './participant-view.ts';
import { ProviderError, toProviderError } from './provider/provider-error.ts';

/** What a MessagePort of a browser, a Worker or Node offers and the bridge needs. */
export interface ApiPort {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  start?(): void;
}

type Call =
  | { readonly method: 'request'; readonly request: ProviderRequest; readonly operationId: string | undefined }
  | { readonly method: 'createAccount' }
  | { readonly method: 'chooseHome'; readonly peerId: string }
  | { readonly method: 'stop' };

type ToServer = { readonly type: 'hello' } | { readonly type: 'call'; readonly id: number; readonly call: Call };

type ToClient =
  | { readonly type: 'view'; readonly patch: ViewPatch }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'failure';
      readonly id: number;
      readonly error: { readonly code: number; readonly message: string; readonly data: unknown };
    };

/** Serves a participant at one end of a port; the view goes over as it changes. */
export function serveParticipant(api: ParticipantApi, port: ApiPort): void {
  const post = (message: ToClient): void => port.postMessage(message);
  const run = (call: Call): Promise<unknown> => {
    switch (call.method) {
      case 'request':
        return api.request(call.request, call.operationId);
      case 'createAccount':
        return api.createAccount();
      case 'chooseHome':
        return api.chooseHome(call.peerId);
      case 'stop':
        return api.stop();
    }
  };
  port.addEventListener('message', ({ data }) => {
    const message = data as ToServer;
    if (message.type === 'hello') {
      post({ type: 'view', patch: api.view() });
      return;
    }
    const { id, call } = message;
    run(call).then(
      (value) => post({ type: 'result', id, value }),
      (error: unknown) => {
        const { code, message: text, data: details } = toProviderError(error);
        post({ type: 'failure', id, error: { code, message: text, data: details } });
      },
    );
  });
  port.start?.();
  api.onView((patch) => post({ type: 'view', patch }));
}

/** The participant that is served at the other end of a port. */
export function connectParticipant(port: ApiPort): ParticipantApi {
  let view: ParticipantView = EMPTY_VIEW;
  let nextId = 1;
  const listeners = new Set<(patch: ViewPatch) => void>();
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const call = (what: Call): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      calls.set(id, { resolve, reject });
      port.postMessage({ type: 'call', id, call: what } satisfies ToServer);
    });
  port.addEventListener('message', ({ data }) => {
    const message = data as ToClient;
    switch (message.type) {
      case 'view':
        view = { ...view, ...message.patch };
        for (const listener of listeners) listener(message.patch);
        return;
      case 'result':
        calls.get(message.id)?.resolve(message.value);
        calls.delete(message.id);
        return;
      case 'failure':
        calls.get(message.id)?.reject(new ProviderError(message.error.code, message.error.message, message.error.data));
        calls.delete(message.id);
    }
  });
  port.start?.();
  port.postMessage({ type: 'hello' } satisfies ToServer);
  return {
    view: () => view,
    onView(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request: (request, operationId) => call({ method: 'request', request, operationId }),
    createAccount: async () => (await call({ method: 'createAccount' })) as string,
    chooseHome: async (peerId) => void (await call({ method: 'chooseHome', peerId })),
    stop: async () => void (await call({ method: 'stop' })),
  };
}
