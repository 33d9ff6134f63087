import { existsSync } from 'node:fs';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { listFolder, readJson } from './files.ts';
import { replayHttp, type HttpExchange } from './rpc-http-replay.ts';
import { alignNonces } from './rpc-nonces.ts';
import { prepare } from './rpc-prepare.ts';
import { startReplayNetwork } from './rpc-network.ts';
import { checkSurface, type Surface } from './rpc-surface.ts';
import { Translation } from './rpc-translation.ts';
import { replayWebSocket, type WsExchange } from './rpc-ws-replay.ts';

/** A recorded session of one client. */
interface Recording {
  readonly name: string;
  readonly exchanges: readonly (HttpExchange | WsExchange)[];
  /** Highest block number seen in it: sessions of one network follow each other. */
  readonly lastBlock: number;
}

/** Not sessions of clients of a node. */
const OTHER_FILES: ReadonlySet<string> = new Set(['network.json', 'surface.json', 'transaction-manager.json']);
/** Recorded on a network of their own: they begin with the first transactions of the node's account again. */
const HAND_WRITTEN = /^raw-/;

/** Numbers above this are no heads of a recorded network, but questions for blocks that do not exist. */
const HEAD_MAX = 100_000;

/** The highest number of a block in recorded answers. */
function lastBlockOf(exchanges: readonly (HttpExchange | WsExchange)[]): number {
  const text = JSON.stringify(exchanges.map((exchange) => exchange.response?.parsed ?? null));
  const numbers = [...text.matchAll(/"(?:blockNumber|number)":"(0x[0-9a-f]+)"/g)]
    .map((match) => Number(match[1]))
    .filter((number) => number < HEAD_MAX);
  return numbers.length === 0 ? HEAD_MAX : Math.max(...numbers);
}

function readRecordings(folder: string): readonly Recording[] {
  return listFolder(folder)
    .filter((file) => file.endsWith('.json') && !OTHER_FILES.has(file))
    .map((file) => {
      const { exchanges } = readJson<{ exchanges: readonly (HttpExchange | WsExchange)[] }>(`${folder}/${file}`);
      return { name: file.slice(0, -'.json'.length), exchanges, lastBlock: lastBlockOf(exchanges) };
    });
}

/** Whether notifications of pending transactions name some that no request sent. */
function speaksOfOthers(recordings: readonly Recording[], known: ReadonlySet<string>): boolean {
  const text = JSON.stringify(
    recordings.map(({ exchanges }) => exchanges.map((exchange) => exchange.response?.parsed ?? null)),
  );
  const pending = text.matchAll(/"subscription":"0x[0-9a-f]+","result":"(0x[0-9a-f]{64})"/g);
  return [...pending].some((match) => !known.has(match[1] ?? ''));
}

async function* replayAll(
  folder: string,
  recordings: readonly Recording[],
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  if (recordings.length === 0) return;
  const network = await startReplayNetwork(folder);
  const translation = new Translation();
  try {
    const known = await prepare(
      network.http,
      network.recorded,
      network.funder,
      recordings.flatMap(({ exchanges }) => exchanges),
      translation,
    );
    const knowledge = { translation, known, hasUnrecorded: speaksOfOthers(recordings, known) };
    for (const { name, exchanges } of recordings.toSorted(
      (left, right) => left.lastBlock - right.lastBlock || (left.name < right.name ? -1 : 1),
    )) {
      const http = exchanges.filter((exchange): exchange is HttpExchange => exchange.transport === 'http');
      const ws = exchanges.filter((exchange): exchange is WsExchange => exchange.transport === 'ws');
      await alignNonces(network.http, network.recorded, exchanges);
      yield* replayHttp(name, http, network.http, knowledge, options);
      yield* replayWebSocket(name, ws, network.ws, knowledge, options);
    }
  } finally {
    await network.stop();
  }
}

/** The suite `rpc` of interfaces.md 4: recorded sessions against a network of ours, and the surface. */
export async function* rpcSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  if (existsSync(`${path}/surface.json`)) yield* checkSurface(readJson<Surface>(`${path}/surface.json`), options);
  if (!existsSync(`${path}/network.json`)) return;
  const recordings = readRecordings(path);
  yield* replayAll(
    path,
    recordings.filter(({ name }) => !HAND_WRITTEN.test(name)),
    options,
  );
  yield* replayAll(
    path,
    recordings.filter(({ name }) => HAND_WRITTEN.test(name)),
    options,
  );
}
