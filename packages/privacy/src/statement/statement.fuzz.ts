import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { createPeerEnclave } from '../testing/enclave-suite.ts';
import { createNodeKeySigner } from './signer.ts';
import { decodeStatement, encodeStatement, signStatement } from './statement.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

test('random and mutated bytes: our errors only', async () => {
  const statement = await signStatement(
    {
      genesisHash: new Uint8Array(32).fill(1),
      enclaveKey: createPeerEnclave(1).key,
      role: 'page',
      homes: ['http://127.0.0.1:9001/'],
      sequence: 1,
      validFromMs: 5,
      revokes: [],
    },
    createNodeKeySigner(new Uint8Array(32).fill(4)),
  );
  const bytes = encodeStatement(statement);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(), (random, at, cut) => {
      const mixed = bytes.slice(0, cut % bytes.length);
      mixed.set(random.subarray(0, Math.max(0, mixed.length - (at % (mixed.length + 1)))), 0);
      for (const candidate of [random, mixed]) {
        expect(() => decodeStatement(candidate)).toThrow(IsoquorumError);
      }
    }),
    { numRuns },
  );
});
