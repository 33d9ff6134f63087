import { describe, expect, it } from 'vitest';
import { EMPTY_VIEW } from '@isoquorum/participant/participant-view';
import { createScriptedParticipant } from '../testing/scripted-participant.ts';
import { createSession } from '../state/session.ts';
import { readInvite, tradeTicket } from './fragment.ts';
import { chooseValidators, readNetworkLabels } from './network-labels.ts';
import { createWindowApi } from './window-api.ts';

describe('fragment', () => {
  it('tells invitation, ticket and neither', () => {
    expect(readInvite('#invitation=abc')).toEqual({ kind: 'invitation', text: 'abc' });
    expect(readInvite('#ticket=0f')).toEqual({ kind: 'ticket', ticket: '0f' });
    expect(readInvite('')).toEqual({ kind: 'none' });
    expect(readInvite('#elsewhere')).toEqual({ kind: 'none' });
  });

  it('trades a ticket, and says why not', async () => {
    const answer =
      (status: number, body: unknown): typeof fetch =>
      async () =>
        new Response(JSON.stringify(body), { status });
    expect(await tradeTicket('0f', answer(200, { invitation: 'abc' }))).toBe('abc');
    await expect(tradeTicket('0f', answer(403, { message: 'unknown ticket' }))).rejects.toMatchObject({
      code: 'INVITATION_REFUSED',
      message: expect.stringContaining('unknown ticket'),
    });
  });
});

describe('network document', () => {
  it('gives names to validators and their managers’ keys', () => {
    const labels = readNetworkLabels({
      nodes: [
        {
          name: 'node1',
          validator: '0xAA',
          manager: 'm1',
          multiaddrs: ['/ip4/127.0.0.1/tcp/1/p2p/x', '/ip4/127.0.0.1/tcp/2/ws/p2p/x'],
        },
      ],
      managers: [{ name: 'm1', publicKeys: ['key='] }],
    });
    expect(labels).toEqual({
      validators: { '0xaa': 'node1' },
      parties: { 'key=': 'node1' },
      multiaddrs: ['/ip4/127.0.0.1/tcp/2/ws/p2p/x'],
    });
  });

  it('prefers fresh addresses of known validators, and no others', () => {
    const known = ['/a/ws/p2p/x', '/b/ws/p2p/y', '/c/ws/p2p/z'];
    expect(chooseValidators(known, ['/new/ws/p2p/y', '/evil/ws/p2p/w'], 2)).toEqual(['/a/ws/p2p/x', '/new/ws/p2p/y']);
  });
});

describe('the view in the window', () => {
  it('shows the window’s own state over the Worker’s, and takes it off again', () => {
    const api = createWindowApi();
    const session = createSession(api);
    api.overlay({ phase: 'genesis' });
    expect(session.part.phase.value).toBe('genesis');
    const participant = createScriptedParticipant({}, { phase: 'ready' });
    api.attach(participant);
    expect(session.part.phase.value).toBe('genesis');
    api.overlay(undefined);
    expect(session.part.phase.value).toBe('ready');
    participant.say({ head: { ...EMPTY_VIEW.head, number: 7 } });
    expect(session.part.head.value.number).toBe(7);
  });

  it('refuses requests with a code before the participant runs', async () => {
    await expect(createWindowApi().request({ method: 'eth_chainId' })).rejects.toMatchObject({ code: 4900 });
  });
});
