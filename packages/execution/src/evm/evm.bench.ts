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

/** e(P, Q) and e(-P, Q) for the generators of bn254 (EIP-197). */
const PAIRS = ['2', '30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45']
  .map((y) => [
    '1',
    y,
    '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2',
    '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed',
    '90689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b',
    '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa',
  ])
  .flatMap((words) => words.map((word) => word.padStart(64, '0')))
  .join('');

/**
 * The loops of `evm.add`, `evm.mul`, `evm.keccak` and `evm.mstore`; each body leaves the stack as it was. `keccak` computes the slot of a
 * mapping's entry as contracts do: key (the counter) and number of the mapping to memory, and a hash of the 64 bytes. `pairing` is a check of two pairs, copied from behind the code.
 */
export const evmLoops: Readonly<Record<'add' | 'mul' | 'keccak' | 'mstore' | 'pairing', string>> = {
  add: loop('7f' + 'ab'.repeat(32) + '80018001800180018001800180018001' + '50', 20_000),
  mul: loop('7f' + 'ab'.repeat(32) + '80028002800280028002800280028002' + '50', 20_000),
  keccak: loop('80600052600060205260406000' + '2050', 20_000),
  mstore: loop('80600052806020528060405280606052', 20_000),
  // CODECOPY(0, 37, 384), STATICCALL(GAS, 8, 0, 384, 0, 32), POP
  pairing: loop('610180610025600039' + '60206000610180600060085afa50', 20) + PAIRS,
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
