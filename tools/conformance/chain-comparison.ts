import { isDeepStrictEqual } from 'node:util';
import { decodeBlock, encodeBlock } from '@isoquorum/primitives/block';
import { bareHexToBytes, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import {
  decodeIbftExtra,
  decodeQbftExtra,
  encodeIbftExtra,
  encodeQbftExtra,
} from '@isoquorum/primitives/istanbul-extra';
import { describeValue, CaseFailure, differByDesign } from './check.ts';

/** Extra data without the committed seals, which no hash covers: each node of a network keeps those that it happened to see. */
function withoutSeals(extra: Uint8Array): Uint8Array {
  try {
    return encodeQbftExtra({ ...decodeQbftExtra(extra), committedSeals: [] });
  } catch {
    try {
      return encodeIbftExtra({ ...decodeIbftExtra(extra), committedSeals: [] });
    } catch {
      return extra;
    }
  }
}

function blockWithoutSeals(text: string): string {
  try {
    const block = decodeBlock(bareHexToBytes(text));
    return bytesToHex(
      encodeBlock({ ...block, header: { ...block.header, extraData: withoutSeals(block.header.extraData) } }),
    );
  } catch {
    return text;
  }
}

/** An answer without what differs between nodes that hold the same chain: committed seals, and sizes that count them. */
function sealless(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('f9') ? blockWithoutSeals(value) : value;
  if (Array.isArray(value)) return value.map(sealless);
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Readonly<Record<string, unknown>>;
  const hasSeals = typeof members['extraData'] === 'string';
  return Object.fromEntries(
    Object.entries(members).flatMap(([key, part]) => {
      if (key === 'Committers' && 'Author' in members) return [];
      if (hasSeals && key === 'size') return [];
      // A set: its order is that of a Go map.
      if (key === 'ACHashes' && Array.isArray(part))
        return [[key, part.map(String).toSorted((left, right) => (left < right ? -1 : 1))]];
      if (hasSeals && key === 'extraData') return [[key, bytesToHex(withoutSeals(hexToBytes(part as string)))]];
      return [[key, sealless(part)]];
    }),
  );
}

/** Without the reason of a revert in receipts of what failed, which the original keeps with a flag only. */
function withoutRevertReason(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRevertReason);
  if (typeof value !== 'object' || value === null) return value;
  const { status, revertReason } = value as Readonly<Record<string, unknown>>;
  const isReason = status === '0x0' && typeof revertReason === 'string' && /^0x([0-9a-f]{2})*$/.test(revertReason);
  const kept = Object.entries(value).filter(([key]) => !(isReason && key === 'revertReason'));
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutRevertReason(part)]));
}

/** @throws CaseFailure when our answer is not the recorded one, CaseSkip when only a revert reason is more */
export function expectAnswer(ours: unknown, recorded: unknown): void {
  if (isDeepStrictEqual(ours, recorded)) return;
  const [left, right] = [sealless(ours), sealless(recorded)];
  if (isDeepStrictEqual(left, right)) return;
  if (isDeepStrictEqual(withoutRevertReason(left), right)) differByDesign('REVERT_REASON_KEPT');
  throw new CaseFailure(`the answer is ${describeDifference(left, right)}`);
}

/** The first member that differs, with both values. */
function describeDifference(ours: unknown, recorded: unknown, path = ''): string {
  const isBoth = typeof ours === 'object' && ours !== null && typeof recorded === 'object' && recorded !== null;
  if (!isBoth) return `${describeValue(ours)}, not ${describeValue(recorded)}${path === '' ? '' : ` at ${path}`}`;
  const [left, right] = [ours as Readonly<Record<string, unknown>>, recorded as Readonly<Record<string, unknown>>];
  const key = [...new Set([...Object.keys(left), ...Object.keys(right)])].find(
    (name) => !isDeepStrictEqual(left[name], right[name]),
  );
  return key === undefined
    ? 'the same in another order'
    : describeDifference(left[key], right[key], path === '' ? key : `${path}.${key}`);
}
