import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { LegacyTransaction } from '@isoquorum/primitives/transaction/transaction';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAccountExtraData, encodeAccountExtraData } from '../state/extra-data.ts';
import { addressOf } from '../testing/addresses.ts';
import { testSender, testTransaction } from '../testing/small-chain.ts';
import { decodeInnerTransaction, encodeInnerTransaction, innerTransactionOf } from './marker.ts';
import { decodeSharedState, readStateSharedLog, stateSharedTopic } from './shared-state.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const contract = addressOf(0x22);
const inner = testTransaction({ nonce: 3n, data: new Uint8Array(64).fill(7), isPrivate: true }) as LegacyTransaction;

/** Some bytes, and bytes that were changed in a few places. */
function mutated(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });
  return fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(changes, fc.nat()).map(([edits, cut]) => {
      const bytes = sample.slice(0, cut % 3 === 0 ? cut % (sample.length + 1) : sample.length);
      for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    }),
  );
}

function expectCode(act: () => unknown, code: RegExp): void {
  try {
    act();
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    expect(error.code).toMatch(code);
  }
}

/** JSON with members that a decoder looks for, holding anything. */
function jsonWith(names: readonly string[]): fc.Arbitrary<Uint8Array> {
  const members = Object.fromEntries(names.map((name) => [name, fc.oneof(fc.jsonValue(), fc.constant('0x1'))]));
  return fc.record(members, { requiredKeys: [] }).map((value) => utf8ToBytes(JSON.stringify(value)));
}

describe('account extra data', () => {
  it('is refused with a code when damaged, and read again as written', () => {
    const metadata = { creationHash: new Uint8Array(64).fill(1), privacyFlag: 3 };
    const sample = encodeAccountExtraData({ metadata, managedParties: ['AAA', 'BBB'] });
    fc.assert(
      fc.property(mutated(sample), (bytes) => {
        expectCode(() => {
          const data = decodeAccountExtraData(bytes);
          expect(decodeAccountExtraData(encodeAccountExtraData(data))).toEqual(data);
        }, /^(RLP_|UTF8_INVALID)/);
      }),
      { numRuns },
    );
  });
});

describe('payloads of markers', () => {
  it('are transactions or INNER_TRANSACTION_INVALID; no payload stops a block', () => {
    const names = ['type', 'nonce', 'gasPrice', 'gas', 'to', 'value', 'input', 'v', 'r', 's'];
    fc.assert(
      fc.property(fc.oneof(mutated(encodeInnerTransaction(inner)), jsonWith(names)), (bytes) => {
        expectCode(() => {
          const decoded = decodeInnerTransaction(bytes);
          expect(decodeInnerTransaction(encodeInnerTransaction(decoded))).toEqual(decoded);
        }, /^INNER_TRANSACTION_INVALID$/);
        innerTransactionOf(bytes, { nonce: 3n }, testSender);
      }),
      { numRuns },
    );
  });
});

describe('shared states of contracts', () => {
  it('are read, or refused as SHARED_STATE_INVALID', () => {
    const state = { balance: '1', nonce: 1, code: '60', storage: { [`0x${'00'.repeat(32)}`]: '2a' } };
    const dump = utf8ToBytes(JSON.stringify({ [`0x${'00'.repeat(19)}22`]: { state } }));
    const around = jsonWith(['balance', 'nonce', 'code', 'storage']).map((bytes) =>
      utf8ToBytes(`{"0x${'00'.repeat(19)}22":{"state":${new TextDecoder().decode(bytes)}}}`),
    );
    fc.assert(
      fc.property(fc.oneof(mutated(dump), around), (bytes) => {
        expectCode(() => decodeSharedState(bytes, contract), /^SHARED_STATE_INVALID$/);
      }),
      { numRuns },
    );
  });

  it('are announced by logs that nothing can make throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.constant(stateSharedTopic), { maxLength: 3 }),
        (data, topics) => {
          const found = readStateSharedLog({ address: contract, topics, data });
          if (topics.length !== 1) expect(found).toBeUndefined();
          if (found?.uuid !== undefined) expect(found.uuid.length).toBe(64);
        },
      ),
      { numRuns },
    );
  });
});
