import { existsSync } from 'node:fs';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { concatBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Q2tClient, Q2tDistribution, Q2tKey, Q2tPayload } from '@isoquorum/rpc/rest/q2t';
import { readJson } from './files.ts';

interface RecordedExchange {
  readonly caller: 'client' | 'node';
  readonly request: {
    readonly path: string;
    readonly parsed?: { readonly payload?: string; readonly to?: readonly string[]; readonly privacyFlag?: number };
  };
  readonly response: { readonly status: number; readonly body: string };
}

function textOf(key: Q2tKey): string {
  return typeof key === 'string' ? key : bytesToBase64(key);
}

function refused(body: string): IsoquorumError {
  return new IsoquorumError('MANAGER_REFUSED', `404 status: ${body}`, { status: 404, body }, 'REJECT');
}

/**
 * Managers like those of the recording: stand-ins that keep payloads in plain and know each other's keys. What the recorded one answered to
 * the same payload gives the digest, so that transactions keep their hashes; what recorded clients stored there is here from the start.
 */
export function createStandInManagers(folder: string, keys: readonly string[]): readonly Q2tClient[] {
  const file = `${folder}/transaction-manager.json`;
  const recorded = existsSync(file) ? [...readJson<{ exchanges: RecordedExchange[] }>(file).exchanges] : [];
  const raw = new Map<string, Q2tPayload>();
  const held = keys.map(() => new Map<string, Q2tPayload>());
  let made = 0;

  const mandatory = new Map<string, readonly Uint8Array[]>();

  function payloadOf(payload: Uint8Array, how: Omit<Q2tDistribution, 'to'> = {}): Q2tPayload {
    const sender = base64ToBytes(keys[0] ?? '');
    return {
      payload,
      privacyFlag: how.privacyFlag ?? 0,
      affectedContractTransactions: how.affectedContractTransactions ?? [],
      execHash: how.execHash === undefined ? '' : bytesToBase64(how.execHash),
      managedParties: [sender],
      senderKey: sender,
    };
  }

  /** The digest that the recording has for such a request, each one used once; else a new one. */
  function digestFor(path: string, payload: Uint8Array, to: readonly string[] | undefined): Uint8Array {
    const text = bytesToBase64(payload);
    const index = recorded.findIndex(
      ({ caller, request, response }) =>
        caller === 'node' &&
        request.path === path &&
        response.status < 300 &&
        request.parsed?.payload === text &&
        (to === undefined || JSON.stringify(request.parsed.to) === JSON.stringify(to)),
    );
    const [found] = index < 0 ? [] : recorded.splice(index, 1);
    if (found !== undefined) return base64ToBytes((JSON.parse(found.response.body) as { key: string }).key);
    made += 1;
    const seed = concatBytes(payload, Uint8Array.of(made));
    return concatBytes(keccak256(seed), keccak256(concatBytes(seed, seed)));
  }

  function noteMandatory(digest: Uint8Array, { mandatoryRecipients }: Q2tDistribution): void {
    if (mandatoryRecipients === undefined) return;
    mandatory.set(
      bytesToBase64(digest),
      mandatoryRecipients.map(textOf).map((text) => base64ToBytes(text)),
    );
  }

  function deliver(from: number, digest: Uint8Array, payload: Q2tPayload, to: readonly string[]): void {
    for (const key of to) if (!keys.includes(key)) throw refused(`Recipient not found for key: ${key}`);
    for (const [index, known] of held.entries())
      if (index === from || to.includes(keys[index] ?? '')) known.set(bytesToBase64(digest), payload);
  }

  for (const { caller, request, response } of recorded) {
    if (caller !== 'client' || response.status >= 300 || request.parsed?.payload === undefined) continue;
    const { key } = JSON.parse(response.body) as { key: string };
    const payload = payloadOf(base64ToBytes(request.parsed.payload));
    if (request.path === '/storeraw') raw.set(key, payload);
    if (request.path === '/send') deliver(0, base64ToBytes(key), payload, request.parsed.to ?? []);
  }

  return keys.map((ownKey, own): Q2tClient => {
    const sent = (hash: Uint8Array) => ({
      hash,
      senderKey: base64ToBytes(ownKey),
      managedParties: [base64ToBytes(ownKey)],
    });
    return {
      features: () =>
        Promise.resolve({
          version: '24.4.1',
          apiVersions: ['1.0', '2.0', '2.1', '3.0', '4.0', '5.0'],
          privacyEnhancements: true,
          multitenancy: true,
          multiplePrivateStates: true,
          mandatoryRecipients: true,
          isoquorum: false,
        }),
      isUp: () => Promise.resolve(true),
      send: async ({ payload, ...distribution }) => {
        const recipients = distribution.to.map(textOf);
        for (const key of recipients) if (!keys.includes(key)) throw refused(`Recipient not found for key: ${key}`);
        const digest = digestFor('/send', payload, recipients);
        deliver(own, digest, payloadOf(payload, distribution), recipients);
        noteMandatory(digest, distribution);
        return await Promise.resolve(sent(digest));
      },
      storeRaw: async (payload) => {
        const digest = digestFor('/storeraw', payload, undefined);
        raw.set(bytesToBase64(digest), payloadOf(payload));
        return await Promise.resolve(digest);
      },
      sendSigned: async ({ hash, ...distribution }) => {
        const text = bytesToBase64(hash);
        const stored = raw.get(text);
        if (stored === undefined) throw refused(`Raw Message with hash ${text} was not found`);
        deliver(own, hash, payloadOf(stored.payload, distribution), distribution.to.map(textOf));
        noteMandatory(hash, distribution);
        return await Promise.resolve(sent(hash));
      },
      receive: (hash) => Promise.resolve(held[own]?.get(bytesToBase64(hash))),
      receiveRaw: (hash) => Promise.resolve(raw.get(bytesToBase64(hash))),
      isSender: (hash) => Promise.resolve(own === 0 && held[own]?.has(bytesToBase64(hash)) === true),
      participants: () => Promise.resolve([]),
      mandatoryRecipients: (hash) => Promise.resolve(mandatory.get(bytesToBase64(hash)) ?? []),
      storedSince: async (_sequence, waitMs = 0, signal) => {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
        });
        return [];
      },
      seal: (payload) => Promise.resolve(payload),
      openSealed: (sealed) => Promise.resolve(sealed),
      residentGroups: () => Promise.resolve([]),
      home: () => Promise.reject(refused('no home here')),
    };
  });
}
