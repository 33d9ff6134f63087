import { emptyBytes } from '@isoquorum/primitives/bytes';
import type { EvmRules } from '../evm-rules.ts';
import type { EvmFrame, EvmOutcome } from '../port.ts';
import { evmErrors } from '../texts.ts';
import { evaluatePoint } from './10-point-evaluation.ts';
import { runBlake2f } from './09-blake2f.ts';
import { addPoints, checkPairing, multiplyPoint } from './06-bn254.ts';
import { runEcrecover } from './01-ecrecover.ts';
import { runModexp } from './05-modexp.ts';
import { hashRipemd160, hashSha256 } from './02-hashes.ts';

/** What a precompiled contract answers. `error`: it failed and takes all gas. */
export interface PrecompileResult {
  readonly gasUsed: number;
  readonly output: Uint8Array;
  readonly error?: string;
}

/**
 * A precompiled contract at work: it yields after every few milliseconds, so that a run can look at its deadline or let others have the thread.
 */
export type PrecompileSteps<Answer> = Generator<undefined, Answer>;

/** @param output what the contract answers, or why it fails */
function answer(gasUsed: number, output: Uint8Array | string): PrecompileResult {
  return typeof output === 'string' ? { gasUsed, output: emptyBytes, error: output } : { gasUsed, output };
}

function priced(gasUsed: number, gas: number, run: () => Uint8Array | string): PrecompileResult | undefined {
  return gasUsed <= gas ? answer(gasUsed, run()) : undefined;
}

const words = (bytes: Uint8Array): number => Math.ceil(bytes.length / 32);

/**
 * Runs the precompiled contract at address 1 to 10 on `input` with `gas`. Undefined: not enough gas.
 * Prices by fork: EIP-1108 (bn254), EIP-2565 (modexp).
 */
function* runPrecompile(
  number: number,
  input: Uint8Array,
  gas: number,
  rules: EvmRules,
): PrecompileSteps<PrecompileResult | undefined> {
  switch (number) {
    case 1:
      return priced(3_000, gas, () => runEcrecover(input));
    case 2:
      return priced(60 + 12 * words(input), gas, () => hashSha256(input));
    case 3:
      return priced(600 + 120 * words(input), gas, () => hashRipemd160(input));
    case 4:
      return priced(15 + 3 * words(input), gas, () => input.slice());
    case 5:
      return yield* runModexp(input, gas, rules.isBerlin);
    case 6:
      return priced(rules.isIstanbul ? 150 : 500, gas, () => addPoints(input));
    case 7:
      return priced(rules.isIstanbul ? 6_000 : 40_000, gas, () => multiplyPoint(input));
    case 8: {
      const pairs = Math.floor(input.length / 192);
      const gasUsed = rules.isIstanbul ? 45_000 + 34_000 * pairs : 100_000 + 80_000 * pairs;
      if (!(gasUsed <= gas)) return undefined;
      return answer(gasUsed, yield* checkPairing(input));
    }
    case 9:
      return yield* runBlake2f(input, gas);
    case 10:
      return priced(50_000, gas, () => evaluatePoint(input));
    default:
      return { gasUsed: 0, output: emptyBytes, error: `no precompiled contract at ${number}` };
  }
}

/** The outcome of a frame that is a precompiled contract, for the engine to hand to its host. */
export function* precompileSteps(frame: EvmFrame, precompile: number, rules: EvmRules): PrecompileSteps<EvmOutcome> {
  const { gas } = frame.message;
  const result = yield* runPrecompile(precompile, frame.input, Number(gas), rules);
  if (result === undefined) return { status: 'failure', gasLeft: 0n, output: emptyBytes, error: evmErrors.outOfGas };
  if (result.error !== undefined) return { status: 'failure', gasLeft: 0n, output: emptyBytes, error: result.error };
  return { status: 'success', gasLeft: gas - BigInt(result.gasUsed), output: result.output };
}
