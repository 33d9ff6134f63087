import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { HttpClient } from '@isoquorum/platform/http';
import type { Random } from '@isoquorum/platform/random';
import { encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { standardPrivate } from '@isoquorum/privacy/codec/payload';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { OCTETS } from '@isoquorum/rpc/rest/media';
import { VERSIONS_HEADER } from './http-publisher.ts';

/** A random UUID (version 4) as text. */
export function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytesToBareHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * Tessera's proof of possession (tessera.md 4.3): the manager at `url` opens a random UUID that was sealed for the key.
 * Any failure means "no".
 */
export async function isKeyHeldAt(
  url: string,
  key: EnclaveKey,
  options: {
    readonly enclave: Enclave;
    readonly http: HttpClient;
    readonly random: Random;
    readonly supportedVersions: string;
  },
): Promise<boolean> {
  try {
    const uuid = utf8ToBytes(randomUuid(options.random));
    const sender = (await options.enclave.publicKeys())[0] as EnclaveKey;
    const sealed = await options.enclave.seal(uuid, sender, [key], { ...standardPrivate, affected: [] });
    const answer = await options.http.request({
      method: 'POST',
      url: `${url}partyinfo/validate`,
      headers: { 'content-type': OCTETS, accept: 'text/plain', [VERSIONS_HEADER]: options.supportedVersions },
      body: encodeLegacyPayload(sealed),
      timeoutMs: 4_000,
      maxBodyBytes: 1_024,
    });
    return bytesEqual(answer.body, uuid);
  } catch {
    return false;
  }
}
