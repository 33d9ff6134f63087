import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { isPrivateTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { CheckedBlock } from './chain/header-verifier.ts';
import type { BlockView } from './participant-view.ts';
import type { CheckedHead } from './provider/receipt-book.ts';

const keptBlocks = 600;
const shownBlocks = 16;

/** The newest checked blocks as the page shows them and its provider gives them, and what each validator did last. */
export interface RecentBlocks {
  add(block: CheckedBlock): void;
  list(): readonly BlockView[];
  at(number: number): CheckedHead | undefined;
  lastProposed(validator: string): number | undefined;
  lastSealed(validator: string): number | undefined;
  newest(): BlockView | undefined;
}

export function createRecentBlocks(): RecentBlocks {
  const blocks = new Map<number, CheckedHead>();
  const views: BlockView[] = [];
  const proposed = new Map<string, number>();
  const sealed = new Map<string, number>();
  return {
    add(block) {
      const { header, hash, author, transactions } = block;
      const { number } = header;
      const hashes =
        transactions.length <= 2000
          ? transactions.map((transaction) => bytesToHex(transactionHash(transaction)))
          : undefined;
      blocks.set(number, { header, hash, author, transactionHashes: hashes });
      blocks.delete(number - keptBlocks);
      const sealers = block.sealers.map((sealer: Address) => bytesToHex(sealer));
      views.unshift({
        number,
        hash: bytesToHex(hash),
        timestamp: Number(header.timestamp),
        round: block.round,
        proposer: bytesToHex(author),
        sealers,
        validatorCount: block.validators.length,
        quorum: block.quorum,
        transactionCount: transactions.length,
        privateCount: transactions.filter(isPrivateTransaction).length,
      });
      views.length = Math.min(views.length, shownBlocks);
      proposed.set(bytesToHex(author), number);
      for (const sealer of sealers) sealed.set(sealer, number);
    },
    list: () => [...views],
    at: (number) => blocks.get(number),
    lastProposed: (validator) => proposed.get(validator),
    lastSealed: (validator) => sealed.get(validator),
    newest: () => views[0],
  };
}
