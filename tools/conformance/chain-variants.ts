import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { RulesProfile } from '@isoquorum/node/node-options';
import { importChain } from '@isoquorum/node/import/import-chain';
import { createRecordedPayloads } from '@isoquorum/node/import/recorded-payloads';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { createInThreadRecovery } from '@isoquorum/platform/sender-recovery';
import { blockHash, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { ChainCase } from './chain-case.ts';
import { CaseFailure, CaseSkip, describeError, expectEqual } from './check.ts';
import { compatibilityEntries } from './compatibility.ts';
import { readBytes, readJson } from './files.ts';

interface Variant {
  readonly name: string;
  readonly rlp: string;
  readonly accepted: boolean;
  readonly hash?: string;
  readonly error?: string;
}

interface VariantsFile {
  readonly parent: { readonly number: number };
  readonly variants: readonly Variant[];
}

interface Verdict {
  readonly hash?: string;
  /** Text of the refusal, and codes of ours from the outermost error inwards. */
  readonly error?: string;
  readonly codes: readonly string[];
}

/** The blocks 0..last of a chain, encoded. */
function chainUntil(folder: string, last: number): Uint8Array {
  const reader = new RlpReader(readBytes(join(folder, 'chain.rlp.gz')));
  const parts: Uint8Array[] = [];
  for (let number = 0; number <= last && reader.hasMore; number++) parts.push(encodeBlock(readBlock(reader)));
  return concatBytes(...parts);
}

/** Seconds into the future that the original allows when it imports. */
const futureAllowed = 30;

/** When the recording was made, as a refusal of a future block tells it; undefined when none does. */
function recordedSeconds(variants: readonly Variant[]): number | undefined {
  for (const { error } of variants) {
    const allowed = /future block timestamp \d+ > allowed (\d+)/.exec(error ?? '')?.[1];
    if (allowed !== undefined) return Number(allowed) - futureAllowed;
  }
  return undefined;
}

async function judge(
  folder: string,
  before: Uint8Array,
  variant: Variant,
  rules: RulesProfile,
  seconds: number | undefined,
): Promise<Verdict> {
  const bytes = hexToBytes(variant.rlp);
  const clock = createClock();
  try {
    const report = await importChain({
      genesis: parseGenesis(readJson(join(folder, 'genesis.json'))),
      source: (async function* () {
        yield await Promise.resolve(concatBytes(before, bytes));
      })(),
      payloads: createRecordedPayloads({}),
      store: createMemoryStore(),
      rules,
      evm: createFastEvm(),
      recovery: createInThreadRecovery(),
      clock: seconds === undefined ? clock : { ...clock, nowMs: () => seconds * 1_000 },
      logger: silentLogger,
    });
    return { hash: report.head.hash, codes: [] };
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    const cause = isIsoquorumError(error.cause) ? error.cause : error;
    return { error: cause.message, codes: [error.code, cause.code] };
  }
}

function checkVerdict(verdict: Verdict, variant: Variant): void {
  if (!variant.accepted) {
    expectEqual(verdict.error ?? `accepted as ${verdict.hash}`, variant.error, 'the refusal');
    return;
  }
  if (verdict.error !== undefined) throw new CaseFailure(`refused (${verdict.codes.at(-1)}): ${verdict.error}`);
  const [header] = [readBlock(new RlpReader(hexToBytes(variant.rlp)))];
  expectEqual(verdict.hash, variant.hash ?? bytesToHex(blockHash(header)), 'the hash of the head');
}

async function checkVariant(run: () => Promise<Verdict>, variant: Variant, rules: RulesProfile): Promise<void> {
  const verdict = await run();
  try {
    checkVerdict(verdict, variant);
  } catch (error) {
    if (rules !== 'strict') throw error;
    const entry = compatibilityEntries().find(
      ({ suites, errorCodes }) =>
        suites.includes('chain') && errorCodes?.some((code) => verdict.codes.includes(code)) === true,
    );
    if (entry === undefined) throw error;
    throw new CaseSkip(entry.reason, entry.code);
  }
}

/** `block-variants.json.gz`: each variant under both profiles of rules, or under the one that is asked for. */
export function* variantCases(folder: string, title: string, only: RulesProfile | undefined): Generator<ChainCase> {
  const path = join(folder, 'block-variants.json.gz');
  if (!existsSync(path)) return;
  const { parent, variants } = readJson<VariantsFile>(path);
  const before = chainUntil(folder, parent.number);
  const seconds = recordedSeconds(variants);
  for (const rules of only === undefined ? (['goquorum', 'strict'] as const) : [only]) {
    for (const variant of variants) {
      yield {
        name: `${title} variant ${rules}: ${variant.name}`,
        run: () =>
          checkVariant(() => judge(folder, before, variant, rules, seconds), variant, rules).catch((error: unknown) => {
            if (error instanceof Error && !(error instanceof CaseFailure || error instanceof CaseSkip))
              throw new CaseFailure(describeError(error));
            throw error;
          }),
      };
    }
  }
}
