import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkHost, Peer, RequestHandler } from '@isoquorum/network/host';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeHomeRequest, encodeHomeRequest, openHomeAnswer } from '@isoquorum/privacy/home/messages';
import { managerError } from '@isoquorum/privacy/manager/manager-error';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { createEd25519Signer } from '@isoquorum/privacy/statement/signer';
import { createPages } from './pages.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);

describe('payloads that other pages push', () => {
  it('are answered with a coded error whatever the bytes are', async () => {
    let handler: RequestHandler | undefined;
    const host = {
      peerId: 'self',
      peers: () => [],
      onRequest: (_protocol: string, given: RequestHandler) => {
        handler = given;
      },
    } as unknown as NetworkHost;
    const manager = {
      storePushed: async () => {
        throw managerError('PAYLOAD_MALFORMED', 'refused', {});
      },
    } as unknown as TransactionManager;
    createPages({
      host,
      manager: () => manager,
      enclaveKey: new Uint8Array(32),
      signer: createEd25519Signer(new Uint8Array(32).fill(1)),
      genesisHash: new Uint8Array(32),
      clock: createVirtualClock(),
      logger: silentLogger,
    });
    const peer = { id: 'other', role: 'browser' } as Peer;
    const wrapped = fc.uint8Array({ maxLength: 300 }).map((payload) => encodeHomeRequest({ method: 'push', payload }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), wrapped), async (bytes) => {
        const answer = await handler!(peer, bytes, new AbortController().signal);
        let error: unknown;
        try {
          openHomeAnswer(answer);
        } catch (thrown) {
          error = thrown;
        }
        expect(isIsoquorumError(error, 'HOME_REFUSED')).toBe(true);
      }),
      { numRuns },
    );
    expect(() => decodeHomeRequest(Uint8Array.of(0xc0))).toThrow();
  });
});
