import { join } from 'node:path';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import type { Admission } from '../../admission/admission.ts';
import {
  formatBrowserList,
  formatRedeemedRecords,
  type ListedBrowser,
  parseBrowserList,
  parseRedeemedRecords,
} from '../../admission/browser-list.ts';
import { type ListedNode, parseListedNode, parseNodeList } from '../../admission/node-list.ts';
import { createRedemptionDesk, type RedemptionBooks } from '../../admission/redemption.ts';
import type { PeerIdentity } from '../../session/session.ts';
import { fileVersion, readText, withFileLock, writeAtomically } from './atomic-file.ts';

export interface FileAdmissionOptions {
  /** Folder of the lists: the node's data directory. */
  readonly directory: string;
  readonly nodeKey: Uint8Array;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Enode URLs beside those of `static-nodes.json`. */
  readonly staticNodes?: readonly string[];
  /** Enode URLs beside those of `permissioned-nodes.json`; when given, the file need not exist. */
  readonly permissionedNodes?: readonly string[];
  /** Instead of `permissioned-browsers.json` in the folder; several nodes may share one file. */
  readonly browsersFile?: string;
  /** How often the files are looked at; 500 ms unless told. */
  readonly pollMs?: number;
}

/** The lists of files, and members that the network's own rules name. */
export interface FileAdmission extends Admission {
  /** Members of a Raft cluster: dialled, and admitted where no `permissioned-nodes.json` says otherwise. Replaces those before. */
  setMembers(enodes: readonly string[]): void;
  /** PeerIds of the other nodes that may connect. */
  listedNodes(): readonly string[];
}

interface Lists {
  readonly staticNodes: readonly ListedNode[];
  /** Undefined: there is no such list, static nodes are admitted. */
  readonly permissioned: readonly ListedNode[] | undefined;
  readonly disallowed: ReadonlySet<string>;
  readonly browsers: ReadonlyMap<string, ListedBrowser>;
}

/**
 * The lists of a node as files in its data directory, read again while it runs.
 *
 * `permissioned-nodes.json`, when it exists, alone says which nodes may connect (as GoQuorum with `--permissioned`); without it the nodes of
 * `static-nodes.json` may. `disallowed-nodes.json` takes precedence over both. A file that cannot be read keeps what was read before (at
 * the start: nobody) and is reported.
 */
