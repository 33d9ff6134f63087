import { workerData } from 'node:worker_threads';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { createNodeKeyAgreement } from '@isoquorum/platform/node/key-agreement';
import { createRandom } from '@isoquorum/platform/node/random';
import type { SealedPayload } from '@isoquorum/privacy/codec/payload';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';

/** A payload to be opened in a thread. */
export interface OpeningJob {
  readonly payload: SealedPayload;
  readonly key: EnclaveKey;
}

/** The private keys of the enclave, given when the thread starts. */
export interface OpeningWorkerData {
  readonly privateKeys: readonly Uint8Array[];
}

const { privateKeys } = workerData as OpeningWorkerData;
const enclave = createEnclave({ keyAgreement: createNodeKeyAgreement(privateKeys), random: createRandom() });

async function openOne({ payload, key }: OpeningJob): Promise<Uint8Array | undefined> {
  try {
    return await enclave.open(payload, key);
  } catch (error) {
    if (isIsoquorumError(error)) return undefined;
    throw error;
  }
}

/**
 * Entry of a thread of `opening-pool.ts`: a slice of payloads in, their plaintexts out, in order; `undefined` for what cannot be
 * opened, whose error is the caller's to find.
 */
export async function openSlice(jobs: readonly OpeningJob[]): Promise<readonly (Uint8Array | undefined)[]> {
  const results: (Uint8Array | undefined)[] = [];
  for (const job of jobs) results.push(await openOne(job));
  return results;
}
