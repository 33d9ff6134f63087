import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { BLOCKS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeNewBlock } from '@isoquorum/network/wire/new-block';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type Block, type BlockBody, decodeBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { type Header, headerHash, readHeader } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { participantError } from '../errors.ts';
import type { ChainStore } from './chain-store.ts';
import type { ReadValidators } from './contract-validators.ts';
import { checkBody, hasEmptyBody } from './check-body.ts';
import type { CheckedBlock, CheckedHeader, HeaderVerifier } from './header-verifier.ts';
import { createPeerHeads, type PeerHeads } from './peer-heads.ts';
import type { SyncClient } from './sync-client.ts';

/** Headers that are asked for at once while catching up. */
const segmentLength = 192;
/** Bodies that are asked for at once. */
const bodiesLength = 48;
/** Announced blocks that wait for their turn. */
const arrivedMax = 16;

/** A header or body that was offered and refused. */
export interface Refusal {
  readonly number: number;
  readonly hash: string;
  readonly peerId: string;
  readonly code: string;
  readonly reason: string;
}

export interface FollowerOptions {
  readonly host: NetworkHost;
  readonly sync: SyncClient;
  readonly verifier: HeaderVerifier;
  /** For chains whose validators a contract names. */
  readonly readValidators: ReadValidators;
  readonly chainStore: ChainStore;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly blockPeriodSeconds: number;
  /** What else is to be written with these blocks, in the same batch. */
  readonly operationsFor: (blocks: readonly CheckedBlock[]) => readonly StoreOperation[];
  /** Called after the batch is durable. */
  readonly onBlocks: (blocks: readonly CheckedBlock[]) => void;
  readonly onRefusal: (refusal: Refusal) => void;
  /** A write failed: nothing is followed any more. */
  readonly onFatal: (error: unknown) => void;
  /** Called when a peer says something new about its head. */
  readonly onHeads: () => void;
}

/** Follows the chain from several validators at once, checking everything before anybody else sees it. */
export interface Follower {
  readonly peerHeads: PeerHeads;
  /** The highest number that a connected validator claims. */
  target(): number;
  start(): void;
  stop(): Promise<void>;
}

