import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fuzzEnvironment, fuzzTimeoutMs, readFuzzSettings } from './fuzz-settings.ts';

describe('settings', () => {
  test('a fixed seed unless told, and what was told comes back', () => {
    const fixed = readFuzzSettings({});
    expect(fixed).toEqual(readFuzzSettings({}));
    expect(fixed.runs).toBeUndefined();
    const told = { FUZZ_SEED: '-5', FUZZ_RUNS: '20000' };
    expect(readFuzzSettings(told)).toEqual({ seed: -5, runs: 20_000 });
    expect(fuzzEnvironment(readFuzzSettings(told))).toEqual(told);
    expect(readFuzzSettings({ FUZZ_RUNS: '7' }, { seed: 3, runs: 9 })).toEqual({ seed: 3, runs: 7 });
    expect(fuzzTimeoutMs({ seed: 1, runs: 20_000 })).toBeGreaterThan(fuzzTimeoutMs(fixed));
  });

  test.each([{ FUZZ_SEED: 'x' }, { FUZZ_SEED: '' }, { FUZZ_SEED: '2147483648' }, { FUZZ_RUNS: '0' }])(
    'other than numbers are refused: %o',
    (environment) => {
      expect(() => readFuzzSettings(environment)).toThrow(`${Object.keys(environment)[0]}: expected a whole number`);
    },
  );
});

describe('properties', () => {
  test('draw the same cases each time', () => {
    const draw = (): number[] => {
      const drawn: number[] = [];
      fc.assert(fc.property(fc.integer(), (value) => void drawn.push(value)));
      return drawn;
    };
    expect(draw()).toEqual(draw());
  });

  test('that fail say what they got, and how to see it again', async () => {
    const { seed } = readFuzzSettings(process.env);
    const told = (error: unknown): void => {
      expect(error).toMatchObject({ cause: { message: 'too large' } });
      expect((error as Error).message).toMatch(
        new RegExp(`^Again: FUZZ_SEED=${seed} (FUZZ_RUNS=\\d+ )?npx vitest run tools/test/fuzz-setup\\.test\\.ts\n`),
      );
      expect((error as Error).message).toContain('Counterexample: [10]');
      expect((error as Error).message).toContain('Got Error: too large');
    };
    const check = (value: number): void => {
      if (value >= 10) throw new Error('too large');
    };
    expect.assertions(8);
    try {
      fc.assert(fc.property(fc.nat(), check));
    } catch (error) {
      told(error);
    }
    await fc.assert(fc.asyncProperty(fc.nat(), async (value) => check(value))).catch(told);
  });
});
