import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileWasm, generatedSource, targetPath, WASM_MODULES } from './wasm/compile.ts';

describe('checked-in binaries are what their sources compile to', () => {
  test.each(WASM_MODULES)('$name', async (module) => {
    const generated = generatedSource(module, await compileWasm(module));
    expect(readFileSync(targetPath(module), 'utf8') === generated, 'stale: run npm run build:wasm').toBe(true);
  });
});
