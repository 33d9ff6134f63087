import { decodeRaftFrame, encodeRaftFrame, type RaftSeat } from '@isoquorum/consensus/raft/frame';
import { createMessage } from '@isoquorum/consensus/raft/message';
import type { RaftEntry, RaftMessage } from '@isoquorum/consensus/raft/types';
import { RAFT_PROTOCOL } from '@isoquorum/network/protocols';
import { createVirtualClock, type VirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../testing/genesis.ts';
import { raftMember } from '../testing/simulated-network.ts';
import { createStubHost, type StubHost, stubPeer } from '../testing/stub-host.ts';
import { createRaftLinks, type RaftLinks } from './links.ts';
import { createMembers, type Members } from './members.ts';
import { unexpected } from './unexpected.ts';

const keys = [1, 2, 3, 4].map((index) => testKey(`node ${index}`));
const real = stubPeer('real', { address: nodeKeyToAddress(keys[1]!) });
const liar = stubPeer('liar', { address: nodeKeyToAddress(testKey('liar')) });

let host: StubHost;
let members: Members;
let links: RaftLinks;
let gone: number[];
let heard: RaftMessage[];
let fault: string | undefined;
let clock: VirtualClock;

function load(...ids: number[]): void {
  members.load({ members: ids.map((id) => raftMember(keys[id - 1]!, id)), removed: [], headHash: new Uint8Array(32) });
}

beforeEach(() => {
  host = createStubHost();
  members = createMembers();
  gone = [];
  heard = [];
  fault = undefined;
  load(1, 3);
  const zero = { raftId: 1, term: 0, lastTerm: 0, lastIndex: 0, commit: 0 };
  clock = createVirtualClock(1_000);
  links = createRaftLinks({
    host,
    clock,
    logger: silentLogger,
    members,
    raftId: 1,
    hello: () => zero,
    onHello: () => undefined,
    onMessage(message) {
      heard.push(message);
      return fault;
    },
    onGone: (id) => void gone.push(id),
  });
  host.connect(real);
  host.connect(liar);
  host.sent.length = 0;
});

function greets(peer: typeof real, raftId: number, members: readonly RaftSeat[] = []): Promise<void> {
  const frame = encodeRaftFrame({ type: 'hello', raftId, term: 0, lastTerm: 0, lastIndex: 0, commit: 0, members });
  return host.frame(peer, RAFT_PROTOCOL, frame);
}

function says(peer: typeof real, from: number): Promise<void> {
  const message = createMessage({ type: 'MsgHeartbeat', from, to: 1, term: 1 });
  return host.frame(peer, RAFT_PROTOCOL, encodeRaftFrame({ type: 'message', message }));
}

/** To whom messages for a member go. */
async function reached(raftId: number): Promise<readonly string[]> {
  host.sent.length = 0;
  await links.send(createMessage({ type: 'MsgHeartbeat', from: 1, to: raftId, term: 1 }));
  return host.sent.map(({ peerId, frame }) => `${peerId} ${decodeRaftFrame(frame).type}`);
}

describe('who is which member', () => {
  it('a stranger that calls itself by an id that is given out later gets nothing, and takes nothing away', async () => {
    await greets(real, 2);
    await greets(liar, 2);
    expect(links.isConnected(2)).toBe(false);
    load(1, 2, 3);
    expect(await reached(2)).toEqual(['real message']);
    await expect(greets(liar, 2)).rejects.toMatchObject({ code: 'RAFT_SENDER_WRONG' });
    await greets(liar, 4);
    expect(await reached(2)).toEqual(['real message']);
    await says(liar, 4);
    expect(heard).toEqual([]);
    await says(real, 2);
    expect(heard).toHaveLength(1);
  });

  it('who joined while this node was away is heard once a member names it, and nobody else may', async () => {
    const member = stubPeer('member', { address: nodeKeyToAddress(keys[2]!) });
    const seat = { raftId: 4, address: nodeKeyToAddress(keys[3]!) };
    const joined = stubPeer('joined', { address: seat.address });
    host.connect(member);
    host.connect(joined);
    await greets(member, 3);
    await greets(joined, 4, [seat]);
    await greets(liar, 2, [seat]);
    host.sent.length = 0;
    await clock.advance(1_000);
    await says(joined, 4);
    expect(heard).toEqual([]);
    expect(host.sent.map(({ peerId }) => peerId)).toEqual(['member']);
    await greets(member, 3, [seat]);
    // One that was away itself takes nothing back.
    await greets(member, 3, []);
    await says(joined, 4);
    expect(heard).toHaveLength(1);
    expect(await reached(4)).toEqual(['joined message']);
    await expect(greets(liar, 4)).rejects.toMatchObject({ code: 'RAFT_SENDER_WRONG' });
    members.load({
      members: [1, 3].map((id) => raftMember(keys[id - 1]!, id)),
      removed: [4],
      headHash: new Uint8Array(32),
    });
    await says(joined, 4);
    expect(heard).toHaveLength(1);
  });

  it('that a stranger is gone is not told as if a member were', async () => {
    await greets(liar, 2);
    await greets(real, 2);
    load(1, 2, 3);
    host.leave(liar);
    expect(gone).toEqual([]);
    expect(links.isConnected(2)).toBe(true);
    host.leave(real);
    expect(gone).toEqual([2]);
    expect(links.isConnected(2)).toBe(false);
  });

  it('what no correct member sends counts against the peer', async () => {
    load(1, 2, 3);
    await greets(real, 2);
    fault = 'no term';
    await expect(says(real, 2)).rejects.toMatchObject({ code: 'RAFT_MESSAGE_INVALID', reaction: 'REJECT' });
  });
});

describe('messages that the core would take, and nobody sends', () => {
  const normal: RaftEntry = { term: 0, index: 0, type: 'EntryNormal', data: new Uint8Array(1) };
  const change: RaftEntry = { ...normal, type: 'EntryConfChange' };

  it.each([
    ['MsgReadIndex', [normal], true],
    ['MsgReadIndexResp', [normal], true],
    ['MsgTransferLeader', [], true],
    ['MsgProp', [change, normal], true],
    ['MsgProp', [change], false],
    ['MsgApp', [normal], false],
    ['MsgVote', [], false],
  ] as const)('%s with %o', (type, entries, isUnexpected) => {
    expect(unexpected(createMessage({ type, to: 1, from: 2, entries })) !== undefined).toBe(isUnexpected);
  });
});
