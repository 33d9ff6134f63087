import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { constantTimeEqual } from './constant-time.ts';
import type { Enclave } from '../enclave/enclave.ts';
import { type PartyStatement, statementDigest } from './statement.ts';

/*
 * Proof of possession of an enclave key. X25519 keys cannot sign, so nothing public can show that a party holds one. What can be had is a
 * proof *for one verifier*: with the verifier's own enclave key V and the party's key X,
 *
 *     k = SHA3-256("isoquorum/possession/1" ‖ X25519(x, V) ‖ X ‖ V)       proof = HMAC-SHA-256(k, statement digest)
 *
 * Only who holds x or v can compute it. The verifier did not, so the holder of X did, and meant this very statement (signing key, homes,
 * sequence). It convinces nobody else, since the verifier could have made it; it can be made in advance and kept by the party's home, so it works
 * while the party is away; it does not show that X is held *now* (Tessera's challenge does). Who steals v can deceive that verifier about others.
 */

/** The proof of a statement for one verifier, by the party's enclave. @throws KEY_NOT_FOUND, KEY_REJECTED */
export function proveStatement(enclave: Enclave, statement: PartyStatement, verifier: EnclaveKey): Promise<Uint8Array> {
  return enclave.possessionProof({ prover: statement.enclaveKey, verifier, digest: statementDigest(statement) });
}

/** Checks a proof made for `verifier`, a key of this enclave. Never throws for a wrong proof. */
export async function isStatementProven(
  enclave: Enclave,
  statement: PartyStatement,
  verifier: EnclaveKey,
  proof: Uint8Array,
): Promise<boolean> {
  if (proof.length !== 32) return false;
  return constantTimeEqual(await proveStatement(enclave, statement, verifier), proof);
}
