import { afterEach, describe, expect, it, vi } from 'vitest';

describe('the fast engine', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('is the WebAssembly core', async () => {
    const { createFastEvm } = await import('./engine.ts');
    expect(createFastEvm().name).toBe('wasm');
  });

  it('may be compiled in the background before', async () => {
    const { prepareWasmEvm } = await import('../wasm/core.ts');
    await prepareWasmEvm();
    const { createFastEvm } = await import('./engine.ts');
    expect(createFastEvm().name).toBe('wasm');
  });

  it.each([
    ['there is no WebAssembly', undefined],
    [
      'a policy refuses it',
      {
        Module: class {
          constructor() {
            throw new EvalError('Refused to compile');
          }
        },
      },
    ],
  ])('falls back and says why where %s', async (_, api) => {
    vi.stubGlobal('WebAssembly', api);
    vi.resetModules();
    const { createFastEvm } = await import('./engine.ts');
    const reasons: string[] = [];
    expect(createFastEvm((reason) => reasons.push(reason)).name).toBe('hybrid');
    expect(reasons).toEqual([expect.stringMatching(/no WebAssembly|Refused to compile/)]);
  });
});
