import type { DumpedAccount } from '@isoquorum/execution/state/dump';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import type { AccountDumpJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { sortedObject } from './sorted-object.ts';

/** Accounts and slots together that one answer may hold; the original has no limit. */
const DUMP_ENTRIES_MAX = 200_000;

/** The same walk, which may come up so many times only. @throws DUMP_TOO_LARGE */
export function* limitDump<Step, Result>(walk: Generator<Step, Result>): Generator<Step, Result> {
  for (let entries = 1; ; entries += 1) {
    const next = walk.next();
    if (next.done === true) return next.value;
    if (entries > DUMP_ENTRIES_MAX) {
      const text = `the answer has more than ${DUMP_ENTRIES_MAX} accounts and slots`;
      throw new IsoquorumError('DUMP_TOO_LARGE', text, { limit: DUMP_ENTRIES_MAX });
    }
    yield next.value;
  }
}

/**
 * One account as the original dumps it: storage values are the bytes of the trie, by slot where it is known. Comes up for every slot, and while these
 * are put in order.
 */
export function* accountJson(dumped: DumpedAccount): Generator<undefined, AccountDumpJson> {
  const storage: [string, string][] = [];
  for (const { slot, slotHash, value } of dumped.storage) {
    storage.push([bytesToHex(slot ?? slotHash), bytesToBareHex(bigintToBytes(value))]);
    yield;
  }
  return {
    balance: dumped.balance.toString(),
    nonce: Number(dumped.nonce),
    root: bytesToBareHex(dumped.storageRoot),
    codeHash: bytesToBareHex(dumped.codeHash),
    ...(dumped.code.length === 0 ? {} : { code: bytesToBareHex(dumped.code) }),
    ...(storage.length === 0 ? {} : { storage: yield* sortedObject(storage) }),
  };
}
