import type { ForkRules } from '@isoquorum/primitives/fork';
import type { AccessListEntry, Transaction } from '@isoquorum/primitives/transaction/transaction';

/** Gas of data alone, by the rules of the fork: 4 for a zero byte, 16 (68 before Istanbul) for another. */
export function dataGas(data: Uint8Array, rules: ForkRules): bigint {
  let zeros = 0;
  for (let index = 0; index < data.length; index++) if (data[index] === 0) zeros++;
  return BigInt(zeros * 4 + (data.length - zeros) * (rules.isIstanbul ? 16 : 68));
}

/** Gas that a message costs before its code runs (geth `IntrinsicGas`). */
export function intrinsicGasOf(
  data: Uint8Array,
  accessList: readonly AccessListEntry[],
  isCreation: boolean,
  rules: ForkRules,
): bigint {
  let gas = (isCreation && rules.isHomestead ? 53_000n : 21_000n) + dataGas(data, rules);
  for (const entry of accessList) gas += 2400n + 1900n * BigInt(entry.storageKeys.length);
  return gas;
}

/** Intrinsic gas of a transaction; of a private one over its 64-byte public data. */
export function intrinsicGas(transaction: Transaction, rules: ForkRules): bigint {
  const accessList = transaction.type === 1 ? transaction.accessList : [];
  return intrinsicGasOf(transaction.data, accessList, transaction.to === undefined, rules);
}
