import type { Receipt } from '@isoquorum/primitives/receipt';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import { LATEST } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthFeeMethods, FeeHistoryJson } from '@isoquorum/rpc/jsonrpc/methods/eth-fees';
import { createAccessList } from './access-list.ts';
import { numberOf } from './blocks.ts';
import type { CallRunner } from './call-runner.ts';
import type { HandlerContext } from './context.ts';
import { suggestedGasPrice } from './eth-chain.ts';
import { giveWay } from './time-slices.ts';

/** Most blocks and percentages of one answer. */
const BLOCKS_MAX = 1024;
const PERCENTILES_MAX = 100;
const BLOCKS_AT_ONCE = 64;

/** Price and gas of each transaction of a block, cheapest first. */
function paidGas(
  transactions: readonly Transaction[],
  receipts: readonly Receipt[],
): { readonly gasPrice: bigint; readonly gasUsed: bigint }[] {
  return transactions
    .map(({ gasPrice }, index) => ({ gasPrice, gasUsed: receipts[index]?.gasUsed ?? 0n }))
    .toSorted((left, right) => (left.gasPrice < right.gasPrice ? -1 : left.gasPrice > right.gasPrice ? 1 : 0));
}

export function createEthFeeHandlers(context: HandlerContext, runner: CallRunner): HandlersOf<EthFeeMethods> {
  const { chain, clock } = context;

  /** What the transactions of a block paid for gas, at percentages of its gas. */
  function rewards(number: number, percentiles: readonly number[]): string[] {
    const located = chain.blockByNumber(number);
    const receipts = located && chain.publicReceipts(located.hash);
    if (located === undefined || receipts === undefined || receipts.length === 0) return percentiles.map(() => '0x0');
    const { transactions, header } = located.block;
    const paid = paidGas(transactions, receipts);
    const prices: string[] = [];
    let index = 0;
    let sum = paid[0]?.gasUsed ?? 0n;
    for (const percentile of percentiles) {
      const threshold = BigInt(Math.floor((Number(header.gasUsed) * percentile) / 100));
      while (sum < threshold && index < paid.length - 1) {
        index += 1;
        sum += paid[index]?.gasUsed ?? 0n;
      }
      prices.push(`0x${(paid[index]?.gasPrice ?? 0n).toString(16)}`);
    }
    return prices;
  }

  return {
    async eth_feeHistory(_request, count, newest, percentiles) {
      const last = numberOf(context, newest);
      if (last > chain.headNumber())
        throw new RpcError(SERVER_ERROR, `request beyond head block: requested ${last}, head ${chain.headNumber()}`);
      if (percentiles !== undefined && percentiles.length > PERCENTILES_MAX)
        throw new RpcError(SERVER_ERROR, `more than ${PERCENTILES_MAX} percentiles`, { code: 'TOO_MANY_PERCENTILES' });
      const blocks = Math.min(count, BLOCKS_MAX, last + 1);
      const oldest = last - blocks + 1;
      const gasUsedRatio: number[] = [];
      const reward: string[][] = [];
      for (let number = oldest; number <= last; number += 1) {
        if ((number - oldest) % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) await giveWay(clock);
        const header = chain.headerByNumber(number);
        if (header === undefined) break;
        gasUsedRatio.push(header.gasLimit === 0n ? 0 : Number(header.gasUsed) / Number(header.gasLimit));
        if (percentiles !== undefined && percentiles.length > 0) reward.push(rewards(number, percentiles));
      }
      const history: FeeHistoryJson = {
        oldestBlock: `0x${oldest.toString(16)}`,
        baseFeePerGas: Array.from({ length: gasUsedRatio.length + 1 }, () => '0x0'),
        gasUsedRatio,
      };
      return reward.length === 0 ? history : { ...history, reward };
    },
    eth_maxPriorityFeePerGas: () => suggestedGasPrice(context),
    eth_createAccessList: (request, args, block) => createAccessList(context, runner, args, block ?? LATEST, request),
  };
}
