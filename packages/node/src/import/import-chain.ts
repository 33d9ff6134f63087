import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import type { Evm } from '@isoquorum/execution/evm/port';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { PendingRecovery, SenderRecovery } from '@isoquorum/platform/sender-recovery';
import type { Store } from '@isoquorum/platform/store';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import type { ChainReader } from '../chain/chain.ts';
import type { GcMode } from '../chain/pruner.ts';
import { openChain } from '../chain/open-chain.ts';
import type { PrivateStore } from '../chain/private-store.ts';
import type { RulesProfile } from '../node-options.ts';
import { createEngineRules } from '../engine/create-engine-rules.ts';
import { createRecoverSenders } from '../pool/senders.ts';
import { openSurvey } from '../private/manager-survey.ts';
import { createPayloadResolver, noPayloads, type PayloadSource } from '../private/payload-resolver.ts';
import { privateDigestsOf } from '../private/private-digests.ts';
import { createPrivateFollower } from '../private/private-follower.ts';
import {
  createPrivateGroups,
  EMPTY_PRIVATE_STATE,
  privateStatesOf,
  type ResidentGroup,
} from '../private/private-groups.ts';
import { streamBlocks } from './block-stream.ts';
import { createExecutor } from './executor.ts';
import { createImporter } from './importer.ts';
import { bringLatePayloads, type LatePayloadsReport } from './late-payloads.ts';

/*
 * What bounds the memory of an import (docs/adr/015): what is decoded is a few blocks ahead of the one that is executed, a few behind it,
 * and the batches in between; the rest is caches with bounds of their own.
 */
/** Transactions whose senders may be recovered ahead of the block that is executed, and blocks read ahead at most. */
const transactionsAheadMax = 2_000;
const blocksAheadMax = 512;
/** Nobody asks for old blocks while a chain is imported. */
const recentTransactionsMax = 500;
/** The private follower wants the result of the block before it is told of the next one. */
const keptResultsMax = 1;
/** Batches that may be on their way to the disk. */
const writesUnderWayMax = 4;

export interface ImportProgress {
  readonly number: number;
  /** So far. */
  readonly transactions: number;
  readonly bytesRead: number;
  /** `undefined` when the length of the source is not known. */
  readonly bytesTotal: number | undefined;
  readonly transactionsPerSecond: number;
  readonly megagasPerSecond: number;
}

/** One line of `report.json` (interfaces.md 3). */
export interface ImportedBlock {
  readonly number: number;
  readonly hash: string;
  readonly stateRoot: string;
  /** An object by private state identifier when there are several private states and none was asked for alone. */
  readonly privateStateRoot: string | Readonly<Record<string, string>>;
  readonly transactions: number;
  readonly gasUsed: number;
}

export interface ImportReport {
  /** All of the file but its genesis. */
  readonly blocks: readonly ImportedBlock[];
  /** How many of them the store held before, so that they were not executed; the figures per second are of the others. */
  readonly alreadyThere: number;
  readonly head: { readonly number: number; readonly hash: string };
  /** What was done for payloads of blocks that were there before; absent when there were none, or no payloads were given. */
  readonly payloads?: LatePayloadsReport;
  readonly seconds: number;
  readonly transactionsPerSecond: number;
  readonly megagasPerSecond: number;
}

export interface ImportChainOptions {
  readonly genesis: Genesis;
  /** The unpacked file, in pieces. */
  readonly source: AsyncIterable<Uint8Array>;
  readonly payloads: PayloadSource;
  /** With several private states (`isMPS`): the manager's groups. Without them all payloads are of one private state. */
  readonly groups?: readonly ResidentGroup[] | undefined;
  /** The only private state to execute; all unless told. */
  readonly psi?: string | undefined;
  readonly store: Store;
  readonly rules: RulesProfile;
  readonly gcMode?: GcMode;
  /** Trie nodes kept decoded in memory at most. */
  readonly maxNodes?: number;
  readonly evm: Evm;
  readonly recovery: SenderRecovery;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bytesTotal?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Called with the chain before the store is closed by the caller: for checks and reads. */
  readonly onDone?: (chain: ChainReader) => void | Promise<void>;
}

/**
 * `IMPORT_FAILED`: block `number` with `hash` was refused; the cause's code is in `code`. `IMPORT_OTHER_CHAIN`: block 0 of the file is not our
 * genesis. `PAYLOADS_TOO_LATE`: the blocks are there, but states that payloads are needed on are pruned. `PAYLOAD_UNRESOLVED`: the blocks are
 * there, but a private state stands before one whose payload cannot be used.
 */
