import { base64ToBytes } from '@isoquorum/primitives/base64';

/** Linear memory: `buffer` is another one after each growth, and views of the old one are dead. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB. @throws RangeError where there is no more */
  grow(pages: number): number;
}

/** A compiled module; how it looks inside is the platform's. */
export type WasmModule = object;

/** A function that a module asks of its host: integers and 64-bit integers in, an integer out. */
export type WasmImport = (...values: never[]) => number | undefined;

interface Api {
  readonly Module: new (binary: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, WasmImport>>>>,
  ) => { readonly exports: object };
  compile(binary: Uint8Array): Promise<WasmModule>;
}

/** WebAssembly as far as it is used here: the language library of this layer knows no platform. */
const api = (globalThis as { readonly WebAssembly?: Api }).WebAssembly;

function available(): Api {
  if (api === undefined) throw new Error('this machine has no WebAssembly');
  return api;
}

/** Compiles at once: for Node and for workers. @throws where WebAssembly or the module is refused (a page's policy, a page's main thread) */
export function compileModule(base64: string): WasmModule {
  const { Module } = available();
  return new Module(base64ToBytes(base64));
}

/** Compiles in the background: for a page's main thread, which may refuse larger modules at once. */
export async function compileModuleAsync(base64: string): Promise<WasmModule> {
  return await available().compile(base64ToBytes(base64));
}

/** @param imports by module and name, as the source asks for them */
export function instantiate<Exports extends object>(
  module: WasmModule,
  imports: Readonly<Record<string, Readonly<Record<string, WasmImport>>>>,
): Exports {
  const { Instance } = available();
  return new Instance(module, imports).exports as Exports;
}