export async function createFileAdmission(options: FileAdmissionOptions): Promise<FileAdmission> {
  const { directory, nodeKey, genesisHash, clock, logger } = options;
  const selfId = nodeKeyToPeerId(nodeKey);
  const paths = {
    staticNodes: join(directory, 'static-nodes.json'),
    permissioned: join(directory, 'permissioned-nodes.json'),
    disallowed: join(directory, 'disallowed-nodes.json'),
    browsers: options.browsersFile ?? join(directory, 'permissioned-browsers.json'),
    redeemed: join(directory, 'redeemed-invitations.json'),
  };
  const givenStatic = (options.staticNodes ?? []).map(parseListedNode);
  const givenPermissioned = options.permissionedNodes?.map(parseListedNode);
  const listeners = new Set<() => void>();
  let members: readonly ListedNode[] = [];
  let lists: Lists = {
    staticNodes: givenStatic,
    permissioned: givenPermissioned,
    disallowed: new Set(),
    browsers: new Map(),
  };
  const versions = new Map<string, string | undefined>();
  let reading: Promise<void> | undefined;
  let cancelPoll: CancelTimer = () => {};
  let closed = false;

  /** Reads one file if it changed; undefined: unchanged or unreadable, keep what there was. */
  async function readChanged<T>(path: string, parse: (text: string | undefined) => T): Promise<T | undefined> {
    try {
      const version = await fileVersion(path);
      if (versions.has(path) && versions.get(path) === version) return undefined;
      const parsed = parse(version === undefined ? undefined : await readText(path));
      versions.set(path, version);
      return parsed;
    } catch (error) {
      logger.log('error', 'a list of peers cannot be read: the former one stays in force', {
        path,
        error: (error as Error).message,
      });
      versions.set(path, await fileVersion(path).catch(() => undefined));
      return undefined;
    }
  }

  function parseNodes(text: string | undefined, field: string): readonly ListedNode[] | undefined {
    if (text === undefined) return undefined;
    const { nodes, skipped } = parseNodeList(text, field);
    if (skipped.length > 0) logger.log('warn', 'entries of a list are no enode URLs', { field, skipped });
    return nodes;
  }

  async function readAll(): Promise<void> {
    const staticNodes = await readChanged(paths.staticNodes, (text) => ({
      value: parseNodes(text, 'static-nodes.json'),
    }));
    const permissioned = await readChanged(paths.permissioned, (text) => ({
      value: parseNodes(text, 'permissioned-nodes.json'),
    }));
    const disallowed = await readChanged(paths.disallowed, (text) => ({
      value: parseNodes(text, 'disallowed-nodes.json'),
    }));
    const browsers = await readChanged(paths.browsers, (text) => ({
      value: text === undefined ? [] : parseBrowserList(text),
    }));
    const before = lists;
    lists = {
      staticNodes: staticNodes === undefined ? before.staticNodes : [...givenStatic, ...(staticNodes.value ?? [])],
      permissioned:
        permissioned === undefined ? before.permissioned : mergeLists(givenPermissioned, permissioned.value),
      disallowed: disallowed === undefined ? before.disallowed : new Set(disallowed.value?.map(({ peerId }) => peerId)),
      browsers:
        browsers === undefined ? before.browsers : new Map(browsers.value.map((browser) => [browser.peerId, browser])),
    };
    const changed = [staticNodes, permissioned, disallowed, browsers].some((list) => list !== undefined);
    if (changed && !closed) for (const listener of listeners) listener();
  }

  function refresh(): Promise<void> {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  /** Reads that began before a change are no good for whoever knows of it: waits for them, then reads. */
  async function refreshAfresh(): Promise<void> {
    if (reading !== undefined) await reading;
    await refresh();
  }

  function poll(): void {
    cancelPoll = clock.setTimer(options.pollMs ?? 500, () => {
      const hadExpiries = [...lists.browsers.values()].some(({ expiry }) => expiry !== null);
      void refresh().then(() => {
        if (closed) return;
        if (hadExpiries) for (const listener of listeners) listener();
        poll();
      });
    });
  }

  /** Static nodes, and members that are not among them. */
  function dialled(): readonly ListedNode[] {
    const known = new Set(lists.staticNodes.map(({ peerId }) => peerId));
    return [...lists.staticNodes, ...members.filter(({ peerId }) => !known.has(peerId))];
  }

  function admissible(): readonly ListedNode[] {
    return lists.permissioned ?? dialled();
  }

  function identify(peerId: string): PeerIdentity | undefined {
    if (peerId === selfId || lists.disallowed.has(peerId)) return undefined;
    const node = admissible().find((candidate) => candidate.peerId === peerId);
    if (node !== undefined) return { role: 'node', name: undefined, address: node.address };
    const browser = lists.browsers.get(peerId);
    if (browser === undefined) return undefined;
    if (browser.expiry !== null && Date.parse(browser.expiry) <= clock.nowMs()) return undefined;
    return { role: 'browser', name: browser.name, address: undefined };
  }

  async function readBrowsers(): Promise<readonly ListedBrowser[]> {
    const text = await readText(paths.browsers);
    return text === undefined ? [] : parseBrowserList(text);
  }

  const books: RedemptionBooks = {
    redeemed: async () => {
      const text = await readText(paths.redeemed);
      return text === undefined ? [] : parseRedeemedRecords(text);
    },
    writeRedeemed: (records) => writeAtomically(paths.redeemed, formatRedeemedRecords(records)),
    findBrowser: async (peerId) => (await readBrowsers()).find((browser) => browser.peerId === peerId),
    addBrowser: async (browser) => {
      await withFileLock(paths.browsers, async () => {
        const others = (await readBrowsers()).filter(({ peerId }) => peerId !== browser.peerId);
        await writeAtomically(paths.browsers, formatBrowserList([...others, browser]));
      });
      await refreshAfresh();
    },
  };
  const desk = createRedemptionDesk({ selfId, genesisHash, clock, books });

  await refresh();
  poll();
  return {
    identify,
    staticPeers: () =>
      dialled()
        .filter(({ peerId }) => identify(peerId) !== undefined)
        .map(({ peerId, multiaddr }) => ({ peerId, multiaddrs: [multiaddr] })),
    setMembers(enodes) {
      members = enodes.map(parseListedNode);
      if (!closed) for (const listener of listeners) listener();
    },
    listedNodes: () => admissible().flatMap(({ peerId }) => (identify(peerId) === undefined ? [] : peerId)),
    refresh: refreshAfresh,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    redeem: (peerId, invitation) => desk.redeem(peerId, invitation),
    close: async () => {
      closed = true;
      cancelPoll();
      await reading;
    },
  };
}

function mergeLists(
  given: readonly ListedNode[] | undefined,
  read: readonly ListedNode[] | undefined,
): readonly ListedNode[] | undefined {
  if (given === undefined && read === undefined) return undefined;
  return [...(given ?? []), ...(read ?? [])];
}
