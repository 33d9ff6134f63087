import { createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createClock } from '@isoquorum/platform/node/clock';
import { installFastestCrypto, type Secp256k1Choice } from '@isoquorum/platform/node/crypto';
import { createRecoveryPool } from '@isoquorum/platform/node/recovery-pool';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import type { Logger } from '@isoquorum/platform/logger';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { ChainReader } from '../chain/chain.ts';
import type { GcMode } from '../chain/pruner.ts';
import type { RulesProfile } from '../node-options.ts';
import { importChain, type ImportProgress, type ImportReport } from '../import/import-chain.ts';
import type { ManagerData } from '../import/manager-data.ts';
import { createRecordedPayloads } from '../import/recorded-payloads.ts';
import { noPayloads } from '../private/payload-resolver.ts';
import { openChainStore } from './data-directory.ts';
import { createEvm, type EvmChoice } from './evm.ts';
import { readJsonFile, readManagerData } from './read-manager-data.ts';

/**
 * LevelDB's memtable while a chain is imported. Trie nodes have their hashes as keys, so that each compaction rewrites much of what is there:
 * with the 16 MiB of a node, which receives less, a long import took a sixth more processor time (docs/adr/015).
 */
const writeBufferBytes = 64 * 1024 * 1024;

export interface ImportFileOptions {
  /** chain.rlp or chain.rlp.gz. */
  readonly file: string;
  /** genesis.json, parsed. */
  readonly genesis: unknown;
  /** JSON: digest → answer of the party's manager. */
  readonly payloadsFile?: string;
  /** Folder of a recorded node: `payloads.json`, `payload-details.json`; `q2t.json.gz` of the chain in it or two folders above. */
  readonly managerDataDir?: string;
  readonly psi?: string;
  /** Layout of `startNode`'s; without it the import works in memory. */
  readonly dataDir?: string;
  readonly rules?: RulesProfile;
  /** `archive` unless told: the states of all blocks are kept. */
  readonly gcMode?: GcMode;
  readonly evm?: EvmChoice;
  /** Threads for sender recovery beside this one; 1 unless told. */
  readonly recoveryThreads?: number;
  /** Only for comparisons: another implementation of secp256k1 than the fastest that runs here. */
  readonly crypto?: Secp256k1Choice;
  /** Trie nodes kept decoded in memory at most. */
  readonly maxNodes?: number;
  readonly logger?: Logger;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly onDone?: (chain: ChainReader) => void | Promise<void>;
}

function payloadsOf(options: ImportFileOptions): ManagerData {
  if (options.managerDataDir !== undefined) return readManagerData(options.managerDataDir);
  const { payloadsFile } = options;
  const source = payloadsFile === undefined ? noPayloads : createRecordedPayloads(readJsonFile(payloadsFile));
  return { source, groups: undefined };
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const start = new Uint8Array(2);
    await handle.read(start, 0, 2, 0);
    return start[0] === 0x1f && start[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** @throws CHAIN_FILE_CUT, CHAIN_FILE_INVALID always: what the file system or the unpacking says, with a code */
function chainFileUnreadable(path: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // What zlib calls it when the packed bytes end too early.
  const isCut = cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR';
  const code = isCut ? 'CHAIN_FILE_CUT' : 'CHAIN_FILE_INVALID';
  throw new IsoquorumError(code, `${path} cannot be read: ${reason}`, { path, reason }, 'STOP', { cause });
}

/** Unpacks a gzip file piece by piece; a plain one is read as it is. Told apart by its first bytes. @throws CHAIN_FILE_CUT, CHAIN_FILE_INVALID */
export async function* readChainFile(
  path: string,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const isPacked = await isGzip(path).catch((error: unknown) => chainFileUnreadable(path, error));
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const counter = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      onBytes(piece.length);
      done(undefined, piece);
    },
  });
  const last = isPacked ? createGunzip({ chunkSize: 256 * 1024 }) : new PassThrough();
  const reading = pipeline(file, counter, last);
  reading.catch(() => undefined);
  const pieces = last[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      // Not `for await`: what the consumer throws is not the file's.
      const next = await pieces.next().catch((error: unknown) => chainFileUnreadable(path, error));
      if (next.done === true) break;
      yield next.value;
    }
    await reading;
  } finally {
    await pieces.return?.();
  }
}

/**
 * `isoquorum import` (interfaces.md 3): imports a file that `geth export` wrote.
 * @throws IMPORT_FAILED, IMPORT_OTHER_CHAIN, PAYLOADS_TOO_LATE, PAYLOAD_UNRESOLVED, CHAIN_FILE_*, PAYLOADS_INVALID, MANAGER_DATA_INVALID, PRIVATE_GROUPS_CLASH, UNKNOWN_PRIVATE_STATE, GENESIS_*, STORE_*, DIRECTORY_UNUSABLE
 */
export async function importFile(options: ImportFileOptions): Promise<ImportReport> {
  const { crypto } = options;
  const threads = options.recoveryThreads ?? 1;
  const recovery = createRecoveryPool({ threads, ...(crypto === undefined ? {} : { crypto }) });
  recovery.warmUp();
  await installFastestCrypto(crypto);
  const genesis = parseGenesis(options.genesis);
  const { source: payloads, groups } = payloadsOf(options);
  const store = await openChainStore(options.dataDir, writeBufferBytes);
  const bytesTotal = statSync(options.file).size;
  let packedRead = 0;
  try {
    return await importChain({
      genesis,
      source: readChainFile(options.file, (bytes) => {
        packedRead += bytes;
      }),
      payloads,
      groups,
      psi: options.psi,
      store,
      rules: options.rules ?? 'strict',
      ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
      ...(options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes }),
      evm: createEvm(options.evm, options.logger),
      recovery,
      clock: createClock(),
      logger: options.logger ?? silentLogger,
      bytesTotal,
      onProgress: (progress) => options.onProgress?.({ ...progress, bytesRead: Math.min(packedRead, bytesTotal) }),
      ...(options.onDone === undefined ? {} : { onDone: options.onDone }),
    });
  } finally {
    await recovery.close();
    await store.close();
  }
}
