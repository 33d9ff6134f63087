import type { DumpedAccount } from '@isoquorum/execution/state/dump';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import type { AccountDumpJson } from '@isoquorum/rpc/jsonrpc/shapes/account';

/** One account as the original dumps it: storage values are the bytes of the trie, by slot where it is known. */
export function accountJson(dumped: DumpedAccount): AccountDumpJson {
  const storage = dumped.storage.map(({ slot, slotHash, value }): [string, string] => [
    bytesToHex(slot ?? slotHash),
    bytesToBareHex(bigintToBytes(value)),
  ]);
  return {
    balance: dumped.balance.toString(),
    nonce: Number(dumped.nonce),
    root: bytesToBareHex(dumped.storageRoot),
    codeHash: bytesToBareHex(dumped.codeHash),
    ...(dumped.code.length === 0 ? {} : { code: bytesToBareHex(dumped.code) }),
    ...(storage.length === 0
      ? {}
      : { storage: Object.fromEntries(storage.toSorted(([left], [right]) => (left < right ? -1 : 1))) }),
  };
}
