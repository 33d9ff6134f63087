import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519KeyToPeerId, nodeKeyToEnode, nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Admission } from '../../admission/admission.ts';
import { createInvitation, invitationToBytes } from '../../admission/invitation.ts';
import { silentLogger, testClock, testRandom } from '../../testing/chain.ts';
import { until } from '../../testing/host-suite.ts';
import { writeAtomically } from './atomic-file.ts';
import { createFileAdmission, type FileAdmission, type FileAdmissionOptions } from './file-admission.ts';

const keys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const [ownKey, friendKey, otherKey] = keys as [Uint8Array, Uint8Array, Uint8Array];
const enodeOf = (key: Uint8Array): string => nodeKeyToEnode(key, { host: '10.0.0.5', port: 30303 });
const genesisHash = new Uint8Array(32).fill(1);
const pageId = (byte: number): string => ed25519KeyToPeerId(new Uint8Array(32).fill(byte));

describe('lists in files', () => {
  let directory: string;
  const opened: Admission[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'isoquorum-lists-'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((admission) => admission.close()));
    await rm(directory, { recursive: true, force: true });
  });

  async function open(overrides: Partial<FileAdmissionOptions> = {}): Promise<FileAdmission> {
    const admission = await createFileAdmission({
      directory,
      nodeKey: ownKey,
      genesisHash,
      clock: testClock,
      logger: silentLogger,
      pollMs: 20,
      ...overrides,
    });
    opened.push(admission);
    return admission;
  }
  const writeList = (name: string, value: unknown): Promise<void> =>
    writeAtomically(join(directory, name), JSON.stringify(value));

  it('admits nobody without lists', async () => {
    const admission = await open();
    expect(admission.identify(nodeKeyToPeerId(friendKey))).toBeUndefined();
    expect(admission.identify(pageId(1))).toBeUndefined();
    expect(admission.staticPeers()).toEqual([]);
  });

  it('admits static nodes and dials them at their libp2p port', async () => {
    await writeList('static-nodes.json', [
      enodeOf(friendKey),
      '',
      'not an enode',
      `${enodeOf(otherKey)}?libp2p=4001`,
      enodeOf(ownKey),
    ]);
    const admission = await open();
    expect(admission.identify(nodeKeyToPeerId(friendKey))).toMatchObject({ role: 'node' });
    expect(admission.identify(nodeKeyToPeerId(ownKey))).toBeUndefined();
    expect(admission.staticPeers()).toEqual([
      { peerId: nodeKeyToPeerId(friendKey), multiaddrs: [`/ip4/10.0.0.5/tcp/31303/p2p/${nodeKeyToPeerId(friendKey)}`] },
      { peerId: nodeKeyToPeerId(otherKey), multiaddrs: [`/ip4/10.0.0.5/tcp/4001/p2p/${nodeKeyToPeerId(otherKey)}`] },
    ]);
  });

  it('lets permissioned nodes alone in where there is such a list, and never disallowed ones', async () => {
    await writeList('static-nodes.json', [enodeOf(friendKey), enodeOf(otherKey)]);
    await writeList('permissioned-nodes.json', [enodeOf(friendKey)]);
    const admission = await open();
    expect(admission.identify(nodeKeyToPeerId(friendKey))).toBeDefined();
    expect(admission.identify(nodeKeyToPeerId(otherKey))).toBeUndefined();
    expect(admission.staticPeers().map(({ peerId }) => peerId)).toEqual([nodeKeyToPeerId(friendKey)]);
    expect(admission.listedNodes()).toEqual([nodeKeyToPeerId(friendKey)]);
    await writeList('disallowed-nodes.json', [enodeOf(friendKey)]);
    await until(() => admission.identify(nodeKeyToPeerId(friendKey)) === undefined, 'disallowed');
    expect(admission.listedNodes()).toEqual([]);
  });

  it('names the nodes that may connect: static ones, those that are permissioned only, never itself', async () => {
    await writeList('static-nodes.json', [enodeOf(ownKey)]);
    const admission = await open();
    expect(admission.listedNodes()).toEqual([]);
    await writeList('static-nodes.json', [enodeOf(friendKey), enodeOf(ownKey)]);
    await admission.refresh();
    expect(admission.listedNodes()).toEqual([nodeKeyToPeerId(friendKey)]);
    await writeList('permissioned-nodes.json', [enodeOf(otherKey), enodeOf(ownKey)]);
    await admission.refresh();
    expect(admission.listedNodes()).toEqual([nodeKeyToPeerId(otherKey)]);
  });

  it('tells of a change, and keeps the former list when a file is broken', async () => {
    await writeList('permissioned-nodes.json', [enodeOf(friendKey)]);
    const admission = await open();
    let changes = 0;
    admission.onChange(() => changes++);
    await writeFile(join(directory, 'permissioned-nodes.json'), '[ broken');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(admission.identify(nodeKeyToPeerId(friendKey))).toBeDefined();
    await writeList('permissioned-nodes.json', []);
    await until(() => changes > 0, 'change');
    expect(admission.identify(nodeKeyToPeerId(friendKey))).toBeUndefined();
  });

  it('lists a browser until its admission ends', async () => {
    const expiry = new Date(Date.now() + 150).toISOString();
    await writeList('permissioned-browsers.json', [{ name: 'Ann', peerId: pageId(1), expiry }]);
    const admission = await open();
    let changes = 0;
    admission.onChange(() => changes++);
    expect(admission.identify(pageId(1))).toMatchObject({ role: 'browser', name: 'Ann' });
    await until(() => admission.identify(pageId(1)) === undefined, 'end of admission');
    await until(() => changes > 0, 'change');
  });

  function invite(overrides: Partial<Parameters<typeof createInvitation>[0]> = {}): Uint8Array {
    const multiaddrs = [`/ip4/127.0.0.1/tcp/1/ws/p2p/${nodeKeyToPeerId(ownKey)}`];
    const expires = Math.floor(Date.now() / 1000) + 60;
    return invitationToBytes(
      createInvitation({
        nodeKey: ownKey,
        genesisHash,
        multiaddrs,
        name: 'Ann',
        expires,
        random: testRandom,
        ...overrides,
      }),
    );
  }

  it('redeems an invitation once, for one browser, who may ask again', async () => {
    const admission = await open();
    const invitation = invite();
    expect(await admission.redeem(pageId(1), invitation)).toEqual({ name: 'Ann', admittedUntil: 0 });
    expect(admission.identify(pageId(1))).toMatchObject({ role: 'browser', name: 'Ann' });
    await expect(admission.redeem(pageId(2), invitation)).rejects.toMatchObject({ code: 'INVITATION_USED' });
    expect(await admission.redeem(pageId(1), invitation)).toMatchObject({ name: 'Ann' });
    const [entry] = JSON.parse(await readFile(join(directory, 'permissioned-browsers.json'), 'utf8')) as unknown[];
    expect(entry).toMatchObject({ name: 'Ann', peerId: pageId(1), expiry: null, issuer: nodeKeyToPeerId(ownKey) });
  });

  it('gives one invitation to one of many who come at once', async () => {
    const admission = await open();
    const invitation = invite();
    const results = await Promise.allSettled([1, 2, 3, 4].map((byte) => admission.redeem(pageId(byte), invitation)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('does not let a browser that was removed back in with its invitation', async () => {
    const admission = await open();
    const invitation = invite();
    await admission.redeem(pageId(1), invitation);
    await writeList('permissioned-browsers.json', []);
    await until(() => admission.identify(pageId(1)) === undefined, 'removal');
    await expect(admission.redeem(pageId(1), invitation)).rejects.toMatchObject({ code: 'INVITATION_USED' });
    const restarted = await open();
    await expect(restarted.redeem(pageId(1), invitation)).rejects.toMatchObject({ code: 'INVITATION_USED' });
  });

  it.each([
    ['expired', () => invite({ expires: 5 }), 'INVITATION_EXPIRED'],
    ['another chain', () => invite({ genesisHash: new Uint8Array(32) }), 'INVITATION_GENESIS_MISMATCH'],
    ['another issuer', () => invite({ nodeKey: friendKey }), 'INVITATION_ELSEWHERE'],
    ['garbage', () => new Uint8Array(5), 'RLP_EXPECTED_LIST'],
  ])('refuses an invitation: %s', async (_, create, code) => {
    const admission = await open();
    await expect(admission.redeem(pageId(1), create())).rejects.toMatchObject({ code });
    expect(existsSync(join(directory, 'permissioned-browsers.json'))).toBe(false);
  });

  it('refuses an identity that is no browser', async () => {
    const admission = await open();
    await expect(admission.redeem(nodeKeyToPeerId(friendKey), invite())).rejects.toMatchObject({
      code: 'GUEST_IDENTITY_INVALID',
    });
  });

  it('shares one list of browsers between nodes, whose issuers write at once', async () => {
    const browsersFile = join(directory, 'shared', 'permissioned-browsers.json');
    await mkdir(join(directory, 'shared'));
    const first = await open({ browsersFile });
    const second = await open({ browsersFile, nodeKey: friendKey, directory: join(directory, 'second') });
    const firsts = [1, 2, 3, 4].map((byte) => first.redeem(pageId(byte), invite()));
    const seconds = [5, 6, 7, 8].map((byte) =>
      second.redeem(
        pageId(byte),
        invite({ nodeKey: friendKey, multiaddrs: [`/ip4/127.0.0.1/tcp/2/ws/p2p/${nodeKeyToPeerId(friendKey)}`] }),
      ),
    );
    await Promise.all([...firsts, ...seconds]);
    await Promise.all([first.refresh(), second.refresh()]);
    for (const byte of [1, 2, 3, 4, 5, 6, 7, 8]) {
      expect(first.identify(pageId(byte))).toBeDefined();
      expect(second.identify(pageId(byte))).toBeDefined();
    }
  });
});
