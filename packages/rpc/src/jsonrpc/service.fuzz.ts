import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { createStubHandlers, REACHED, silentLogger } from '../testing/stub-handlers.ts';
import { noSubscriptions } from './connection.ts';
import { firstJsonValueEnd, JsonSyntaxError } from './go-json.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { methods } from './methods.ts';
import { createRpcService } from './service.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const crashes: unknown[] = [];
const logger = {
  ...silentLogger,
  log: (_level: string, _message: string, fields?: object) => void crashes.push(fields),
};
const service = createRpcService({
  handlers: createStubHandlers(),
  isVerbatim: () => false,
  logger,
  limits: DEFAULT_LIMITS,
});
const request = { transport: 'http', psi: undefined } as const;
const ALLOWED: ReadonlySet<number> = new Set([-32700, -32600, -32601, -32602, -32000, -32003, -1]);

interface Answer {
  readonly error?: { readonly code: number; readonly message: string };
}

/** Answers are JSON, with codes of ours, and nothing crashed. */
async function expectTidy(text: string): Promise<readonly Answer[]> {
  const answer = await service.handleText(text, request, noSubscriptions);
  expect(crashes).toEqual([]);
  if (answer === undefined) return [];
  const parsed = JSON.parse(answer) as Answer | readonly Answer[];
  const answers = Array.isArray(parsed) ? (parsed as readonly Answer[]) : [parsed as Answer];
  for (const { error } of answers) {
    if (error === undefined) continue;
    expect([error.message, ALLOWED.has(error.code)]).toEqual([error.message, true]);
    expect(error.message).not.toBe('method handler crashed');
  }
  return answers;
}

const names = Object.keys(methods);
const hexish = fc.oneof(
  fc.constantFrom('0x', '0x0', '0x00', 'latest', 'pending', 'earliest', '', '0xg', '1', '-1', 'null'),
  fc.bigInt({ min: 0n, max: 1n << 260n }).map((value) => `0x${value.toString(16)}`),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`),
  fc.string({ maxLength: 70 }),
);
const structure = fc.dictionary(
  fc.constantFrom(
    'from',
    'to',
    'gas',
    'gasPrice',
    'value',
    'nonce',
    'data',
    'input',
    'accessList',
    'privateFor',
    'privateFrom',
    'privacyFlag',
    'mandatoryFor',
    'blockHash',
    'blockNumber',
    'fromBlock',
    'toBlock',
    'address',
    'topics',
    'requireCanonical',
    'TO',
    '__proto__',
  ),
  fc.oneof(hexish, fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>),
  { maxKeys: 8 },
);
const argument = fc.oneof(
  hexish as fc.Arbitrary<unknown>,
  structure,
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
);

describe('the JSON-RPC service takes anything', () => {
  test.prop([fc.string({ maxLength: 200, unit: 'binary' })], { numRuns: runs })('any text', async (text) => {
    await expectTidy(text);
  });

  test.prop([fc.jsonValue() as fc.Arbitrary<unknown>, fc.string({ maxLength: 5 })], { numRuns: runs })(
    'any JSON, with something behind it',
    async (value, behind) => {
      await expectTidy(JSON.stringify(value) + behind);
    },
  );

  test.prop([fc.constantFrom(...names), fc.array(argument, { maxLength: 5 })], { numRuns: runs * 5 })(
    'any parameters of any method',
    async (method, params) => {
      const [answer] = await expectTidy(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
      if (answer?.error?.code === -1) expect(answer.error.message).toBe(REACHED);
    },
  );

  test.prop(
    [
      fc.array(
        fc.record(
          {
            id: fc.jsonValue() as fc.Arbitrary<unknown>,
            method: fc.jsonValue() as fc.Arbitrary<unknown>,
            params: fc.jsonValue() as fc.Arbitrary<unknown>,
          },
          { requiredKeys: [] },
        ),
        { maxLength: 8 },
      ),
    ],
    { numRuns: runs },
  )('any envelope in any batch', async (batch) => {
    await expectTidy(JSON.stringify(batch));
  });

  test.prop([fc.jsonValue() as fc.Arbitrary<unknown>], { numRuns: runs })(
    'the end of a value is found where JSON.parse agrees',
    (value) => {
      const text = JSON.stringify(value);
      expect(firstJsonValueEnd(text)).toBe(text.length);
    },
  );

  test.prop([fc.string({ maxLength: 30, unit: fc.constantFrom(...'{}[]",:0123tfnul\\ee-+. \n'.split('')) })], {
    numRuns: runs * 3,
  })('what we call JSON, JSON.parse calls JSON', (text) => {
    let end: number | undefined;
    try {
      end = firstJsonValueEnd(text);
    } catch (error) {
      expect(error).toBeInstanceOf(JsonSyntaxError);
      expect(() => JSON.parse(text)).toThrow();
      return;
    }
    if (end !== undefined) expect(() => JSON.parse(text.slice(0, end))).not.toThrow();
  });
});
