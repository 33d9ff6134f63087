import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesEqual, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';

const { G1, G2, fields, pairingBatch } = bls12_381;
type Point1 = typeof G1.Point.BASE;
type Point2 = typeof G2.Point.BASE;

/** Order of the groups: field elements of blobs are below it. */
const MODULUS = fields.Fr.ORDER;
/** The secret of the KZG ceremony times the generator of G2: second point of `g2_monomial` in the consensus specification's trusted setup. */
const TAU_G2 =
  '0xb5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2';
/** Field elements of a blob (4,096) and the modulus, 32 bytes each. */
const OUTPUT =
  '0x0000000000000000000000000000000000000000000000000000000000001000' +
  '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001';
const VERSION_KZG = 1;

let tau: Point2 | undefined;

function tauPoint(): Point2 {
  tau ??= G2.Point.fromBytes(hexToBytes(TAU_G2));
  return tau;
}

function times<P extends Point1 | Point2>(point: P, factor: bigint, zero: P): P {
  return factor === 0n ? zero : (point.multiply(factor) as P);
}

/** A compressed point of G1, the one at infinity included. @throws Error when it is none, or of another group */
function readPoint(bytes: Uint8Array): Point1 {
  const point = G1.Point.fromBytes(bytes);
  if (!point.is0()) point.assertValidity();
  return point;
}

/**
 * Whether the polynomial that `commitment` stands for has the value `y` at `z`, as `proof` says: e(C - yG1, G2) = e(proof, (tau - z)G2)
 * (EIP-4844, consensus specification `verify_kzg_proof`).
 * @param commitment,proof compressed points of G1
 * @throws Error when an operand is out of its range
 */
export function verifyKzgProof(commitment: Uint8Array, z: bigint, y: bigint, proof: Uint8Array): boolean {
  if (z >= MODULUS || y >= MODULUS) throw new Error('field element out of range');
  const left = readPoint(commitment).subtract(times(G1.Point.BASE, y, G1.Point.ZERO));
  const quotient = readPoint(proof);
  const right = tauPoint().subtract(times(G2.Point.BASE, z, G2.Point.ZERO));
  const pairs = [
    { g1: left, g2: G2.Point.BASE.negate() },
    { g1: quotient, g2: right },
  ].filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
  if (pairs.length === 0) return true;
  return fields.Fp12.eql(pairingBatch(pairs), fields.Fp12.ONE);
}

/** The precompiled contract 10 (EIP-4844): checks a proof of a blob's value at a point. A text says why it fails. */
export function evaluatePoint(input: Uint8Array): Uint8Array | string {
  if (input.length !== 192) return 'invalid input length';
  const commitment = input.slice(96, 144);
  const versioned = sha256(commitment);
  versioned[0] = VERSION_KZG;
  if (!bytesEqual(versioned, input.subarray(0, 32))) return 'mismatched versioned hash';
  try {
    const [z, y] = [bytesToBigint(input.subarray(32, 64)), bytesToBigint(input.subarray(64, 96))];
    if (!verifyKzgProof(commitment, z, y, input.slice(144, 192))) return "can't verify opening proof";
  } catch {
    return "can't verify opening proof";
  }
  return hexToBytes(OUTPUT);
}
