import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openRecordedNode, type RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import type { ChainCase } from './chain-case.ts';
import { dumpCases } from './chain-dumps.ts';
import { filterCases, frameCases } from './chain-frames.ts';
import { type About, chainFolders, readAbout } from './chain-layout.ts';
import { openRaftReads } from './chain-raft.ts';
import { callCases, type ReadNode, receiptCases } from './chain-reads.ts';
import { blockCases, exportCases, rootCases, summaryCases } from './chain-roots.ts';
import { variantCases } from './chain-variants.ts';
import { refusalCases } from './chain-writes.ts';
import { describeError, isWanted, runCase } from './check.ts';
import { LayoutError } from './files.ts';

/** The node whose answers `blocks.json.gz` holds. */
const ANSWERS_BLOCKS = 1;

/** Runs the cases that are asked for; recordings that cannot be read are a failure of their own. */
async function* runAll(name: string, cases: Iterable<ChainCase>, options: SuiteOptions): AsyncGenerator<CaseResult> {
  try {
    for (const one of cases) if (isWanted(one.name, options)) yield await runCase(one.name, one.run);
  } catch (error) {
    yield { name, status: 'failed', reason: describeError(error) };
  }
}

/** Everything that was recorded of one node; it is opened when the first case that is asked for needs it. */
async function* nodeResults(
  folder: string,
  chain: string,
  number: number,
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  const title = `${chain} node ${number}`;
  const rules = options.rules ?? 'goquorum';
  let opened: Promise<RecordedNode> | undefined;
  const open = (): Promise<RecordedNode> => (opened ??= openRecordedNode({ chainFolder: folder, node: number, rules }));
  const raft = openRaftReads(folder, number);
  const reads: ReadNode = { folder, title, number, rules, raft, open };
  try {
    const imports = [{ name: `${title} import`, run: async () => void (await open()) }];
    for await (const result of runAll(title, imports, options)) {
      yield result;
      // Without the chain every other case fails for the same reason.
      if (result.status === 'failed') return;
    }
    yield* runAll(title, exportCases(folder, title, open), options);
    yield* runAll(title, rootCases(folder, title, open, number), options);
    if (number === ANSWERS_BLOCKS) {
      yield* runAll(title, blockCases(folder, title, open), options);
      yield* runAll(title, summaryCases(folder, title, open), options);
    }
    yield* runAll(title, dumpCases(folder, title, open, number, rules), options);
    yield* runAll(title, receiptCases(reads), options);
    yield* runAll(title, callCases(reads), options);
  } finally {
    await raft.close();
    await (await opened?.catch(() => undefined))?.close();
  }
}

/** Recordings of what this version does not have. */
function* unplayed(folder: string, chain: string): Generator<CaseResult> {
  for (const [file, reason] of [
    ['graphql.json.gz', 'GraphQL is not in this version'],
    ['mps-upgrade.json.gz', 'turning one private state into several (mpsdbupgrade) is not in this version'],
  ] as const) {
    if (existsSync(join(folder, file))) yield { name: `${chain} ${file}`, status: 'skipped', reason };
  }
}

/** Suite `chain`: recorded chains, at every node's view. `path` is one chain, or a folder of such. @throws LayoutError when it is neither */
export async function* chainSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  await installFastestCrypto();
  const rules = options.rules ?? 'goquorum';
  for (const folder of chainFolders(path)) {
    const chain = basename(folder);
    let about: About;
    try {
      about = readAbout(folder);
    } catch (error) {
      yield {
        name: `${chain} layout`,
        status: 'failed',
        reason: error instanceof LayoutError ? error.message : describeError(error),
      };
      continue;
    }
    for (const { node } of about.nodeDetails) yield* nodeResults(folder, chain, node, options);
    for (const result of unplayed(folder, chain)) if (isWanted(result.name, options)) yield result;
    yield* runAll(`${chain} variants`, variantCases(folder, chain, options.rules), options);
    yield* runAll(`${chain} frames`, frameCases(folder, chain, rules), options);
    yield* runAll(`${chain} filters`, filterCases(folder, chain, rules), options);
    yield* runAll(`${chain} refusals`, refusalCases(folder, chain, rules), options);
  }
}
