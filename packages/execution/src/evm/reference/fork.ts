import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { getActivePrecompiles, getOpcodesForHF, NobleBN254, paramsEVM, type PrecompileFunc } from '@ethereumjs/evm';
import type { KZG } from '@ethereumjs/util';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { verifyKzgProof } from '../precompiles/10-point-evaluation.ts';
import type { EvmBlock } from '../port.ts';
import { type Entry, overrideEntries } from './entries.ts';

/** What the library needs to run code under the rules of one fork. */
export interface ReferenceFork {
  readonly common: Common;
  readonly entries: readonly Entry[];
  readonly precompiles: ReadonlyMap<string, PrecompileFunc>;
}

type Rules = EvmBlock['rules'];

function hardforkOf(rules: Rules): Hardfork {
  if (rules.isCancun) return Hardfork.Cancun;
  if (rules.isShanghai) return Hardfork.Shanghai;
  if (rules.isParis) return Hardfork.Paris;
  if (rules.isLondon) return Hardfork.London;
  if (rules.isBerlin) return Hardfork.Berlin;
  if (rules.isIstanbul) return Hardfork.Istanbul;
  if (rules.isPetersburg) return Hardfork.Petersburg;
  if (rules.isConstantinople) return Hardfork.Constantinople;
  if (rules.isByzantium) return Hardfork.Byzantium;
  if (rules.isEip158) return Hardfork.SpuriousDragon;
  if (rules.isEip150) return Hardfork.TangerineWhistle;
  return rules.isHomestead ? Hardfork.Homestead : Hardfork.Chainstart;
}

/** Of the library's KZG port only the opening proof is asked for, by the precompiled contract 10. */
const kzg = {
  verifyProof: (commitment: string, z: string, y: string, proof: string): boolean =>
    verifyKzgProof(hexToBytes(commitment), BigInt(z), BigInt(y), hexToBytes(proof)),
} as KZG;

const forks = new Map<Hardfork, ReferenceFork>();

/** The library's tables for these rules; made once per fork, since making them is slow. */
export function forkOf(rules: Rules): ReferenceFork {
  const hardfork = hardforkOf(rules);
  let fork = forks.get(hardfork);
  if (fork === undefined) {
    const common = new Common({
      chain: Mainnet,
      hardfork,
      params: paramsEVM,
      customCrypto: { keccak256: (bytes: Uint8Array) => keccak256(bytes), kzg },
    });
    const { opcodeMap } = getOpcodesForHF(common);
    fork = {
      common,
      entries: overrideEntries(opcodeMap),
      precompiles: getActivePrecompiles(common),
    };
    forks.set(hardfork, fork);
  }
  return fork;
}

/** What precompiled contracts expect as their machine: only the pairing library is looked at. */
export const precompileMachine: object = { _bn254: new NobleBN254(), DEBUG: false };
