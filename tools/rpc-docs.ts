import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentationText } from '../packages/rpc/src/jsonrpc/documentation.ts';

// Writes docs/rpc.md from the method table.
writeFileSync(fileURLToPath(new URL('../docs/rpc.md', import.meta.url)), documentationText());