export type ImportChainErrorCode = 'IMPORT_FAILED' | 'IMPORT_OTHER_CHAIN' | 'PAYLOADS_TOO_LATE' | 'PAYLOAD_UNRESOLVED';

/** @throws PAYLOAD_UNRESOLVED when a private state could not be executed to the head */
function refuseWaiting(privates: PrivateStore): void {
  for (const psi of privates.names) {
    const { number, waitingFor } = privates.head(psi);
    if (waitingFor === undefined) continue;
    const { blockNumber, reason, digests } = waitingFor;
    const text = `the blocks are imported, but private state ${psi} stands at block ${number}: a payload of block ${blockNumber} (${digests[0]}) cannot be used (${reason}). Import again with payloads that can`;
    throw new IsoquorumError('PAYLOAD_UNRESOLVED', text, { psi, number, blockNumber, digest: digests[0] }, 'REJECT');
  }
}

function payloadsTooLate(payloads: number, keptFrom: number): IsoquorumError {
  const text = `the blocks are imported, but ${payloads} payloads came too late: states are kept from block ${keptFrom} on. Import into an empty directory, or with --gcmode archive, to execute what they are for`;
  return new IsoquorumError('PAYLOADS_TOO_LATE', text, { payloads, keptFrom }, 'REJECT');
}

/** For a block whose senders nobody needs. */
const nothingPending: PendingRecovery = { finish: async () => {} };

interface Ahead {
  readonly block: Block;
  readonly bytesRead: number;
  readonly senders: PendingRecovery;
}

/**
 * Imports a chain that `geth export` wrote, checking every header, seal, body, receipt root, bloom and state root as a node does, and
 * executes private transactions with what `payloads` knows. The store stays open.
 * @throws IMPORT_FAILED naming the first bad block, IMPORT_OTHER_CHAIN, PAYLOADS_TOO_LATE, PAYLOAD_UNRESOLVED, CHAIN_FILE_*, STORE_*
 */
