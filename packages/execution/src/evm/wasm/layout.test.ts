import { describe, expect, it } from 'vitest';
import { instantiateCore } from './core.ts';
import { createHostFunctions, type RunState } from './host-functions.ts';
import { layout } from './layout.ts';

describe('the layout of linear memory', () => {
  const core = instantiateCore(createHostFunctions({} as RunState));

  it('is the one that the core was compiled with', () => {
    const compiled = core as unknown as Readonly<Record<string, { readonly value: number }>>;
    for (const [name, value] of Object.entries(layout)) expect([name, compiled[name]?.value]).toEqual([name, value]);
  });

  it('leaves room for what the compiler placed, for frames and for stacks', () => {
    expect(core.staticEnd()).toBeLessThanOrEqual(layout.ENV);
    expect(layout.FRAMES + 1025 * layout.FRAME_BYTES).toBeLessThanOrEqual(0x100000);
    expect(0x100000 + 1025 * 1024 * 32).toBeLessThanOrEqual(layout.CODE);
  });
});
