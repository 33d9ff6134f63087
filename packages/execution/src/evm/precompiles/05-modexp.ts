import { bigintToFixedBytes, bytesToBigint } from '@isoquorum/primitives/integer';
import type { PrecompileResult, PrecompileSteps } from './precompiles.ts';

/** Lengths beyond this cost more than any gas there is. */
const MAX_LENGTH = 1n << 32n;

function slice(input: Uint8Array, from: number, length: number): Uint8Array {
  const part = input.subarray(from, from + length);
  if (part.length === length) return part;
  const padded = new Uint8Array(length);
  padded.set(part);
  return padded;
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** EIP-198's complexity of a multiplication. */
function legacyComplexity(length: bigint): bigint {
  if (length <= 64n) return length * length;
  if (length <= 1_024n) return (length * length) / 4n + 96n * length - 3_072n;
  return (length * length) / 16n + 480n * length - 199_680n;
}

/** EIP-198, and with `eip2565` its cheaper price. */
function modexpGas(
  baseLength: bigint,
  exponentLength: bigint,
  modulusLength: bigint,
  head: bigint,
  eip2565: boolean,
): bigint {
  const adjusted = (exponentLength > 32n ? 8n * (exponentLength - 32n) : 0n) + BigInt(Math.max(0, bitLength(head) - 1));
  const iterations = adjusted > 1n ? adjusted : 1n;
  const longest = baseLength > modulusLength ? baseLength : modulusLength;
  if (!eip2565) return (legacyComplexity(longest) * iterations) / 20n;
  const words = (longest + 7n) / 8n;
  const gas = (words * words * iterations) / 3n;
  return gas > 200n ? gas : 200n;
}

/** Digits of multiplications, 2^26 pairs of bytes, after which it may pause: a few milliseconds. */
const PIECE = 2 ** 26;
/** What a bit of the exponent costs apart from its digits, in the same unit. */
const BIT = 2 ** 11;

function* power(base: bigint, exponent: Uint8Array, modulus: bigint, size: number): PrecompileSteps<bigint> {
  let result = 1n % modulus;
  const square = base % modulus;
  const cost = size * size + BIT;
  let left = PIECE;
  for (const byte of exponent) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      result = (result * result) % modulus;
      if (((byte >> bit) & 1) === 1) result = (result * square) % modulus;
      left -= cost;
      if (left > 0) continue;
      left = PIECE;
      yield;
    }
  }
  return result;
}

/** MODEXP (EIP-198; price of EIP-2565 from Berlin on). Undefined: not enough gas. Now and then it may pause. */
export function* runModexp(
  input: Uint8Array,
  gas: number,
  eip2565: boolean,
): PrecompileSteps<PrecompileResult | undefined> {
  const baseLength = bytesToBigint(slice(input, 0, 32));
  const exponentLength = bytesToBigint(slice(input, 32, 32));
  const modulusLength = bytesToBigint(slice(input, 64, 32));
  const headAt = baseLength < BigInt(input.length) ? 96 + Number(baseLength) : input.length;
  const headLength = exponentLength < 32n ? Number(exponentLength) : 32;
  const cost = modexpGas(
    baseLength,
    exponentLength,
    modulusLength,
    bytesToBigint(slice(input, headAt, headLength)),
    eip2565,
  );
  if (cost > BigInt(gas)) return undefined;
  const gasUsed = Number(cost);
  if (modulusLength === 0n) return { gasUsed, output: new Uint8Array(0) };
  if (modulusLength > MAX_LENGTH || baseLength > MAX_LENGTH) return undefined;
  const [baseSize, modulusSize] = [Number(baseLength), Number(modulusLength)];
  const exponentSize = exponentLength > MAX_LENGTH ? 0 : Number(exponentLength);
  const modulus = bytesToBigint(slice(input, 96 + baseSize + exponentSize, modulusSize));
  if (modulus === 0n) return { gasUsed, output: new Uint8Array(modulusSize) };
  const base = bytesToBigint(slice(input, 96, baseSize));
  const result = yield* power(base, slice(input, 96 + baseSize, exponentSize), modulus, modulusSize);
  return { gasUsed, output: bigintToFixedBytes(result, modulusSize) };
}
