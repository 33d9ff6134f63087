import { isExecutedMarker } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import type { Block } from '@isoquorum/primitives/block';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { rulesAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isPrivateTransaction } from '@isoquorum/primitives/transaction/transaction';

/** Digests that a block names: of its private transactions and of its markers. Those inside markers come out later. */
export function privateDigestsOf(
  config: ChainConfig,
  { header, transactions }: Pick<Block, 'header' | 'transactions'>,
): EncryptedPayloadHash[] {
  if (!config.isQuorum || transactions.length === 0) return [];
  const rules = rulesAt(config, header.number);
  return transactions
    .filter((transaction) => isPrivateTransaction(transaction) || isExecutedMarker(transaction, rules))
    .map(payloadHashOf);
}
