import { bn254 } from '@noble/curves/bn254.js';
import { bigintToFixedBytes, bytesToBigint } from '@isoquorum/primitives/integer';
import type { PrecompileSteps } from './precompiles.ts';

/** Order of the base field (EIP-196). */
const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

type Point1 = typeof bn254.G1.Point.BASE;
type Point2 = typeof bn254.G2.Point.BASE;

function padTo(input: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(input.subarray(0, length));
  return padded;
}

function readField(input: Uint8Array, at: number): bigint | undefined {
  const value = bytesToBigint(input.subarray(at, at + 32));
  return value < FIELD ? value : undefined;
}

function readPoint(input: Uint8Array, at: number): Point1 | string {
  const x = readField(input, at);
  const y = readField(input, at + 32);
  if (x === undefined || y === undefined) return 'bn256: coordinate exceeds modulus';
  if (x === 0n && y === 0n) return bn254.G1.Point.ZERO;
  try {
    const point = bn254.G1.Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch {
    return 'bn256: malformed point';
  }
}

function readTwistPoint(input: Uint8Array, at: number): Point2 | string {
  const coordinates = [0, 32, 64, 96].map((offset) => readField(input, at + offset));
  const [xImaginary, xReal, yImaginary, yReal] = coordinates;
  if (xImaginary === undefined || xReal === undefined || yImaginary === undefined || yReal === undefined)
    return 'bn256: coordinate exceeds modulus';
  if (coordinates.every((coordinate) => coordinate === 0n)) return bn254.G2.Point.ZERO;
  try {
    const point = bn254.G2.Point.fromAffine({ x: { c0: xReal, c1: xImaginary }, y: { c0: yReal, c1: yImaginary } });
    point.assertValidity();
    return point;
  } catch {
    return 'bn256: malformed point';
  }
}

function writePoint(point: Point1): Uint8Array {
  const output = new Uint8Array(64);
  if (point.is0()) return output;
  const { x, y } = point.toAffine();
  output.set(bigintToFixedBytes(x, 32));
  output.set(bigintToFixedBytes(y, 32), 32);
  return output;
}

/** Addition on alt_bn128 (EIP-196): the sum, or why the input is none. */
export function addPoints(input: Uint8Array): Uint8Array | string {
  const padded = padTo(input, 128);
  const left = readPoint(padded, 0);
  if (typeof left === 'string') return left;
  const right = readPoint(padded, 64);
  return typeof right === 'string' ? right : writePoint(left.add(right));
}

/** Multiplication by a scalar on alt_bn128 (EIP-196). */
export function multiplyPoint(input: Uint8Array): Uint8Array | string {
  const padded = padTo(input, 96);
  const point = readPoint(padded, 0);
  if (typeof point === 'string') return point;
  const scalar = bytesToBigint(padded.subarray(64, 96)) % bn254.G1.Point.Fn.ORDER;
  return writePoint(scalar === 0n || point.is0() ? bn254.G1.Point.ZERO : point.multiplyUnsafe(scalar));
}

/** Pairs whose Miller loops are run together, which saves some squarings: some 30 ms. */
const PAIRS_AT_ONCE = 4;

/** Pairing check on alt_bn128 (EIP-197): 1 or 0 in 32 bytes, or why the input is none. Every few pairs it may pause. */
export function* checkPairing(input: Uint8Array): PrecompileSteps<Uint8Array | string> {
  if (input.length % 192 !== 0) return 'bad elliptic curve pairing size';
  const pairs: { g1: Point1; g2: Point2 }[] = [];
  for (let at = 0; at < input.length; at += 192) {
    const g1 = readPoint(input, at);
    if (typeof g1 === 'string') return g1;
    // Its check includes that of the subgroup.
    const g2 = readTwistPoint(input, at + 64);
    if (typeof g2 === 'string') return g2;
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
    yield;
  }
  const { Fp12 } = bn254.fields;
  let product = Fp12.ONE;
  for (let from = 0; from < pairs.length; from += PAIRS_AT_ONCE) {
    product = Fp12.mul(product, bn254.pairingBatch(pairs.slice(from, from + PAIRS_AT_ONCE), false));
    yield;
  }
  const output = new Uint8Array(32);
  output[31] = Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE) ? 1 : 0;
  return output;
}
