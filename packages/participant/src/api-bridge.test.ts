import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { type ApiPort, connectParticipant, serveParticipant } from './api-bridge.ts';
import type { ParticipantApi, ViewPatch } from './participant-api.ts';
import { EMPTY_VIEW } from './participant-view.ts';
import { waitFor } from './testing/wait-for.ts';

const channels: MessageChannel[] = [];

afterEach(() => {
  for (const channel of channels.splice(0)) channel.port1.close();
});

function setUp(request: ParticipantApi['request']) {
  const listeners = new Set<(patch: ViewPatch) => void>();
  const api: ParticipantApi = {
    view: () => ({ ...EMPTY_VIEW, phase: 'ready' }),
    onView(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request,
    createAccount: async () => '0xaa',
    chooseHome: async () => undefined,
    stop: async () => undefined,
  };
  const channel = new MessageChannel();
  channels.push(channel);
  serveParticipant(api, channel.port2 as unknown as ApiPort);
  const client = connectParticipant(channel.port1 as unknown as ApiPort);
  return { client, say: (patch: ViewPatch) => listeners.forEach((listener) => listener(patch)) };
}

describe('participant over a port', () => {
  it('carries requests, answers and the view', async () => {
    const { client, say } = setUp(async ({ method }, operationId) => `${method} ${operationId}`);
    await waitFor(() => client.view().phase === 'ready', 'the first view');
    expect(await client.request({ method: 'eth_chainId' }, 'one')).toBe('eth_chainId one');
    expect(await client.createAccount()).toBe('0xaa');
    const patches: ViewPatch[] = [];
    client.onView((patch) => patches.push(patch));
    say({ phase: 'stopped' });
    await waitFor(() => patches.length === 1, 'a patch');
    expect(client.view().phase).toBe('stopped');
  });

  it('carries errors with the numbers of EIP-1193 and our own codes', async () => {
    const { client } = setUp(async () => {
      throw new IsoquorumError('EXECUTION_REVERTED', 'execution reverted: no', { data: '0x08' });
    });
    await expect(client.request({ method: 'eth_call' })).rejects.toMatchObject({
      code: 3,
      message: 'execution reverted: no',
      data: { code: 'EXECUTION_REVERTED', fields: { data: '0x08' } },
    });
  });
});