export function createFollower(options: FollowerOptions): Follower {
  const { host, sync, verifier, chainStore, store, clock, logger } = options;
  const peerHeads = createPeerHeads();
  const arrived = new Map<string, { readonly block: Block; readonly peerId: string }>();
  const refused = new Map<string, string>();
  let running = false;
  let working: Promise<void> | undefined;
  let again = false;
  let cancelTimer: CancelTimer | undefined;
  let removeListener: (() => void) | undefined;

  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);
  const nodes = (): readonly Peer[] => host.peers().filter((peer) => peer.role === 'node');
  const headNumber = (): number => verifier.head.header.number;

  function noteRefusal(header: Header, peerId: string, error: unknown): void {
    const hash = bytesToHex(headerHash(header));
    const code = isIsoquorumError(error) ? error.code : 'UNEXPECTED';
    const reason = error instanceof Error ? error.message : String(error);
    const key = `${hash} ${peerId} ${code}`;
    if (refused.has(key)) return;
    if (refused.size > 256) refused.clear();
    refused.set(key, code);
    options.onRefusal({ number: header.number, hash, peerId, code, reason });
  }

  function wake(): void {
    if (!running) return;
    if (working !== undefined) {
      again = true;
      return;
    }
    working = work()
      .catch((error: unknown) => logger.log('error', 'following failed', { error: String(error) }))
      .finally(() => {
        working = undefined;
        if (again) {
          again = false;
          wake();
        }
      });
  }

  async function work(): Promise<void> {
    const failed = new Set<string>();
    while (running) {
      const next = takeArrived();
      if (next !== undefined) {
        await acceptAnnounced(next.block, next.peerId, failed);
        continue;
      }
      const peer = peerHeads.best(nodes(), headNumber(), failed);
      if (peer === undefined) return;
      try {
        const accepted = await catchUp(peer);
        if (accepted === 0) failed.add(peer.id);
      } catch (error) {
        failed.add(peer.id);
        peerHeads.disbelieve(peer.id, headNumber());
        logger.log('warn', 'catching up failed', { peerId: peer.id, error: String(error) });
      }
    }
  }

  function takeArrived(): { readonly block: Block; readonly peerId: string } | undefined {
    for (const [key, entry] of arrived) {
      const { number } = entry.block.header;
      if (number === headNumber() + 1) {
        arrived.delete(key);
        return entry;
      }
      if (number <= headNumber()) arrived.delete(key);
    }
    return undefined;
  }

  /** Where a contract names the next validators, it is asked on the header's own state, once the header's seals are checked. */
  async function accept(header: Header): Promise<CheckedHeader> {
    const contract = verifier.contractAt(header.number);
    if (contract === undefined) return verifier.accept(header, nowSeconds());
    verifier.check(header, nowSeconds());
    return verifier.accept(header, nowSeconds(), await options.readValidators(contract, header));
  }

  async function acceptAnnounced(block: Block, peerId: string, failed: Set<string>): Promise<void> {
    try {
      checkBody(block.header, headerHash(block.header), block);
      const checked = await accept(block.header);
      await commit([{ ...checked, transactions: block.transactions }]);
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      failed.add(peerId);
      peerHeads.disbelieve(peerId, headNumber());
      noteRefusal(block.header, peerId, error);
    }
  }

  /** Asks one validator for the next segment; answers how many blocks were accepted. */
  async function catchUp(peer: Peer): Promise<number> {
    const start = headNumber() + 1;
    const amount = Math.min(segmentLength, Math.max(1, peerHeads.number(peer.id) - start + 1));
    const headers = await sync.headers(peer.id, start, amount);
    if (headers.length === 0) {
      peerHeads.disbelieve(peer.id, headNumber());
      return 0;
    }
    let accepted = 0;
    // A part at a time, so that other work of this thread is not held up, and progress shows.
    for (let from = 0; from < headers.length && running; from += bodiesLength) {
      const part = headers.slice(from, from + bodiesLength);
      accepted += await acceptPart(peer, part);
      if (headNumber() !== start + from + part.length - 1) break;
      await new Promise<void>((resolve) => clock.setTimer(0, resolve));
    }
    return accepted;
  }

  async function acceptPart(peer: Peer, headers: readonly Header[]): Promise<number> {
    // Bodies first: nothing may be taken for checked whose body is not at hand.
    const bodies = await fetchBodies(peer, headers);
    const blocks: CheckedBlock[] = [];
    let accepted = 0;
    for (const header of headers) {
      const body = bodies.get(header);
      if (body === undefined) break;
      // A contract answers over the network: meanwhile nothing counts as checked that is not kept.
      if (verifier.contractAt(header.number) !== undefined && blocks.length > 0) await commit(blocks.splice(0));
      let checked: CheckedHeader;
      try {
        checkBody(header, headerHash(header), body);
        checked = await accept(header);
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        peerHeads.disbelieve(peer.id, headNumber());
        noteRefusal(header, peer.id, error);
        break;
      }
      blocks.push({ ...checked, transactions: body.transactions });
      accepted++;
    }
    if (blocks.length > 0) await commit(blocks);
    return accepted;
  }

  async function fetchBodies(peer: Peer, headers: readonly Header[]): Promise<Map<Header, BlockBody>> {
    const found = new Map<Header, BlockBody>();
    const wanted = headers.filter((header) => {
      if (!hasEmptyBody(header)) return true;
      found.set(header, { transactions: [], uncles: [] });
      return false;
    });
    let missing = wanted;
    while (missing.length > 0) {
      const bodies = await sync.bodies(peer.id, missing.map(headerHash));
      if (bodies.length === 0)
        throw participantError('NOT_SERVED', 'A validator did not give the bodies of blocks whose headers it gave.', {
          peerId: peer.id,
        });
      for (const [index, body] of bodies.entries()) found.set(missing[index] as Header, body);
      missing = missing.slice(bodies.length);
    }
    return found;
  }

  async function commit(blocks: readonly CheckedBlock[]): Promise<void> {
    try {
      await store.batch([...chainStore.append(blocks, verifier.encode()), ...options.operationsFor(blocks)]);
    } catch (error) {
      // Going on would leave a gap in what is stored: a failed write ends the following, a reload resumes from the last good one.
      running = false;
      options.onFatal(error);
      throw error;
    }
    const { header, hash } = verifier.head;
    host.setStatus({ number: header.number, hash });
    options.onBlocks(blocks);
  }

  function receive(peer: Peer, frame: Uint8Array): void {
    if (!running || peer.role !== 'node') return;
    const encoded = decodeNewBlock(frame).block;
    // The same block comes from each validator: its body is decoded once.
    const header = readHeader(new RlpReader(encoded).readList('block'));
    const { number } = header;
    const hash = bytesToHex(headerHash(header));
    peerHeads.say(peer.id, number, hash);
    options.onHeads();
    // A block that is not next is fetched when its turn comes.
    if (number === headNumber() + 1 && arrived.size < arrivedMax && !arrived.has(hash))
      arrived.set(hash, { block: decodeBlock(encoded.slice()), peerId: peer.id });
    wake();
  }

  /** Asks everybody for what comes next when nothing came by itself, for instance because an announcement was lost. */
  function poll(): void {
    cancelTimer = clock.setTimer(Math.max(2000, options.blockPeriodSeconds * 2500), () => {
      if (!running) return;
      const age = nowSeconds() - Number(verifier.head.header.timestamp);
      if (age > options.blockPeriodSeconds * 2)
        for (const peer of nodes()) peerHeads.suppose(peer.id, headNumber() + 1);
      wake();
      poll();
    });
  }

  return {
    peerHeads,
    target: () => peerHeads.highest(nodes(), headNumber()),
    start() {
      if (running) return;
      running = true;
      host.onFrame(BLOCKS_PROTOCOL, receive);
      const greet = (peer: Peer): void => {
        if (peer.role !== 'node') return;
        peerHeads.say(peer.id, peer.status.headNumber, bytesToHex(peer.status.headHash));
        options.onHeads();
        wake();
      };
      removeListener = host.onPeer((event) => {
        if (event.type === 'connected') greet(event.peer);
        else {
          peerHeads.forget(event.peer.id);
          options.onHeads();
        }
      });
      for (const peer of nodes()) greet(peer);
      poll();
    },
    async stop() {
      running = false;
      cancelTimer?.();
      removeListener?.();
      await working;
    },
  };
}
