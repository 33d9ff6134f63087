/**
 * A validator that lies: run with the folder of a dev network and the name of one of its nodes, it takes that node's place (its key, its
 * ports, its lists), follows the honest chain, and tells pages what the test says. To other validators it is only silent.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileAdmission } from '@isoquorum/network/libp2p/node/file-admission';
import { createNodeHost } from '@isoquorum/network/libp2p/node/host';
import {
  BLOCKS_PROTOCOL,
  CONSENSUS_PROTOCOL,
  SYNC_PROTOCOL,
  TRANSACTIONS_PROTOCOL,
} from '@isoquorum/network/protocols';
import { createChainIdentity } from '@isoquorum/network/session/chain-identity';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { decodeSyncRequest, encodeSyncAnswer, type SyncRequest } from '@isoquorum/network/wire/sync';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import { createClock } from '@isoquorum/platform/node/clock';
import { createLogger } from '@isoquorum/platform/node/logger';
import { createRandom } from '@isoquorum/platform/node/random';
import { type Block, encodeBlock, encodeBlockBody } from '@isoquorum/primitives/block';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { encodeHeader } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { parseNodeKey } from '@isoquorum/primitives/node-key';
import { createChainCopy } from './chain-copy.ts';
import { distortions, forgeries, hashOf, isDistortion, isForgery, type Lie } from './lies.ts';
import type { LiarCommand, LiarReport } from './messages.ts';

const TICK_MS = 150;

const [dataDir = '', name = ''] = process.argv.slice(2);
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(dataDir, file), 'utf8'));
const { nodes } = readJson('network.json') as { nodes: { name: string; multiaddrs: string[] }[] };
const multiaddrs = nodes.find((node) => node.name === name)?.multiaddrs ?? [];
const portOf = (isWs: boolean): number =>
  Number(/\/tcp\/(\d+)/.exec(multiaddrs.find((multiaddr) => multiaddr.includes('/ws') === isWs) ?? '')?.[1]);

const genesis = parseGenesis(readJson('genesis.json'));
const { config } = genesis;
const chainId = config.chainId ?? 1n;
const genesisBlock = createGenesisBlock(genesis);
const directory = join(dataDir, name);
const nodeKey = parseNodeKey(readFileSync(join(directory, 'nodekey'), 'utf8'));
const clock = createClock();
const logger = createLogger({ level: 'warn' });
const admission = await createFileAdmission({
  directory,
  nodeKey,
  genesisHash: genesisBlock.hash,
  clock,
  logger,
  browsersFile: join(dataDir, 'permissioned-browsers.json'),
});
const host = await createNodeHost({
  nodeKey,
  listen: { tcp: { host: '127.0.0.1', port: portOf(false) }, ws: { host: '127.0.0.1', port: portOf(true) } },
  chain: createChainIdentity({
    config,
    genesisHash: genesisBlock.hash,
    networkId: chainId,
    role: 'node',
    client: 'isoquorum/0.1.0',
  }),
  admission,
  clock,
  random: createRandom(),
  logger,
});
const copy = createChainCopy(host, genesisBlock.block.header);
let lie: Lie | undefined;
/** The block that the page asked for last: the one after its head. */
let wanted: number | undefined;

function report(message: LiarReport): void {
  process.send?.(message);
}

function lied(told: Lie, block: Block): Block {
  report({ type: 'lied', lie: told, number: block.header.number, hash: bytesToHex(hashOf(block)) });
  return block;
}

/** The chain as a page is to see it: the first block that it asked for is the one that is changed. */
function shown(number: number): Block | undefined {
  const block = copy.blocks[number];
  if (block === undefined || lie === undefined || number !== wanted || !isDistortion(lie)) return block;
  return lied(lie, distortions[lie](block, chainId));
}

function headersFrom(first: number, amount: number, blockAt: (number: number) => Block | undefined): Uint8Array[] {
  const headers: Uint8Array[] = [];
  for (let number = first; number < first + amount; number += 1) {
    const block = blockAt(number);
    if (block === undefined) break;
    headers.push(encodeHeader(block.header));
  }
  return headers;
}

function bodiesOf(hashes: readonly Uint8Array[], bodyOf: (block: Block) => Block): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (const hash of hashes) {
    // A changed state root changes the hash by which the page asks for the body.
    const block = copy.blocks.find((real) => bytesEqual(hashOf(real), hash)) ?? copy.blocks[wanted ?? 0];
    if (block === undefined) break;
    bodies.push(encodeBlockBody(bodyOf(block)));
  }
  return bodies;
}

/** To nodes the truth; to pages the lie of the moment. */
function answerTo(request: SyncRequest, isPage: boolean): readonly Uint8Array[] {
  if (request.type === 'receipts') return [];
  if (request.type === 'bodies')
    return bodiesOf(request.hashes, (block) => (isPage ? (shown(block.header.number) ?? block) : block));
  if (typeof request.origin !== 'number') return [];
  if (!isPage) return headersFrom(request.origin, request.amount, (number) => copy.blocks[number]);
  wanted = request.origin;
  // A header that says that its body is empty makes a page ask for none: then the changed body is offered unasked alone.
  if (lie === 'bodyChanged' && copy.blocks[wanted]?.transactions.length === 0) return [];
  if (lie !== 'gap') return headersFrom(wanted, request.amount, shown);
  const next = copy.blocks[wanted + 1];
  if (next !== undefined) lied(lie, next);
  return headersFrom(wanted + 1, request.amount, shown);
}

function sendToPages(block: Block): void {
  const frame = encodeNewBlock(encodeBlock(block), BigInt(block.header.number + 1));
  for (const { id, role } of host.peers()) {
    if (role !== 'browser') continue;
    host
      .send(id, BLOCKS_PROTOCOL, frame)
      .catch((error: unknown) => logger.log('warn', 'not sent', { error: String(error) }));
  }
}

/**
 * Says the lie of the moment, again and again: a page that was not ready for it hears it the next time. Without a lie, new blocks are
 * announced as every node does.
 */
function speak(hasNews: boolean): void {
  const newest = copy.blocks.at(-1) as Block;
  if (lie !== undefined && isForgery(lie)) {
    sendToPages(lied(lie, forgeries[lie]({ parent: newest.header, config, nodeKey, chainId })));
    return;
  }
  // The newest block makes a page ask for what it lacks; the block that it lacks first is offered changed, unasked.
  if (lie !== undefined || hasNews) sendToPages(newest);
  if (wanted === undefined || lie === undefined || !isDistortion(lie)) return;
  const next = shown(wanted);
  if (next !== undefined) sendToPages(next);
}

host.onFrame(CONSENSUS_PROTOCOL, () => undefined);
host.onFrame(TRANSACTIONS_PROTOCOL, () => undefined);
host.onFrame(BLOCKS_PROTOCOL, () => undefined);
host.onRequest(SYNC_PROTOCOL, async ({ role }, bytes) => {
  const { requestId, request } = decodeSyncRequest(bytes);
  return encodeSyncAnswer({ type: request.type, items: answerTo(request, role === 'browser') }, requestId);
});
process.on('message', (command: LiarCommand) => {
  lie = command.lie;
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
await host.start();
report({ type: 'started', peerId: host.peerId });

for (;;) {
  const news = await copy.update().catch((error: unknown) => {
    logger.log('warn', 'no news', { error: String(error) });
    return 0;
  });
  const { header } = copy.blocks.at(-1) as Block;
  host.setStatus({ number: header.number, hash: hashOf(copy.blocks.at(-1) as Block) });
  speak(news > 0);
  await new Promise<void>((resolve) => clock.setTimer(TICK_MS, resolve));
}
