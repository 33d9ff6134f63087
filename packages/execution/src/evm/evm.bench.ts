import { hexToBytes } from '@isoquorum/primitives/hex';
import { addressOf } from '../testing/addresses.ts';
import { createTestState, testBlock, testMessage } from '../testing/states.ts';
import { DualHost } from './host.ts';
import type { Evm } from './port.ts';

/** A counter at the bottom of the stack, the body, and back while the counter is not zero. */
function loop(body: string, rounds: number): string {
  const count = rounds.toString(16).padStart(6, '0');
  // PUSH3 count, JUMPDEST at 4, body, PUSH1 1, SWAP1, SUB, DUP1, PUSH1 4, JUMPI, STOP
  return `62${count}5b${body}6001900380600457${'00'}`;
}

/**
 * The loops of `evm.add`, `evm.mul`, `evm.keccak` and `evm.mstore`; each body leaves the stack as it was. `keccak` computes the slot of a
 * mapping's entry as contracts do: key (the counter) and number of the mapping to memory, and a hash of the 64 bytes.
 */
export const evmLoops: Readonly<Record<'add' | 'mul' | 'keccak' | 'mstore', string>> = {
  add: loop('7f' + 'ab'.repeat(32) + '80018001800180018001800180018001' + '50', 20_000),
  mul: loop('7f' + 'ab'.repeat(32) + '80028002800280028002800280028002' + '50', 20_000),
  keccak: loop('80600052600060205260406000' + '2050', 20_000),
  mstore: loop('80600052806020528060405280606052', 20_000),
};

/**
 * Gas per microsecond (Mgas/s) of a loop, run once.
 * @param nowMs a clock with fractions of milliseconds
 */
export async function benchEvmLoop(evm: Evm, name: keyof typeof evmLoops, nowMs: () => number): Promise<number> {
  const sender = addressOf(1);
  const contract = addressOf(2);
  const gas = 1_000_000_000n;
  const state = createTestState([{ address: contract, nonce: 1n, code: evmLoops[name] }]);
  const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
  const start = nowMs();
  const result = await evm.run(host, testMessage(sender, contract, hexToBytes('0x'), gas));
  const milliseconds = nowMs() - start;
  if (result.status !== 'success') throw new Error(`loop ${name} ended with ${result.error}`);
  return Number(gas - result.gasLeft) / 1000 / milliseconds;
}
