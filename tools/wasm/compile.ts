import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

/** A module that is written in AssemblyScript: its sources, and the TypeScript file that holds its binary. */
export interface WasmModule {
  readonly name: string;
  /** Entry file, from the repository's root. */
  readonly entry: string;
  /** Generated file, from the repository's root. */
  readonly target: string;
  /** Pages of 64 KiB that its memory starts with. */
  readonly pages: number;
}

export const WASM_MODULES: readonly WasmModule[] = [
  {
    name: 'keccak',
    entry: 'packages/execution/assembly/keccak.ts',
    target: 'packages/execution/src/wasm/keccak-binary.ts',
    pages: 1,
  },
  {
    name: 'blake2f',
    entry: 'packages/execution/assembly/blake2f.ts',
    target: 'packages/execution/src/wasm/blake2f-binary.ts',
    pages: 1,
  },
  {
    name: 'evm',
    entry: 'packages/execution/assembly/evm.ts',
    target: 'packages/execution/src/wasm/evm-binary.ts',
    // Up to the arena, and one MiB of it.
    pages: 1_072,
  },
];

const OPTIONS =
  '--outFile out.wasm --runtime stub --use abort= --noAssert --enable simd --optimizeLevel 3 --shrinkLevel 0 --converge'.split(
    ' ',
  );

const root = new URL('../..', import.meta.url).pathname;

/** Compiles a module with SIMD and all optimisation, without the language's runtime. @throws Error with the compiler's messages */
export async function compileWasm(module: WasmModule): Promise<Uint8Array> {
  const stderr: string[] = [];
  const outputs = new Map<string, Uint8Array | string>();
  const { error } = await asc.main([module.entry, ...OPTIONS, '--initialMemory', String(module.pages)], {
    stderr: { write: (text: string) => stderr.push(text) },
    readFile: (name: string, baseDir: string) => {
      // Our imports have their ending, as everywhere in this repository; the compiler adds another.
      const path = name.replace(/\.ts\.ts$/, '.ts');
      try {
        return readFileSync(join(root, baseDir, path), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (name: string, contents: Uint8Array | string) => {
      outputs.set(name, contents);
    },
    listFiles: () => [],
  });
  const binary = outputs.get('out.wasm');
  if (error !== null || !(binary instanceof Uint8Array)) throw new Error(`${module.entry}: ${stderr.join('')}`);
  return binary;
}

/** The generated file of a module. */
export function generatedSource(module: WasmModule, binary: Uint8Array): string {
  return `// Made by \`npm run build:wasm\` from ${module.entry}; do not edit.\n
/** The module \`${module.name}\` as base64 (${binary.length} bytes). */
export const ${module.name}Binary: string =
  '${Buffer.from(binary).toString('base64')}';
`;
}

export function targetPath(module: WasmModule): string {
  return `${root}${module.target}`;
}
