import { isDeepStrictEqual } from 'node:util';
import type { RulesProfile } from '@isoquorum/node/node-options';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { compatibilityEntries, type CompatibilityEntry } from './compatibility.ts';
import { CaseFailure, CaseSkip } from './check.ts';
import type { RpcAnswer } from './rpc-comparison.ts';

/** What was asked, and under which rules our node answers. */
export interface Question {
  /** A suite that docs/compatibility.json names. */
  readonly suite: string;
  readonly method: string;
  readonly params?: readonly unknown[] | undefined;
  readonly rules: RulesProfile;
}

/** Codes that an error of ours carries: the number, and the name of a rule in `data`. */
function codesOf(answer: RpcAnswer | undefined): readonly string[] {
  const error = answer?.error;
  if (error === undefined) return [];
  const { data } = error;
  const named = typeof data === 'object' && data !== null && 'code' in data ? [String(data.code)] : [];
  return [String(error.code), ...named];
}

/** The text of a recorded error, or the JSON of a result. */
function textOf(recorded: RpcAnswer | undefined): string {
  return recorded?.error?.message ?? JSON.stringify(recorded?.result ?? null);
}

/** In dumps of the original, an account whose address it does not know stands here, with the hash of its address as `key`. */
const unnamed = `0x${'00'.repeat(20)}`;

/** Whether `ours` has every value of `recorded` at the same place, or under the name that `recorded` could not give it. */
function holds(ours: unknown, recorded: unknown): boolean {
  if (typeof recorded !== 'object' || recorded === null) return ours === recorded;
  if (typeof ours !== 'object' || ours === null || Array.isArray(ours) !== Array.isArray(recorded)) return false;
  const own = ours as Readonly<Record<string, unknown>>;
  return Object.entries(recorded).every(([key, value]: [string, unknown]) => {
    if (key !== unnamed || typeof value !== 'object' || value === null || !('key' in value))
      return holds(own[key], value);
    const { key: hash, ...account } = value;
    return Object.entries(own).some(
      ([address, one]) => bytesToHex(keccak256(hexToBytes(address))) === hash && holds(one, account),
    );
  });
}

/** A value without some members, at any depth. */
function without(value: unknown, members: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((part: unknown) => without(part, members));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !members.includes(key));
  return Object.fromEntries(kept.map(([key, part]) => [key, without(part, members)]));
}

/** Whether both are results that are equal but for some members. */
function differsOnlyIn(
  members: readonly string[],
  ours: RpcAnswer | undefined,
  recorded: RpcAnswer | undefined,
): boolean {
  if (ours?.result === undefined || recorded?.result === undefined) return false;
  return isDeepStrictEqual(without(ours.result, members), without(recorded.result, members));
}

/** The difference by design that explains our answer to a method, if there is one (docs/compatibility.json). */
export function explainAnswer(
  { suite, method, params = [], rules }: Question,
  ours: RpcAnswer | undefined,
  recorded?: RpcAnswer,
): CompatibilityEntry | undefined {
  const codes = codesOf(ours);
  return compatibilityEntries().find((entry) => {
    if (!entry.suites.includes(suite) || entry.method === undefined) return false;
    if (entry.rules !== undefined && entry.rules !== rules) return false;
    if (!new RegExp(`^(?:${entry.method})$`).test(method)) return false;
    if (entry.params !== undefined && !new RegExp(entry.params).test(JSON.stringify(params))) return false;
    if (entry.errorCodes !== undefined && !entry.errorCodes.some((code) => codes.includes(code))) return false;
    if (entry.recorded !== undefined && !new RegExp(entry.recorded).test(textOf(recorded))) return false;
    if (entry.isSuperset === true && !holds(ours?.result, recorded?.result)) return false;
    if (entry.differsIn !== undefined && !differsOnlyIn(entry.differsIn, ours, recorded)) return false;
    return (
      entry.pattern === undefined || new RegExp(entry.pattern).test(JSON.stringify(ours?.error ?? ours?.result ?? null))
    );
  });
}

/** Runs a comparison; what it refuses is skipped where a difference by design explains our answer. @throws CaseFailure, CaseSkip */
export function compareOrExplain(
  question: Question,
  ours: RpcAnswer | undefined,
  compare: () => void,
  recorded?: RpcAnswer,
): void {
  try {
    compare();
  } catch (error) {
    if (!(error instanceof CaseFailure)) throw error;
    const entry = explainAnswer(question, ours, recorded);
    if (entry === undefined) throw error;
    throw new CaseSkip(entry.reason, entry.code);
  }
}
