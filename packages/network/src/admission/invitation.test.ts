import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { describe, expect, it } from 'vitest';
import { testRandom } from '../testing/chain.ts';
import {
  createInvitation,
  decodeInvitation,
  encodeInvitation,
  invitationFromBytes,
  invitationToBytes,
} from './invitation.ts';

const nodeKey = new Uint8Array(32).fill(7);
const issuer = nodeKeyToPeerId(nodeKey);
const multiaddrs = [`/ip4/127.0.0.1/tcp/31403/ws/p2p/${issuer}`];

function create(overrides: Partial<Parameters<typeof createInvitation>[0]> = {}): ReturnType<typeof createInvitation> {
  return createInvitation({
    nodeKey,
    genesisHash: new Uint8Array(32).fill(1),
    multiaddrs,
    name: 'Ann',
    expires: 2_000_000_000,
    random: testRandom,
    ...overrides,
  });
}

describe('invitation', () => {
  it('comes back from the text of a fragment', () => {
    const invitation = create({ admittedUntil: 2_100_000_000 });
    const text = encodeInvitation(invitation);
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeInvitation(text)).toEqual(invitation);
    expect(decodeInvitation(text)).toMatchObject({ issuer, name: 'Ann', multiaddrs, admittedUntil: 2_100_000_000 });
  });

  it('has an id of its own each time', () => {
    expect(create().id).not.toEqual(create().id);
  });

  it.each([
    ['name', { name: 'Eve' }],
    ['expiry', { expires: 2_000_000_001 }],
    ['end of admission', { admittedUntil: 5 }],
    ['genesis', { genesisHash: new Uint8Array(32).fill(2) }],
    ['addresses', { multiaddrs: [`/dns4/evil/tcp/1/ws/p2p/${issuer}`] }],
    ['id', { id: new Uint8Array(16) }],
    ['issuer', { issuer: nodeKeyToPeerId(new Uint8Array(32).fill(8)) }],
    ['signature', { signature: new Uint8Array(65) }],
  ])('is worth nothing with another %s', (_, change) => {
    const bytes = invitationToBytes({ ...create(), ...change });
    expect(() => invitationFromBytes(bytes)).toThrow(expect.objectContaining({ code: 'INVITATION_SIGNATURE_INVALID' }));
  });

  it.each([
    ['no address', { multiaddrs: [] }],
    ['an address without a PeerId', { multiaddrs: ['/ip4/127.0.0.1/tcp/1/ws'] }],
    ['too long a name', { name: 'x'.repeat(65) }],
    ['a name with a line break', { name: 'a\nb' }],
    ['a fractional expiry', { expires: 1.5 }],
  ])('is not made with %s', (_, overrides) => {
    expect(() => create(overrides)).toThrow(expect.objectContaining({ code: 'INVITATION_INVALID' }));
  });

  it.each(['', 'a b', '!', 'A'.repeat(10_000), 'AAAA'])('refuses the text %j', (text) => {
    expect(() => decodeInvitation(text)).toThrow(expect.objectContaining({ name: 'IsoquorumError' }));
  });
});