export async function importChain(options: ImportChainOptions): Promise<ImportReport> {
  const { genesis, clock, logger } = options;
  let fatal: unknown;
  const onFatal = (error: unknown): void => {
    fatal ??= error;
  };
  const groups = genesis.config.isMps && options.groups !== undefined ? createPrivateGroups(options.groups) : undefined;
  const privateStates = privateStatesOf(genesis.config, groups, options.psi);
  const opened = await openChain({
    genesis,
    store: options.store,
    logger,
    onWriteFailure: onFatal,
    privateStates,
    keepsOthers: options.psi !== undefined,
    recentTransactions: recentTransactionsMax,
    recentBlocksMin: writesUnderWayMax + 2,
    ...(options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes }),
    ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
  });
  const { chain, database } = opened;
  const { reader } = chain;
  const mayLackPayloads = reader.headNumber() > 0 && options.payloads !== noPayloads;
  const rules = createEngineRules({ chain, database, profile: options.rules, recover: createRecoverCache() });
  const executor = createExecutor({
    chain,
    database,
    evm: options.evm,
    config: genesis.config,
    author: (header) => rules.author(header),
    keptResults: keptResultsMax,
  });
  const resolver = createPayloadResolver({ source: options.payloads });
  const follower = createPrivateFollower({ chain, executor, resolver, groups, clock, logger, onFatal });
  const recoverSenders = createRecoverSenders(options.recovery);
  const importer = createImporter({ chain, executor, rules, recoverSenders, resolver, clock });
  const startedMs = clock.nowMs();
  const durable: Promise<void>[] = [];
  const numbers: number[] = [];
  let transactions = 0;
  let gas = 0;
  let alreadyThere = 0;
  let latePayloads: LatePayloadsReport | undefined;

  const perSecond = (count: number): number => count / Math.max((clock.nowMs() - startedMs) / 1000, 0.001);

  function beginRecovery(block: Block): PendingRecovery {
    const { number } = block.header;
    const canonical = chain.blocks.canonicalHash(number);
    if (canonical !== undefined && bytesEqual(canonical, blockHash(block))) return nothingPending;
    return options.recovery.begin(block.transactions, signerChainIdAt(genesis.config, number));
  }

  async function take({ block, bytesRead, senders }: Ahead): Promise<void> {
    const { header } = block;
    if (header.number === 0) {
      if (bytesEqual(blockHash(block), reader.genesisHash)) return;
      const hash = bytesToHex(blockHash(block));
      throw new IsoquorumError('IMPORT_OTHER_CHAIN', `block 0 of the file is ${hash}, not the genesis`, { hash });
    }
    await senders.finish();
    if (fatal !== undefined) throw fatal;
    try {
      const outcome = await importer.import(block);
      if (outcome.type === 'imported') {
        durable.push(outcome.durable);
        transactions += block.transactions.length;
        gas += Number(header.gasUsed);
      } else {
        alreadyThere++;
      }
    } catch (error) {
      if (!isIsoquorumError(error) || error.reaction === 'STOP') throw error;
      const hash = bytesToHex(blockHash(block));
      const fields = { ...error.fields, number: header.number, hash, code: error.code };
      throw new IsoquorumError(
        'IMPORT_FAILED',
        `block ${header.number} (${hash}): ${error.message}`,
        fields,
        'REJECT',
        { cause: error },
      );
    }
    if (privateDigestsOf(genesis.config, block).length > 0) {
      // Keeps the private head near, so that public views need not be made again.
      await Promise.all(durable.splice(0));
      await follower.idle();
    } else if (durable.length >= writesUnderWayMax) {
      await durable.shift();
    }
    numbers.push(header.number);
    options.onProgress?.({
      number: header.number,
      transactions,
      bytesRead,
      bytesTotal: options.bytesTotal,
      transactionsPerSecond: perSecond(transactions),
      megagasPerSecond: perSecond(gas) / 1e6,
    });
  }

  await openSurvey(options.store, undefined);
  follower.start();
  opened.startUpkeep();
  try {
    const ahead: Ahead[] = [];
    let transactionsAhead = 0;
    for await (const { block, bytesRead } of streamBlocks(options.source)) {
      ahead.push({ block, bytesRead, senders: beginRecovery(block) });
      transactionsAhead += block.transactions.length;
      while (ahead.length > 0 && (transactionsAhead > transactionsAheadMax || ahead.length > blocksAheadMax)) {
        const next = ahead.shift() as Ahead;
        transactionsAhead -= next.block.transactions.length;
        await take(next);
      }
    }
    for (const next of ahead) await take(next);
    await Promise.all(durable);
    await follower.idle();
    if (mayLackPayloads)
      latePayloads = await bringLatePayloads({ privates: chain.privates, resolver, groups, follower, logger });
    if (fatal !== undefined) throw fatal;
    refuseWaiting(chain.privates);
    const tooLate = latePayloads?.tooLate ?? 0;
    if (tooLate > 0) throw payloadsTooLate(tooLate, reader.statesKeptFrom());
  } finally {
    await Promise.allSettled(durable);
    await follower.stop();
    await opened.stopUpkeep();
    await chain.writes.flush().catch(() => undefined);
  }
  const seconds = (clock.nowMs() - startedMs) / 1000;
  await options.onDone?.(reader);
  return {
    blocks: numbers.map((number) => reportOf(reader, number, groups === undefined ? privateStates[0] : options.psi)),
    alreadyThere,
    head: { number: reader.headNumber(), hash: bytesToHex(reader.head().hash) },
    ...(latePayloads === undefined ? {} : { payloads: latePayloads }),
    seconds,
    transactionsPerSecond: transactions / Math.max(seconds, 0.001),
    megagasPerSecond: gas / 1e6 / Math.max(seconds, 0.001),
  };
}

/** @param psi the only private state; undefined: there are several */
function reportOf(reader: ChainReader, number: number, psi: string | undefined): ImportedBlock {
  const found = reader.blockByNumber(number);
  if (found === undefined) throw new IsoquorumError('UNKNOWN_BLOCK', 'unknown block', { number });
  const { header, transactions } = found.block;
  const names = reader.privateStates().filter((psi) => psi !== EMPTY_PRIVATE_STATE);
  const root = (psi: string): string => bytesToHex(reader.privateStateRoot(found.hash, psi));
  return {
    number,
    hash: bytesToHex(found.hash),
    stateRoot: bytesToHex(header.stateRoot),
    privateStateRoot: psi === undefined ? Object.fromEntries(names.map((name) => [name, root(name)])) : root(psi),
    transactions: transactions.length,
    gasUsed: Number(header.gasUsed),
  };
}
