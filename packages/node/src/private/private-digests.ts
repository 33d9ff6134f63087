import { isExecutedMarker } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import type { Block } from '@isoquorum/primitives/block';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { rulesAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isPrivateTransaction } from '@isoquorum/primitives/transaction/transaction';

/** A private transaction of a block, or a marker behind which there may be one. */
export interface NamedPayload {
  /** Of the transaction in the block. */
  readonly index: number;
  readonly digest: EncryptedPayloadHash;
}

/** The payloads that a block names: those of its private transactions and of its markers. Those inside markers come out later. */
export function namedPayloadsOf(
  config: ChainConfig,
  { header, transactions }: Pick<Block, 'header' | 'transactions'>,
): NamedPayload[] {
  if (!config.isQuorum || transactions.length === 0) return [];
  const rules = rulesAt(config, header.number);
  return transactions.flatMap((transaction, index) =>
    isPrivateTransaction(transaction) || isExecutedMarker(transaction, rules)
      ? [{ index, digest: payloadHashOf(transaction) }]
      : [],
  );
}

/** The digests of {@link namedPayloadsOf}. */
export function privateDigestsOf(
  config: ChainConfig,
  block: Pick<Block, 'header' | 'transactions'>,
): EncryptedPayloadHash[] {
  return namedPayloadsOf(config, block).map(({ digest }) => digest);
}
