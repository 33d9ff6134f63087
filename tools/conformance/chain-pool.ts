import type { RecordedNode } from '@isoquorum/node/testing/recorded-node';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex, hexToBytes, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { TransactionJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import { CaseFailure } from './check.ts';
import { compatibilityEntries, type CompatibilityEntry } from './compatibility.ts';

/** Transactions by sender and nonce, as `txpool_content` and `txpool_inspect` show them. */
type BySender<Entry> = Readonly<Record<string, Readonly<Record<string, Entry>>>>;

interface PoolAnswer<Entry> {
  readonly pending: BySender<Entry>;
  readonly queued: BySender<Entry>;
}

/** A transaction that our pool refuses by design, though the recorded one held it. */
interface Refused {
  readonly sender: string;
  readonly nonce: string;
  /** Where the recorded pool held it. */
  readonly place: keyof PoolAnswer<unknown>;
  readonly entry: CompatibilityEntry;
}

/** What waits in our pool in place of what waited in the recorded one. */
export interface RestoredPool {
  readonly refused: readonly Refused[];
}

function transactionFromJson(shown: TransactionJson): Transaction {
  const common = {
    nonce: BigInt(shown.nonce),
    gasPrice: BigInt(shown.gasPrice),
    gasLimit: BigInt(shown.gas),
    to: shown.to === null ? undefined : hexToFixedBytes(shown.to, 20),
    value: BigInt(shown.value),
    data: hexToBytes(shown.input),
    v: BigInt(shown.v),
    r: BigInt(shown.r),
    s: BigInt(shown.s),
  };
  if (shown.type !== '0x1') return { ...common, type: 0 };
  const accessList = (shown.accessList ?? []).map(({ address, storageKeys }) => ({
    address: hexToFixedBytes(address, 20),
    storageKeys: storageKeys.map((key) => hexToFixedBytes(key, 32)),
  }));
  return { ...common, type: 1, chainId: BigInt(shown.chainId ?? 0), accessList };
}

function entryOf(code: string): CompatibilityEntry | undefined {
  return compatibilityEntries().find(
    ({ suites, errorCodes }) => suites.includes('chain') && errorCodes?.includes(code) === true,
  );
}

/**
 * Puts what a recorded `txpool_content` shows into our node's pool, so that it answers with the same transactions waiting.
 * @throws CaseFailure when a transaction has another hash than recorded, or our pool refuses one and no difference by design says so
 */
export async function restorePool(node: RecordedNode, content: PoolAnswer<TransactionJson>): Promise<RestoredPool> {
  const refused: Refused[] = [];
  const places = (['pending', 'queued'] as const).flatMap((place) =>
    Object.entries(content[place]).map(([sender, waiting]) => ({ place, sender, waiting })),
  );
  for (const { place, sender, waiting } of places) {
    const inOrder = Object.entries(waiting).toSorted(([left], [right]) => Number(left) - Number(right));
    for (const [nonce, shown] of inOrder) {
      const transaction = transactionFromJson(shown);
      const hash = bytesToHex(transactionHash(transaction));
      if (hash !== shown.hash) throw new CaseFailure(`the pool's transaction ${shown.hash} hashes to ${hash}`);
      try {
        // As local ones: the floor for others' gas prices is of the moment, in the original that of the last start.
        await node.running.context.pool.add(transaction, 'local');
      } catch (error) {
        const entry = isIsoquorumError(error) ? entryOf(error.code) : undefined;
        if (entry === undefined) throw error;
        refused.push({ sender, nonce, place, entry });
      }
    }
  }
  return { refused };
}

/** A recorded answer of `txpool_*` without the transactions that ours refuses by design. */
export function withoutRefused(recorded: unknown, { refused }: RestoredPool): unknown {
  if (typeof recorded !== 'object' || recorded === null) return recorded;
  const { pending, queued } = recorded as PoolAnswer<unknown>;
  if (typeof pending === 'string') {
    const less = (count: unknown, place: Refused['place']): string =>
      `0x${(Number(count) - refused.filter((one) => one.place === place).length).toString(16)}`;
    return { ...recorded, pending: less(pending, 'pending'), queued: less(queued, 'queued') };
  }
  const kept = (content: BySender<unknown>): BySender<unknown> =>
    Object.fromEntries(
      Object.entries(content).flatMap(([sender, waiting]) => {
        const rest = Object.entries(waiting).filter(
          ([nonce]) => !refused.some((one) => one.sender === sender && one.nonce === nonce),
        );
        return rest.length === 0 ? [] : [[sender, Object.fromEntries(rest)]];
      }),
    );
  return { pending: kept(pending), queued: kept(queued) };
}
