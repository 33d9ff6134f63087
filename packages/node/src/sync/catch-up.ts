import { type Block, blockHash, type BlockBody, decodeBlock, decodeBlockBody } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeHeader, headerHash, type Header } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { BLOCKS_PROTOCOL, SYNC_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeNewBlock } from '@isoquorum/network/wire/new-block';
import { decodeSyncAnswer, encodeSyncRequest, type SyncRequest } from '@isoquorum/network/wire/sync';
import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { ChainReader } from '../chain/chain.ts';
import type { Importer } from '../import/importer.ts';
import type { SyncStatus } from '../node-context.ts';
import { createShares } from '../shares.ts';
import type { BranchHeader, BranchLimits } from './branch-limits.ts';

const headersPerRequest = 192;
const bodiesPerRequest = 64;
/** How long a hint waits for the block to come by itself, milliseconds. */
const hintDelayMs = 200;
const retryMs = 1_000;
/** Longest branch that is fetched when it does not follow our head, blocks. */
const branchMax = 50_000;
/** Bytes of its headers. */
const branchBytesMax = 64 * 1024 * 1024;
/** How far into the future a block may be that is kept until its time has come, milliseconds. */
const futureMsMax = 30_000;
/** Blocks of one peer that wait for their time: nothing but their time stamp may have been looked at. */
const earlyOfPeer = { messages: 8, bytes: 16 * 1024 * 1024 };
/** Batches under way while the next block is executed. */
const writesUnderWayMax = 4;

/** Brings missing blocks from peers, and takes in blocks that peers announce. */
export interface CatchUp {
  /** There is a block of this number somewhere. */
  hint(number: number): void;
  status(): SyncStatus;
  stop(): Promise<void>;
}

export interface CatchUpOptions {
  readonly host: NetworkHost;
  readonly chain: ChainReader;
  readonly importer: Importer;
  /** Where the engine may leave canonical blocks for others (Clique), blocks beside the canonical chain are wanted too, within these limits. */
  readonly branches: BranchLimits | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onAnnounced: (peerId: string, hash: Hash32) => void;
  /** A store that fails: the node must stop. */
  readonly onFatal: (error: unknown) => void;
}

function lies(message: string, fields: Readonly<Record<string, unknown>>): IsoquorumError {
  return new IsoquorumError('SYNC_ANSWER_INVALID', message, fields, 'REJECT');
}

