/** `npm run build:wasm`: compiles what is written in AssemblyScript, and writes the generated files that hold the binaries. */
import { writeFileSync } from 'node:fs';
import { compileWasm, generatedSource, targetPath, WASM_MODULES } from './compile.ts';

for (const module of WASM_MODULES) {
  const binary = await compileWasm(module);
  writeFileSync(targetPath(module), generatedSource(module, binary));
  console.log(`${module.target}: ${binary.length} bytes`);
}
