import type { RunningNode } from '@isoquorum/node/create-node';
import type { Participant } from '@isoquorum/participant/create-participant';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Chance } from '../core/chance.ts';

/** What users do. */
export interface Workload {
  /** One more transaction at a node that runs; `false`: the node would not take it. */
  submit(index: number, node: RunningNode): Promise<boolean>;
  /** The same by a light participant. */
  submitByPage(index: number, participant: Participant): Promise<boolean>;
}

export interface WorkloadOptions {
  readonly chance: Chance;
  readonly accountKeys: readonly Uint8Array[];
  /** Names (base64) of the managers' keys by node; empty: public transactions only. */
  readonly managerKeys: readonly string[];
  /** Nodes that are parties to every private transaction. */
  readonly parties: readonly number[];
  /** Names (base64) of the keys of light participants, which are parties to every private transaction, too. */
  readonly pageKeys: readonly string[];
}

const third = { numerator: 1, denominator: 3 } as const;

/**
 * Creates a contract that keeps a number of one byte in slot 0, and is one byte (STOP) itself: PUSH1 n PUSH1 0 SSTORE, then
 * PUSH1 0 PUSH1 0 MSTORE8 PUSH1 1 PUSH1 0 RETURN.
 */
function contractKeeping(value: number): Uint8Array {
  const code = hexToBytes('0x6000600055600060005360016000f3');
  code[1] = value;
  return code;
}

export function createWorkload(options: WorkloadOptions): Workload {
  const { chance, managerKeys, parties, pageKeys } = options;
  const accounts = options.accountKeys.map(privateKeyToAddress);
  return {
    async submit(index, node) {
      const from = accounts[index] as Address;
      const to = chance.pick(accounts);
      const isPrivate = managerKeys.length > 0 && parties.includes(index) && chance.hits(third);
      const data = contractKeeping(chance.below(256));
      const others = parties.filter((party) => party !== index).map((party) => managerKeys[party] as string);
      const privateFor = [...others, ...pageKeys];
      try {
        await node.context.submitter.sendTransaction(
          isPrivate ? { from, data, gas: 200_000n, privateFor } : { from, to, value: 1n, gas: 21_000n },
        );
        return true;
      } catch {
        // A manager that does not know the others yet, a full pool, a node that is going down: the user tries again later.
        return false;
      }
    },
    async submitByPage(index, participant) {
      const isPrivate = chance.hits(third);
      const data = bytesToHex(contractKeeping(chance.below(256)));
      const managers = parties.map((party) => managerKeys[party] as string);
      const privateFor = [...managers, ...pageKeys.filter((_, page) => page !== index)];
      const gas = '0x30d40';
      try {
        const transaction = isPrivate ? { data, gas, privateFor } : { data, gas };
        await participant.request({ method: 'eth_sendTransaction', params: [transaction] });
        return true;
      } catch {
        // It knows not everybody yet, has no home, or is cut off: the user tries again later.
        return false;
      }
    },
  };
}
