import { emptyBytes } from '@isoquorum/primitives/bytes';
import { DualHost, type HostOptions } from '../evm/host.ts';
import type { Evm, EvmBlock, EvmRunOptions } from '../evm/port.ts';
import type { State } from '../state/state.ts';
import { intrinsicGas } from './intrinsic-gas.ts';
import { type MessageResult, outermostMessage, prepareAccessList, type TransactionMessage } from './message.ts';
import { waitFor } from './steps.ts';
import type { Steps } from './types.ts';

export interface PrivateMessageResult extends MessageResult {
  /** The host of the run, for what looks at affected contracts; undefined when nothing ran. */
  readonly host: DualHost | undefined;
}

/** What the sender pays before the code runs, seen by private code that reads the sender's public account. */
function buyGasInView(publicState: State, { transaction, sender }: TransactionMessage): void {
  publicState.subBalance(sender, transaction.gasLimit * transaction.gasPrice);
  if (transaction.to !== undefined) publicState.setNonce(sender, transaction.nonce + 1n);
}

/**
 * Runs the private part of a private transaction (goquorum.md 2.7, 3.2).
 * @param publicState the public state before the transaction; it is thrown away afterwards, so it may be written
 * @param payload `undefined` when this node is no party: a call does nothing, a creation leaves an account without code
 */
export function* applyPrivateMessage(
  evm: Evm,
  publicState: State,
  privateState: State,
  block: EvmBlock,
  message: TransactionMessage,
  payload: Uint8Array | undefined,
  options: EvmRunOptions & HostOptions = {},
): Steps<PrivateMessageResult> {
  const { transaction, sender } = message;
  const input = payload ?? emptyBytes;
  buyGasInView(publicState, message);
  if (transaction.to !== undefined && input.length === 0) {
    return { gasUsed: 0n, isFailed: false, result: undefined, host: undefined };
  }
  // The original prepares the public state only, and crashes where the private one is then written (goquorum.md 14.1).
  prepareAccessList(publicState, block, message);
  prepareAccessList(privateState, block, message);
  const host = new DualHost(
    block,
    { origin: sender, gasPrice: transaction.gasPrice },
    publicState,
    privateState,
    options,
  );
  const gas = transaction.gasLimit - intrinsicGas(transaction, block.rules);
  const result = yield* waitFor(evm.run(host, outermostMessage(message, input, gas), options));
  return { gasUsed: 0n, isFailed: result.status !== 'success', result, host };
}
