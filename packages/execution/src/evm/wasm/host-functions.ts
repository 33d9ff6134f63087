import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { EvmRules } from '../evm-rules.ts';
import type { EvmHost } from '../port.ts';
import { selfDestruct } from '../self-destruct.ts';
import { storeSlot } from '../storage-gas.ts';
import { bytesToWord } from '../words.ts';
import type { LinearMemory } from './linear-memory.ts';

/** What the host functions look at: the run that is under way. */
export interface RunState {
  memory: LinearMemory;
  host: EvmHost;
  rules: EvmRules;
  /** Whose storage the running frame uses. */
  address: Address;
  /** Target of the call that is being prepared. */
  target: Address;
}

/** The imports of the core, `assembly/host.ts`. */
export interface HostFunctions {
  readonly [name: string]: (...values: number[]) => number | undefined;
}

const CALL = 0;

/** What the number of an account's property stands for. */
function accountWord(host: EvmHost, address: Address, what: number): bigint {
  if (what === 0) return host.balance(address);
  if (what === 1) return BigInt(host.codeSize(address));
  const hash = host.isEmpty(address) ? undefined : host.codeHash(address);
  return hash === undefined ? 0n : bytesToWord(hash);
}

/** The imports over the state of a run, which changes from run to run. */
export function createHostFunctions(run: RunState): HostFunctions {
  /** Memory with live views: the core may have grown it since. */
  const live = (): LinearMemory => {
    run.memory.renew();
    return run.memory;
  };
  const access = (address: Address): number => (run.rules.isBerlin && !run.host.accessAddress(address) ? 1 : 0);
  return {
    sload: (at) => {
      const memory = live();
      const { host, address } = run;
      const slot = memory.slot(at as number);
      const isCold = run.rules.isBerlin && !host.accessSlot(address, slot);
      memory.setWord(at as number, host.storage(address, slot));
      return isCold ? 1 : 0;
    },
    sstore: (at) => {
      const memory = live();
      return storeSlot(run.host, run.rules, run.address, memory.slot(at as number), memory.word((at as number) - 32));
    },
    tload: (at) => {
      const memory = live();
      memory.setWord(at as number, run.host.transientStorage(run.address, memory.word(at as number)));
      return undefined;
    },
    tstore: (at) => {
      const memory = live();
      run.host.setTransientStorage(run.address, memory.word(at as number), memory.word((at as number) - 32));
      return undefined;
    },
    account: (at, what) => {
      const memory = live();
      const address = memory.address(at as number);
      const isCold = access(address);
      memory.setWord(at as number, accountWord(run.host, address, what as number));
      return isCold;
    },
    access: (at) => access(live().address(at as number)),
    codecopy: (at, target, from, length) => {
      const { bytes } = live();
      const code = run.host.code(run.memory.address(at as number));
      const start = (from as number) >>> 0;
      const place = (target as number) >>> 0;
      const end = place + ((length as number) >>> 0);
      const part = code.subarray(Math.min(start, code.length), Math.min(start + end - place, code.length));
      bytes.set(part, place);
      bytes.fill(0, place + part.length, end);
      return undefined;
    },
    selfbalance: (at) => {
      live().setWord(at as number, run.host.selfBalance(run.address));
      return undefined;
    },
    blockhash: (at) => {
      const memory = live();
      const { block } = run.host;
      const number = memory.word(at as number);
      const current = BigInt(block.number);
      const hash = number < current && number + 256n >= current ? block.blockHash(Number(number)) : undefined;
      memory.setWord(at as number, hash === undefined ? 0n : bytesToWord(hash));
      return undefined;
    },
    blobhash: (at) => {
      const memory = live();
      const index = memory.word(at as number);
      const hash = index < 256n ? run.host.transaction.blobHashes?.[Number(index)] : undefined;
      memory.setWord(at as number, hash === undefined ? 0n : bytesToWord(hash));
      return undefined;
    },
    log: (topics, first, data, length) => {
      const memory = live();
      const start = (data as number) >>> 0;
      const words: Hash32[] = [];
      for (let index = 0; index < (topics as number); index++)
        words.push(memory.wordBytes((first as number) - 32 * index));
      const logged = memory.bytes.slice(start, start + ((length as number) >>> 0));
      run.host.log({ address: run.address, topics: words, data: logged });
      return undefined;
    },
    selfdestruct: (at) => selfDestruct(run.host, run.rules, run.address, live().address(at as number)),
    target: (at, kind, hasValue) => {
      const { host, rules } = run;
      const address = live().address(at as number);
      run.target = address;
      const isCold = access(address);
      if (kind !== CALL) return isCold;
      const isNew = rules.isEip158 ? hasValue === 1 && host.isEmpty(address) : !host.exists(address);
      return isNew ? isCold | 2 : isCold;
    },
  };
}
