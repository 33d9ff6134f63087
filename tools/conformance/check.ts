import { isDeepStrictEqual } from 'node:util';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { compatibilityOf } from './compatibility.ts';

const LONGEST_TEXT = 200;

/** A value in few words, for a reason. */
export function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return bytesToHex(value).slice(0, LONGEST_TEXT);
  const text =
    typeof value === 'string'
      ? value
      : (JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)) ??
        'undefined');
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** What an error says: its code, when it is ours, and its message, in one line. */
export function describeError(error: unknown): string {
  if (isIsoquorumError(error)) return `${error.code}: ${error.message}`.replaceAll('\n', ' ');
  return error instanceof Error ? `${error.name}: ${error.message}`.replaceAll('\n', ' ') : String(error);
}

/** A case that did not come out as recorded; its text is the reason. */
export class CaseFailure extends Error {}

/** A case that cannot be judged; `code` names the entry of docs/compatibility.json when it is so by design. */
export class CaseSkip extends Error {
  readonly code: string | undefined;

  constructor(reason: string, code?: string) {
    super(reason);
    this.code = code;
  }
}

/** Skips the case as a difference by design: one of docs/compatibility.json. @throws always */
export function differByDesign(code: string): never {
  throw new CaseSkip(compatibilityOf(code).reason, code);
}

/** @throws CaseFailure naming both values, when they are not equal in depth */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new CaseFailure(`${what} is ${describeValue(actual)}, not ${describeValue(expected)}`);
}

/** @throws CaseFailure when the condition does not hold */
export function expectThat(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new CaseFailure(reason);
}

/** Runs one case: it passes when `run` returns, fails when it throws, is skipped by {@link CaseSkip}. */
export async function runCase(name: string, run: () => void | Promise<void>): Promise<CaseResult> {
  try {
    await run();
    return { name, status: 'passed' };
  } catch (error) {
    if (error instanceof CaseSkip) {
      const skipped = { name, status: 'skipped', reason: error.message } as const;
      return error.code === undefined ? skipped : { ...skipped, compatibilityCode: error.code };
    }
    return { name, status: 'failed', reason: error instanceof CaseFailure ? error.message : describeError(error) };
  }
}

/** True when the case is asked for. */
export function isWanted(name: string, { only }: SuiteOptions): boolean {
  return only === undefined || name.includes(only);
}