export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { host, chain, importer, clock, logger, branches } = options;
  const hasForks = branches !== undefined;
  /** Highest block that each peer is known to have. */
  const peerHeads = new Map<string, number>();
  /** Newest block that each peer is known to have, on chains with forks. */
  const peerHashes = new Map<string, Hash32>();
  /** Peers that gave bad answers, until this time. */
  const distrusted = new Map<string, number>();
  let target = chain.headNumber();
  let startingBlock = chain.headNumber();
  let running: Promise<void> | undefined;
  const later = new Set<CancelTimer>();
  const early = createShares(earlyOfPeer);
  let cancelTimer: CancelTimer | undefined;
  let stopped = false;

  function note(peerId: string, number: number): void {
    if (number > (peerHeads.get(peerId) ?? -1)) peerHeads.set(peerId, number);
    if (number > target) target = number;
  }

  /** The peer has a block that we lack. */
  function hasMore(id: string): boolean {
    const hash = hasForks ? peerHashes.get(id) : undefined;
    return (peerHeads.get(id) ?? 0) > chain.headNumber() || (hash !== undefined && !chain.hasBlock(hash));
  }

  function sources(): Peer[] {
    const now = clock.nowMs();
    return host
      .peers()
      .filter(({ id, role }) => role === 'node' && hasMore(id) && (distrusted.get(id) ?? 0) <= now)
      .toSorted((left, right) => (peerHeads.get(right.id) ?? 0) - (peerHeads.get(left.id) ?? 0));
  }

  async function ask(peer: Peer, request: SyncRequest): Promise<readonly Uint8Array[]> {
    const bytes = await host.request(peer.id, SYNC_PROTOCOL, encodeSyncRequest(request));
    const { answer } = decodeSyncAnswer(bytes);
    if (answer.type !== request.type) throw lies('an answer of another kind', { type: answer.type });
    return answer.items;
  }

  async function fetchHeaders(peer: Peer): Promise<BranchHeader[]> {
    let parentHash = chain.head().hash;
    const first = chain.headNumber() + 1;
    const items = await ask(peer, {
      type: 'headers',
      origin: first,
      amount: headersPerRequest,
      skip: 0,
      reverse: false,
    });
    const headers: BranchHeader[] = [];
    for (const item of items.slice(0, headersPerRequest)) {
      const header = decodeHeader(item);
      const number = first + headers.length;
      if (header.number !== number || !bytesEqual(header.parentHash, parentHash)) {
        if (hasForks && headers.length === 0) return [];
        throw lies('headers that do not follow our head', { number });
      }
      parentHash = headerHash(header);
      headers.push({ header, hash: parentHash });
    }
    return headers;
  }

  async function fetchBodies(peer: Peer, hashes: readonly Hash32[]): Promise<BlockBody[]> {
    const bodies: BlockBody[] = [];
    while (bodies.length < hashes.length) {
      const items = await ask(peer, { type: 'bodies', hashes: hashes.slice(bodies.length) });
      if (items.length === 0 || items.length > hashes.length - bodies.length) throw lies('bodies are missing', {});
      for (const item of items) bodies.push(decodeBlockBody(item));
    }
    return bodies;
  }

  /** Headers from the first that we lack up to the peer's newest block, by their hashes, for branches that do not follow our head. */
  async function fetchBranch(peer: Peer): Promise<BranchHeader[]> {
    const headers: BranchHeader[] = [];
    let bytes = 0;
    let wanted = peerHashes.get(peer.id);
    while (wanted !== undefined && !chain.hasBlock(wanted)) {
      const items = await ask(peer, {
        type: 'headers',
        origin: wanted,
        amount: headersPerRequest,
        skip: 0,
        reverse: true,
      });
      // It has left that branch meanwhile, and says so by its next announcement.
      if (items.length === 0) return [];
      for (const item of items.slice(0, headersPerRequest)) {
        const header = decodeHeader(item);
        const hash = headerHash(header);
        if (!bytesEqual(hash, wanted)) throw lies('headers that are not linked', { number: header.number });
        headers.push({ header, hash });
        bytes += item.length;
        wanted = header.parentHash;
        if (chain.hasBlock(wanted)) break;
        if (header.number <= 1 || headers.length >= branchMax || bytes > branchBytesMax)
          throw lies('a branch that does not meet our chain', { number: header.number });
      }
    }
    return headers.reverse();
  }

  /** Takes what this peer can give, up to its head. Answers how many blocks. */
  async function syncFrom(peer: Peer): Promise<number> {
    const following = (peerHeads.get(peer.id) ?? 0) > chain.headNumber() ? await fetchHeaders(peer) : [];
    const branch = following.length === 0 && hasForks ? await fetchBranch(peer) : following;
    const headers = branches?.isWanted(branch) === false ? [] : branch;
    const durable: Promise<void>[] = [];
    let count = 0;
    for (let start = 0; start < headers.length && !stopped; start += bodiesPerRequest) {
      const part = headers.slice(start, start + bodiesPerRequest);
      const bodies = await fetchBodies(
        peer,
        part.map(({ hash }) => hash),
      );
      for (let index = 0; index < part.length; index++) {
        const { header } = part[index] as { header: Header };
        const outcome = await importer.import({ header, ...(bodies[index] as BlockBody) });
        if (outcome.type === 'imported') {
          durable.push(outcome.durable);
          branches?.note(header);
        }
        if (durable.length > writesUnderWayMax) await durable.shift();
        count++;
      }
    }
    await Promise.all(durable);
    if (headers.length === 0) {
      peerHeads.set(peer.id, chain.headNumber());
      peerHashes.delete(peer.id);
    }
    return count;
  }

  async function run(): Promise<void> {
    startingBlock = chain.headNumber();
    let isAnnounced = false;
    while (!stopped) {
      const peer = sources()[0];
      if (peer === undefined) {
        // Nobody has what a hint spoke of: believe what peers were seen to have.
        target = Math.max(chain.headNumber(), ...peerHeads.values());
        break;
      }
      if (!isAnnounced && target > chain.headNumber() + 1) {
        isAnnounced = true;
        logger.log('info', 'Catching up', { from: chain.headNumber(), to: target });
      }
      try {
        await syncFrom(peer);
      } catch (error) {
        if (stopped) return;
        if (isIsoquorumError(error) && error.reaction === 'STOP') return options.onFatal(error);
        const code = isIsoquorumError(error) ? error.code : 'INTERNAL';
        logger.log('warn', 'A peer could not help to catch up', { peer: peer.id, code, reason: String(error) });
        const isFault = isIsoquorumError(error) && error.reaction === 'REJECT';
        distrusted.set(peer.id, clock.nowMs() + (isFault ? 60_000 : 2_000));
      }
    }
    if (isAnnounced) logger.log('info', 'Caught up', { head: chain.headNumber(), target });
  }

  const isBehind = (): boolean => target > chain.headNumber() || (hasForks && [...peerHashes.keys()].some(hasMore));

  function start(): void {
    if (running !== undefined || stopped) return;
    running = run().finally(() => {
      running = undefined;
      if (!stopped && isBehind()) schedule(retryMs);
    });
  }

  function schedule(delayMs: number): void {
    if (cancelTimer !== undefined || stopped) return;
    cancelTimer = clock.setTimer(delayMs, () => {
      cancelTimer = undefined;
      if (isBehind()) start();
    });
  }

  /** A block of a peer whose clock is a little ahead is taken when its time has come. */
  function takeLater(peer: Peer, block: Block, hash: Hash32, size: number): boolean {
    const delayMs = Number(block.header.timestamp) * 1000 - clock.nowMs();
    if (delayMs <= 0 || delayMs > futureMsMax || !early.take(peer.id, size)) return false;
    const cancel = clock.setTimer(delayMs, () => {
      later.delete(cancel);
      early.give(peer.id, size);
      takeBlock(peer, block, hash, size).catch((error: unknown) => {
        if (isIsoquorumError(error) && error.reaction === 'STOP') return options.onFatal(error);
        logger.log('debug', 'A block that waited for its time was refused', { peer: peer.id, reason: String(error) });
      });
    });
    later.add(cancel);
    return true;
  }

  async function takeBlock(peer: Peer, block: Block, hash: Hash32, size: number): Promise<void> {
    const { number, parentHash } = block.header;
    if (hasForks ? chain.hasBlock(hash) : number <= chain.headNumber()) return;
    note(peer.id, number);
    if (hasForks) peerHashes.set(peer.id, hash);
    const isNext = hasForks ? chain.hasBlock(parentHash) : number === chain.headNumber() + 1;
    if (!isNext || running !== undefined) return schedule(hintDelayMs);
    options.onAnnounced(peer.id, hash);
    if (branches?.isWanted([{ header: block.header, hash }]) === false) {
      peerHashes.delete(peer.id);
      return;
    }
    try {
      const outcome = await importer.import(block);
      if (outcome.type === 'imported') {
        branches?.note(block.header);
        await outcome.durable;
      }
    } catch (error) {
      if (isIsoquorumError(error, 'UNKNOWN_ANCESTOR', 'CHAIN_CONFLICT')) return schedule(hintDelayMs);
      if (isIsoquorumError(error, 'BLOCK_IN_FUTURE') && takeLater(peer, block, hash, size)) return;
      throw error;
    }
  }

  host.onFrame(BLOCKS_PROTOCOL, async (peer, frame) => {
    const { block: bytes } = decodeNewBlock(frame);
    const block = decodeBlock(bytes.slice());
    const hash = blockHash(block);
    options.onAnnounced(peer.id, hash);
    // A page may not bring blocks: it has none that its nodes lack.
    if (peer.role !== 'node') return;
    await takeBlock(peer, block, hash, bytes.length);
  });
  const stopPeers = host.onPeer(({ type, peer }) => {
    if (type === 'disconnected') {
      peerHeads.delete(peer.id);
      peerHashes.delete(peer.id);
      return;
    }
    if (peer.role !== 'node') return;
    note(peer.id, peer.status.headNumber);
    if (hasForks) peerHashes.set(peer.id, peer.status.headHash);
    if (hasMore(peer.id)) schedule(0);
  });

  return {
    hint(number) {
      if (number > target) target = number;
      for (const { id, role } of host.peers()) if (role === 'node') note(id, number);
      schedule(hintDelayMs);
    },
    status: () => ({
      syncing: running !== undefined && target > chain.headNumber() + 1,
      startingBlock,
      currentBlock: chain.headNumber(),
      highestBlock: Math.max(target, chain.headNumber()),
    }),
    async stop() {
      stopped = true;
      cancelTimer?.();
      for (const cancel of later) cancel();
      stopPeers();
      await running;
    },
  };
}
