import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { activePrecompiles } from '@isoquorum/execution/evm/precompile-range';
import { AccessListTracer, type AccessedAccount } from '@isoquorum/execution/trace/access-list-tracer';
import { observe } from '@isoquorum/execution/trace/observe';
import { createContractAddress, zeroAddress } from '@isoquorum/primitives/address';
import { rulesAt } from '@isoquorum/primitives/fork';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { SendTransactionArguments } from '@isoquorum/rpc/jsonrpc/parameters/transaction-args';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { AccessListJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import type { CallRunner } from './call-runner.ts';
import type { HandlerContext } from './context.ts';
import { payloadOf } from './private-arguments.ts';
import { timeSlices } from './time-slices.ts';

/** So many runs until the list no longer changes; more would be a contract that plays with its gas. */
const ROUNDS_MAX = 8;

function isSame(left: readonly AccessedAccount[], right: readonly AccessedAccount[]): boolean {
  const text = (list: readonly AccessedAccount[]): string =>
    list.map(({ address, storageKeys }) => [address, ...storageKeys].map((part) => bytesToHex(part)).join()).join(';');
  return text(left) === text(right);
}

/** `eth_createAccessList`: runs the message until the list of what it looks at is stable. @throws as eth_call, but no revert */
export async function createAccessList(
  context: HandlerContext,
  runner: CallRunner,
  args: SendTransactionArguments,
  block: BlockSelector,
  request: RpcRequestContext,
): Promise<AccessListJson> {
  const { from = zeroAddress, to, gas, gasPrice, value } = args;
  const rules = rulesAt(context.chain.config, context.chain.headNumber() + 1);
  const receiver = to ?? createContractAddress(from, args.nonce ?? context.pool.pendingNonce(from));
  const leftOut = [from, receiver, ...activePrecompiles(rules)];
  let list: readonly AccessedAccount[] = args.accessList ?? [];
  for (let round = 1; ; round += 1) {
    const tracer = new AccessListTracer(list, leftOut);
    const data = payloadOf(args);
    const result = await runner.run({ from, to, gas, gasPrice, value, data, accessList: list }, block, request, {
      evm: createFastEvm(),
      options: {
        ...timeSlices(context.clock, context.callLimits.timeoutMs, 'execution aborted (timeout)'),
        tracer: observe(tracer),
      },
    });
    const next = tracer.result();
    if (!isSame(list, next) && round < ROUNDS_MAX) {
      list = next;
      continue;
    }
    return {
      accessList: next.map(({ address, storageKeys }) => ({
        address: bytesToHex(address),
        storageKeys: storageKeys.map((slot) => bytesToHex(slot)),
      })),
      ...(result.status === 'success' ? {} : { error: result.error ?? 'execution reverted' }),
      gasUsed: `0x${result.gasUsed.toString(16)}`,
    };
  }
}
