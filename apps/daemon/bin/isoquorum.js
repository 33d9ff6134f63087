#!/usr/bin/env node
// Runs the command under Node 24 wherever it is called from: the `node` package that npm installed, or the Node that runs this file.
// In the repository the sources run as they are (types stripped); in an installed package, `dist` does.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '../src/main.ts');
const fromSource = existsSync(source);
const entry = fromSource ? source : join(here, '../dist/main.js');

function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  try {
    const installed = join(
      dirname(createRequire(import.meta.url).resolve('node/package.json')),
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    if (existsSync(installed)) return installed;
  } catch {
    // Not installed: said below.
  }
  console.error(
    `isoquorum needs Node 24 and this is ${process.version}. Run "npm install" in the project (it brings Node 24), or call it with a newer Node.`,
  );
  return process.exit(1);
}

/** How V8 is to keep its heap, for commands that say so (docs/adr/015). */
const heapFlags = JSON.parse(readFileSync(join(here, 'heap-flags.json'), 'utf8'));

const args = [
  ...(fromSource ? ['--conditions=source'] : []),
  ...(heapFlags[process.argv[2]] ?? []),
  '--disable-warning=ExperimentalWarning',
  entry,
  ...process.argv.slice(2),
];
const child = spawn(findNode(), args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
if (process.env.npm_lifecycle_event !== undefined) {
  // Under `npm start` a signal may end npm alone: then nobody is left to stop the network but us.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
}
child.on('error', (error) => {
  console.error(`isoquorum could not start Node: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exitCode = code ?? 1;
  else process.exitCode = 1;
});
